//! What is told of each tag, and of all of them at the end.

use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::change::Change;
use super::counts::{Changes, Counts, OfNamespace, Tally};
use super::verdict::{By, Judge, Named, Verdict};
use crate::command::Ending;
use crate::command::fault::Fault;
use crate::command::terminal::{BAD, DOUBTFUL, Format, GOOD, HELP, count};

/// Tags that are asked about at once.
pub(super) const AT_ONCE: usize = 256;

/// What a policy says of tags, told as they come.
pub(super) struct Report {
    judge: Judge,
    /// What it is compared with.
    against: Option<Judge>,
    format: Format,
    all: bool,
    /// What is told, and not written yet.
    told: Vec<u8>,
    /// Whether any tag was told.
    has_told: bool,
    tally: Tally,
    /// Names that are none.
    illegal: u64,
    /// The first line that names no tag.
    first_illegal_line: Option<u64>,
}

impl Report {
    pub(super) fn new(judge: Judge, against: Option<Judge>, format: Format, all: bool) -> Self {
        let tally = Tally::new(against.as_ref().map(|_| Changes::default()));
        let (told, has_told) = (Vec::new(), false);
        Self { judge, against, format, all, told, has_told, tally, illegal: 0, first_illegal_line: None }
    }

    /// Tells what the policy says of some tags.
    pub(super) fn see(&mut self, tags: &[Named<'_>]) -> Result<(), Fault> {
        let new = self.judge.verdicts(tags)?;
        let old = self.against.as_ref().map(|judge| judge.verdicts(tags)).transpose()?;
        let mut old = old.map(Vec::into_iter);
        for (tag, new) in tags.iter().zip(new) {
            match (new, old.as_mut().map(|old| old.next().flatten())) {
                (Some(new), None) => self.tell(*tag, &new)?,
                (Some(new), Some(Some(old))) => self.compare(*tag, &old, &new)?,
                _ => self.pass_over(1),
            }
        }
        Ok(())
    }

    /// Counts names that are none.
    pub(super) fn pass_over(&mut self, names: u64) {
        self.illegal += names;
    }

    /// Counts a line that names no tag.
    pub(super) fn pass_over_line(&mut self, number: u64) {
        self.illegal += 1;
        self.first_illegal_line.get_or_insert(number);
    }

    /// Writes what was told.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.told.is_empty() {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        out.write_all(&self.told)?;
        self.told.clear();
        out.flush()
    }

    /// Tags that were seen.
    pub(super) fn tags(&self) -> u64 {
        self.tally.all.tags
    }

    fn tell(&mut self, tag: Named<'_>, verdict: &Verdict) -> io::Result<()> {
        self.tally.add(tag.namespace(), verdict, None);
        if verdict.moves && !self.all {
            return Ok(());
        }
        match self.format {
            Format::Json => self.write_json(&Told { repository: tag.repository, tag: tag.tag, verdict }),
            Format::Text => {
                let (style, word) = state(verdict);
                self.write_row(style, word, tag, &reason(verdict))
            }
        }
    }

    fn compare(&mut self, tag: Named<'_>, old: &Verdict, new: &Verdict) -> io::Result<()> {
        let change = Change::between(old, new);
        self.tally.add(tag.namespace(), new, Some(change));
        if change == Change::Same || change == Change::Rule && !self.all {
            return Ok(());
        }
        match self.format {
            Format::Json => self.write_json(&Compared { repository: tag.repository, tag: tag.tag, change, old, new }),
            Format::Text => {
                let style = if change.is_loss() { BAD } else { GOOD };
                let reason = format!("was {}; now {}", described(old), described(new));
                self.write_row(style, change.word(), tag, &reason)
            }
        }
    }

    fn write_row(&mut self, style: Style, word: &str, tag: Named<'_>, reason: &str) -> io::Result<()> {
        self.has_told = true;
        let row = format!("{:<40}  {reason}", format!("{}:{}", tag.repository, tag.tag));
        writeln!(self.told, "{style}{word:<9}{style:#}  {}", row.trim_end())
    }

