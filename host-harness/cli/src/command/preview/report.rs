//! The report: a line for each tag, and counts at the end.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::change::Change;
use super::counts::{Changes, Counts, OfNamespace, Tally};
use super::name_kind::{NameKind, NameKinds};
use super::rule_changes::{RuleChanges, RuleChangesText};

use crate::command::Ending;
use crate::command::fault::Fault;
use crate::command::reference::{LeftOut, ReferenceError, ambiguous_host};
use crate::command::tag_state::{By, NamedTag, PreviewPolicy, TagState};
use crate::command::terminal::{BAD, DOUBTFUL, Format, GOOD, HELP, count, show_notes};

/// How many tags are asked about in one call.
pub(super) const BATCH_TAGS: usize = 256;

/// What a policy says about tags, reported one by one.
pub(super) struct Report {
    policy: PreviewPolicy,
    /// What it is compared with.
    against: Option<PreviewPolicy>,
    format: Format,
    all: bool,
    /// What is reported, and not written yet.
    pending: Vec<u8>,
    /// Whether any tag was reported.
    has_rows: bool,
    tally: Tally,
    kinds: NameKinds,
    /// Tags that look like versions, and stay mutable.
    mutable_versions: Examples,
    /// Tags that look like moving ones, and are immutable.
    immutable_moving: Examples,
    by_rule: RuleChanges,
    /// Repositories that are named like a namespace with a rule.
    like_namespaces: BTreeSet<String>,
    left_out: LeftOutLines,
    /// How many names are not valid.
    illegal: u64,
    /// The number of the first line that is not a valid `repository:tag`, and why, where that is known.
    first_illegal_line: Option<(u64, Option<ReferenceError>)>,
}

impl Report {
    pub(super) fn new(
        policy: PreviewPolicy,
        against: Option<PreviewPolicy>,
        kinds: NameKinds,
        format: Format,
        all: bool,
    ) -> Self {
        let tally = Tally::new(against.as_ref().map(|_| Changes::default()));
        Self {
            policy,
            against,
            format,
            all,
            pending: Vec::new(),
            has_rows: false,
            tally,
            kinds,
            mutable_versions: Examples::default(),
            immutable_moving: Examples::default(),
            by_rule: RuleChanges::default(),
            like_namespaces: BTreeSet::new(),
            left_out: LeftOutLines::default(),
            illegal: 0,
            first_illegal_line: None,
        }
    }

    /// Reports what the policy says about some tags.
    pub(super) fn see(&mut self, tags: &[NamedTag<'_>]) -> Result<(), Fault> {
        let new = self.policy.states(tags)?;
        let old = self.against.as_ref().map(|policy| policy.states(tags)).transpose()?;
        let mut old = old.map(Vec::into_iter);
        let mut kinds = self.kinds.of(tags)?.into_iter();
        for (tag, new) in tags.iter().zip(new) {
            let kind = kinds.next().flatten();
            if self.policy.is_named_like_namespace(tag.repository) && self.like_namespaces.len() < MAX_EXAMPLES {
                self.like_namespaces.insert(tag.repository.to_owned());
            }
            match (new, old.as_mut().map(|old| old.next().flatten())) {
                (Some(new), None) => self.add(*tag, kind, &new)?,
                (Some(new), Some(Some(old))) => self.compare(*tag, kind, &old, &new)?,
                _ => self.pass_over(1),
            }
        }
        Ok(())
    }

    /// Notes what was left out of a line.
    ///
    /// # Errors
    ///
    /// `prod.x/app:v1`, where a rule of one of the policies is for namespace `prod.x`: the line may mean a repository of it
    pub(super) fn note_left_out(&mut self, number: u64, left_out: LeftOut<'_>) -> Result<(), Fault> {
        if let Some(host) = left_out.likely_host()
            && [Some(&self.policy), self.against.as_ref()].into_iter().flatten().any(|policy| policy.has_rule_for(host))
        {
            return Err(ambiguous_host(host).in_line(number));
        }
        self.left_out.add(number, left_out);
        Ok(())
    }

    /// Returns what a tag looks like, if the policy does not treat it so.
    fn unexpected(&mut self, tag: NamedTag<'_>, kind: Option<NameKind>, state: &TagState) -> Option<NameKind> {
        match kind? {
            NameKind::Version if state.moves => self.mutable_versions.add(tag),
            NameKind::Moving if !state.moves => self.immutable_moving.add(tag),
            _ => return None,
        }
        kind
    }

    /// Counts names that are not valid.
    pub(super) fn pass_over(&mut self, names: u64) {
        self.illegal += names;
    }

    /// Counts a line that is not a valid `repository:tag`.
    pub(super) fn pass_over_line(&mut self, number: u64, error: Option<ReferenceError>) {
        self.illegal += 1;
        self.first_illegal_line.get_or_insert((number, error));
    }

    /// Writes what was reported.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        out.write_all(&self.pending)?;
        self.pending.clear();
        out.flush()
    }