    fn write_json(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.told, line)?;
        writeln!(self.told)
    }

    /// Tells the counts. Nothing is lost if nothing is thawed or loosened, and every line named a tag.
    pub(super) fn end(mut self) -> Result<Ending, Fault> {
        match self.format {
            Format::Json => self.write_json_counts()?,
            Format::Text => self.write_counts()?,
        }
        self.flush()?;
        self.warn();
        let lost = self.tally.all.changes.as_ref().is_some_and(|changes| changes.thawed + changes.loosened > 0);
        Ok(if lost || self.first_illegal_line.is_some() { Ending::Denied } else { Ending::Fine })
    }

    fn write_counts(&mut self) -> io::Result<()> {
        if self.has_told {
            writeln!(self.told)?;
        }
        if self.tags() > 0 {
            self.tally.write(&mut self.told)?;
        }
        let Counts { tags, immutable, deletable, exempt, free, changes } = &self.tally.all;
        write!(self.told, "{} by revision {}", count(*tags, "tag"), self.judge.revision())?;
        match (&self.against, changes) {
            (Some(old), Some(Changes { frozen, thawed, loosened, tightened, rule: _ })) => writeln!(
                self.told,
                " against {}: {frozen} frozen, {thawed} thawed, {loosened} loosened, {tightened} tightened",
                old.revision()
            ),
            _ => writeln!(self.told, ": {immutable} immutable ({deletable} deletable), {exempt} exempt, {free} free"),
        }
    }

    fn write_json_counts(&mut self) -> io::Result<()> {
        let line = Counted {
            counts: &self.tally.all,
            namespaces: self.tally.in_json(),
            others: self.tally.others(),
            illegal: self.illegal,
            revision: self.judge.revision(),
            against: self.against.as_ref().map(Judge::revision),
        };
        serde_json::to_writer(&mut self.told, &line)?;
        writeln!(self.told)
    }

    /// Tells of names that are none. They are not shown: what they hold is anybody's guess.
    fn warn(&self) {
        let (what, mend) = match (self.illegal, self.first_illegal_line) {
            (0, _) => return,
            (names, None) => (
                format!("{} that no repository or tag can have", count(names, "name")),
                "no rule was asked about them; through a gateway, nothing can be pushed there".to_owned(),
            ),
            (names, Some(first)) => (
                format!("{} that name no tag; the first is line {first}", count(names, "line")),
                "write a line as in `prod/app:v1`, without the registry's host".to_owned(),
            ),
        };
        // Should standard error be gone, the exit code and the counts still tell.
        let _ = writeln!(anstream::stderr(), "{DOUBTFUL}warning{DOUBTFUL:#}: {what}\n{HELP}help{HELP:#}: {mend}");
    }
}

/// What machines are told of a tag.
#[derive(Serialize)]
struct Told<'a> {
    repository: &'a str,
    tag: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// What machines are told of a tag that changes.
#[derive(Serialize)]
struct Compared<'a> {
    repository: &'a str,
    tag: &'a str,
    change: Change,
    old: &'a Verdict,
    new: &'a Verdict,
}

/// What machines are told at the end.
#[derive(Serialize)]
struct Counted<'a> {
    counts: &'a Counts,
    namespaces: Vec<OfNamespace<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<&'a Counts>,
    illegal: u64,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<u64>,
}

fn state(verdict: &Verdict) -> (Style, &'static str) {
    match verdict {
        Verdict { moves: false, .. } => (GOOD, "immutable"),
        verdict if verdict.is_exempt() => (DOUBTFUL, "exempt"),
        _ => (Style::new(), "free"),
    }
}

/// Why a tag is what it is: `rule 1 (namespace prod), pair 0`.
fn reason(verdict: &Verdict) -> String {
    let Some(By { rule, namespace, pair }) = &verdict.by else { return String::new() };
    let pair = pair.map(|pair| format!(", pair {pair}")).unwrap_or_default();
    let deletion = if !verdict.moves && verdict.can_go { ", deletion allowed" } else { "" };
    format!("rule {rule} (namespace {namespace}){pair}{deletion}")
}

/// What a tag is, and why: `immutable by rule 1 (namespace prod), pair 0`.
fn described(verdict: &Verdict) -> String {
    let (_, word) = state(verdict);
    match reason(verdict) {
        reason if reason.is_empty() => word.to_owned(),
        reason => format!("{word} by {reason}"),
    }
}