    /// Tags that were seen.
    pub(super) fn tags(&self) -> u64 {
        self.tally.all.tags
    }

    fn add(&mut self, tag: NamedTag<'_>, kind: Option<NameKind>, state: &TagState) -> io::Result<()> {
        self.tally.add(tag.namespace(), state, None);
        let looks_like = self.unexpected(tag, kind, state);
        match self.format {
            Format::Json if self.all || !state.moves || looks_like.is_some() => {
                self.write_json(&TagText { repository: tag.repository, tag: tag.tag, looks_like, state })
            }
            Format::Text if self.all || !state.moves => {
                let (style, word) = described_state(state);
                self.write_row(style, word, tag, &reason(state))
            }
            _ => Ok(()),
        }
    }

    fn compare(&mut self, tag: NamedTag<'_>, kind: Option<NameKind>, old: &TagState, new: &TagState) -> io::Result<()> {
        let change = Change::between(old, new);
        self.tally.add(tag.namespace(), new, Some(change));
        self.by_rule.add(change, old, new);
        let looks_like = self.unexpected(tag, kind, new);
        let is_shown = change != Change::Same && (change != Change::OtherRule || self.all);
        match self.format {
            // The list of tags that are not as their names look is made of these lines.
            Format::Json if is_shown || looks_like.is_some() => {
                let NamedTag { repository, tag } = tag;
                self.write_json(&ChangeText { repository, tag, looks_like, change, old, new })
            }
            Format::Text if is_shown => {
                let style = if change.is_loss() { BAD } else { GOOD };
                let reason = format!("was {}; now {}", described(old), described(new));
                self.write_row(style, change.word(), tag, &reason)
            }
            _ => Ok(()),
        }
    }

    fn write_row(&mut self, style: Style, word: &str, tag: NamedTag<'_>, reason: &str) -> io::Result<()> {
        self.has_rows = true;
        let width = if self.against.is_some() { 17 } else { 9 };
        let row = format!("{:<40}  {reason}", format!("{}:{}", tag.repository, tag.tag));
        writeln!(self.pending, "{style}{word:<width$}{style:#}  {}", row.trim_end())
    }

    fn write_json(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.pending, line)?;
        writeln!(self.pending)
    }

    /// Reports the counts. The ending is `Fine` if no protection is lost and every line names a tag.
    pub(super) fn end(mut self) -> Result<Ending, Fault> {
        match self.format {
            Format::Json => self.write_json_counts()?,
            Format::Text => self.write_counts()?,
        }
        self.flush()?;
        self.warn();
        let lost = self
            .tally
            .all
            .changes
            .as_ref()
            .is_some_and(|changes| changes.becomes_mutable + changes.allows_deletion > 0);
        Ok(if lost || self.first_illegal_line.is_some() { Ending::Denied } else { Ending::Fine })
    }

    fn write_counts(&mut self) -> io::Result<()> {
        if self.has_rows {
            writeln!(self.pending)?;
        }
        let versions = "Tags that look like versions, but stay mutable";
        self.mutable_versions.write(versions, &mut self.pending)?;
        let moving = "Tags that look like moving ones, but are immutable";
        self.immutable_moving.write(moving, &mut self.pending)?;
        if self.tags() > 0 {
            self.tally.write(&mut self.pending)?;
        }
        self.by_rule.write(&mut self.pending)?;
        let Counts { tags, immutable, deletable, exempt, mutable, changes } = &self.tally.all;
        write!(self.pending, "{} by revision {}", count(*tags, "tag"), self.policy.revision())?;
        match (&self.against, changes) {
            (Some(old), Some(changes)) => writeln!(
                self.pending,
                " against {}: {} immutable now, {} mutable now, deletion allowed for {}, denied for {}",
                old.revision(),
                changes.becomes_immutable,
                changes.becomes_mutable,
                changes.allows_deletion,
                changes.denies_deletion
            ),
            _ => {
                writeln!(
                    self.pending,
                    ": {immutable} immutable ({deletable} deletable), {exempt} exempt, {mutable} mutable"
                )
            }
        }
    }

    fn write_json_counts(&mut self) -> io::Result<()> {
        let line = CountsText {
            counts: &self.tally.all,
            namespaces: self.tally.in_json(),
            others: self.tally.others(),
            mutable_versions: self.mutable_versions.count,
            immutable_moving: self.immutable_moving.count,
            rules: self.against.is_some().then(|| self.by_rule.in_json()),
            illegal: self.illegal,
            revision: self.policy.revision(),
            against: self.against.as_ref().map(PreviewPolicy::revision),
        };
        serde_json::to_writer(&mut self.pending, &line)?;
        writeln!(self.pending)
    }

    /// Warns about names that are not valid. They are not shown, since they may hold anything.
    fn warn(&self) {
        self.left_out.show();
        show_notes(self.like_namespaces.iter().map(|name| {
            format!("repository `{name}` has no namespace, so the rule for namespace `{name}` is not for it")
        }));
        let (what, help) = match (self.illegal, &self.first_illegal_line) {
            (0, _) => return,
            (names, None) => (
                format!("{} that no repository or tag can have", count(names, "name")),
                "no rule was asked about them; a gateway refuses every push to them".to_owned(),
            ),
            (names, Some((first, error))) => {
                let why = error.as_ref().map(|error| format!(", which {}", error.what())).unwrap_or_default();
                let help = error.as_ref().map_or("write a line as in `prod/app:v1`", ReferenceError::help);
                (
                    format!(
                        "{} without a valid `repository:tag`; the first is line {first}{why}",
                        count(names, "line")
                    ),
                    help.to_owned(),
                )
            }
        };
        // If standard error is closed, the exit code and the counts still show it.
        let _ = writeln!(anstream::stderr(), "{DOUBTFUL}warning{DOUBTFUL:#}: {what}\n{HELP}help{HELP:#}: {help}");
    }
}

/// How many examples of a kind are shown.
const MAX_EXAMPLES: usize = 20;

/// Tags of one kind: how many there are, and the first ones.
#[derive(Default)]
struct Examples {
    count: u64,
    first: Vec<String>,
}

impl Examples {
    fn add(&mut self, tag: NamedTag<'_>) {
        self.count += 1;
        if self.first.len() < MAX_EXAMPLES {
            self.first.push(format!("{}:{}", tag.repository, tag.tag));
        }
    }

    /// Writes the number and the examples, if there are any.
    fn write(&self, what: &str, to: &mut impl Write) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        writeln!(to, "{DOUBTFUL}{what}{DOUBTFUL:#}: {}", self.count)?;
        self.first.iter().try_for_each(|tag| writeln!(to, "  {tag}"))?;
        match self.count - self.first.len() as u64 {
            0 => writeln!(to),
            more => writeln!(to, "  and {more} more\n"),
        }
    }
}

/// The lines out of which something was left.
#[derive(Default)]
struct LeftOutLines {
    hosts: u64,
    first_host: Option<(u64, String)>,
    digests: u64,
}

impl LeftOutLines {
    fn add(&mut self, number: u64, LeftOut { host, digest }: LeftOut<'_>) {
        self.digests += u64::from(digest.is_some());
        if let Some(host) = host {
            self.hosts += 1;
            self.first_host.get_or_insert_with(|| (number, host.name().to_owned()));
        }
    }

    fn show(&self) {
        let hosts = self.first_host.as_ref().map(|(line, host)| {
            format!(
                "the registry's host was left out of {}; the first is `{host}` in line {line}; \
                 add `--literal` if repositories have such names",
                count(self.hosts, "line")
            )
        });
        let digests = (self.digests > 0).then(|| format!("the digest was left out of {}", count(self.digests, "line")));
        show_notes(hosts.into_iter().chain(digests));
    }
}

/// A tag in JSON, for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct TagText<'a> {
    repository: &'a str,
    tag: &'a str,
    /// Where the policy does not treat the tag so.
    #[serde(skip_serializing_if = "Option::is_none")]
    looks_like: Option<NameKind>,
    #[serde(flatten)]
    state: &'a TagState,
}

/// A tag that changes in JSON, for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ChangeText<'a> {
    repository: &'a str,
    tag: &'a str,
    /// Where the new policy does not treat the tag so.
    #[serde(skip_serializing_if = "Option::is_none")]
    looks_like: Option<NameKind>,
    change: Change,
    old: &'a TagState,
    new: &'a TagState,
}

/// The counts in JSON, for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CountsText<'a> {
    counts: &'a Counts,
    namespaces: Vec<OfNamespace<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<&'a Counts>,
    /// Tags that look like versions, and stay mutable.
    mutable_versions: u64,
    /// Tags that look like moving ones, and are immutable.
    immutable_moving: u64,
    /// With another policy: the changes of each rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<RuleChangesText<'a>>>,
    illegal: u64,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<u64>,
}

fn described_state(state: &TagState) -> (Style, &'static str) {
    match state {
        TagState { moves: false, .. } => (GOOD, "immutable"),
        state if state.is_exempt() => (DOUBTFUL, "exempt"),
        TagState { code, .. } if code == "override" => (DOUBTFUL, "override"),
        _ => (Style::new(), "mutable"),
    }
}

/// Why a tag is what it is: `rule 1 (namespace prod), pair 0`.
fn reason(state: &TagState) -> String {
    let Some(By { rule, namespace, pair }) = &state.by else { return String::new() };
    let pair = pair.map(|pair| format!(", pair {pair}")).unwrap_or_default();
    let deletion = if !state.moves && state.can_go { ", deletion allowed" } else { "" };
    format!("rule {rule} (namespace {namespace}){pair}{deletion}")
}

/// What a tag is, and why: `immutable by rule 1 (namespace prod), pair 0`.
fn described(state: &TagState) -> String {
    let (_, word) = described_state(state);
    match reason(state) {
        reason if reason.is_empty() => word.to_owned(),
        reason => format!("{word} by {reason}"),
    }
}
