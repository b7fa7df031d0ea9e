//! `tagseal explain`: what a policy does to one tag, and why.

use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use tagseal::{CallError, Settings};

use super::Ending;
use super::clock::UtcTime;
use super::columns::{Cell, Columns};
use super::document::{Document, component};
use super::fault::Fault;
use super::namespace_note::{check_host, namespace_note};
use super::reference::{Reading, TagReference};
use super::rules::rule::{Selector, Subject};
use super::tag_override::TagOverride;
use super::terminal::{BAD, DOUBTFUL, Format, GOOD, printable, show_notes};

/// The most patterns of a selector that are named.
const NAMED: usize = 8;

/// Explains what a policy does to a tag: each rule that was considered, and what may happen to the tag
///
/// Every selector of a rule is matched against the repository or the tag. A rule protects the tag if it is enabled, both
/// selectors of a pair match, and the tag is not in a set that the rule exempts.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal explain policy.json prod/app:v1.2
  tagseal explain policy.json registry.example.com/prod/app:v1.2
  tagseal explain policy.json docker.io/library/nginx:1 --literal
  tagseal explain policy.json prod/app:v1.2 --format json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The tag; it need not exist. A registry's host is left out
    #[arg(value_name = "REPOSITORY:TAG")]
    tag: String,
    /// Do not take the first component for a registry's host
    #[arg(long)]
    literal: bool,
    /// The time of the request, which decides whether an override is active [default: now]
    #[arg(long, value_name = "TIME", value_parser = UtcTime::parse)]
    time: Option<UtcTime>,
    /// The form of the output: text for people, or the component's answer
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let reading = if arguments.literal { Reading::Literal } else { Reading::Pasted };
    let tag = TagReference::parse(&arguments.tag, reading).map_err(|error| error.fault(&arguments.tag))?;
    let time = arguments.time.unwrap_or_else(UtcTime::now);
    let (document, component) = (Document::read(&arguments.policy)?, component(file)?);
    let policy = document.compile(&component)?;
    check_host(&component, &document.text, tag.left_out.likely_host())?;
    let answer = policy.explain_json(&arguments.question(&tag, time))?;
    show_notes(tag.left_out.notes().chain(namespace_note(&component, &document.text, tag.repository)));
    let explanation = match serde_json::from_str(&answer) {
        Ok(ExplainAnswer::Explanation(explanation)) => explanation,
        Ok(ExplainAnswer::Malformed { malformed }) => {
            return Err(Fault::usage(format!("`{}` can't be explained: {malformed}", arguments.tag)));
        }
        Err(_) => return Err(CallError::Answer(Settings::default().max_answer_bytes).into()),
    };
    match arguments.format {
        Format::Text => {
            let mut out = BufWriter::new(anstream::stdout().lock());
            explanation.write(time, &mut out)?;
            out.flush()?;
        }
        Format::Json => writeln!(stdout().lock(), "{answer}")?,
    }
    Ok(Ending::Fine)
}

impl Arguments {
    fn question(&self, TagReference { repository, tag, .. }: &TagReference<'_>, time: UtcTime) -> String {
        json!({ "repository": repository, "tag": tag, "context": { "time": time.to_string() } }).to_string()
    }
}

/// What the component answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum ExplainAnswer {
    Malformed { malformed: String },
    Explanation(Box<Explanation>),
}

#[derive(Deserialize)]
struct Explanation {
    repository: String,
    tag: String,
    revision: u64,
    rules: Vec<Considered>,
    #[serde(rename = "override")]
    tag_override: Option<TagOverride>,
    outcomes: Outcomes,
}

/// A rule that was considered for the repository.
#[derive(Deserialize)]
struct Considered {
    rule: u64,
    namespace: String,
    enabled: bool,
    /// The text that its repository selectors are matched against.
    sees: String,
    protects: bool,
    /// The exempt set of the rule that the tag is in.
    exempt: Option<String>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    pair: u32,
    repositories: Tried,
    tags: Tried,
    holds: bool,
}

/// A selector, and whether it holds.
#[derive(Deserialize)]
struct Tried {
    holds: bool,
    #[serde(flatten)]
    selector: Selector,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Outcomes {
    push: Outcome,
    push_again: Outcome,
    push_other: Outcome,
    delete: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    outcome: String,
    code: String,
    rule: Option<u64>,
    pair: Option<u32>,
}

impl Explanation {
    fn write(&self, time: UtcTime, to: &mut impl Write) -> io::Result<()> {
        let Self { repository, tag, revision, rules, tag_override, outcomes } = self;
        writeln!(to, "{}:{}, by revision {revision}\n", printable(repository), printable(tag))?;
        if rules.is_empty() {
            let why = if repository.contains('/') {
                "there is no rule for its namespace, and none for the whole instance"
            } else {
                "it is in no namespace, and there is no rule for the whole instance"
            };
            writeln!(to, "{why}\n")?;
        }
        for rule in rules {
            rule.write(tag, to)?;
            writeln!(to)?;
        }
        if let Some(tag_override) = tag_override {
            let (end, reason) = (tag_override.end(time), printable(&tag_override.reason));
            writeln!(to, "{DOUBTFUL}override{DOUBTFUL:#} {}: {reason}\n", printable(&end))?;
        }
        outcomes.table().write(to)
    }
}

impl Considered {
    fn write(&self, tag: &str, to: &mut impl Write) -> io::Result<()> {
        let (style, verdict) = self.verdict();
        writeln!(to, "rule {} (namespace {}) {style}{verdict}{style:#}", self.rule, printable(&self.namespace))?;
        let mut table = Columns::default();
        for Pair { pair, repositories, tags, .. } in &self.pairs {
            let name = format!("  pair {pair}");
            let repositories_row = repositories.row("repositories", Subject::Repository, &self.sees);
            let rows = [(&*name, repositories_row), ("", tags.row("tags", Subject::Tag, tag))];
            rows.into_iter().for_each(|(name, [a, b, c, d])| table.push([Cell::from(name), a, b, c, d]));
        }
        table.write(to)
    }

    /// Whether it protects the tag, and if not, why.
    fn verdict(&self) -> (Style, String) {
        if self.protects {
            return (BAD, "protects the tag".to_owned());
        }
        let why = match &self.exempt {
            None if !self.enabled && self.pairs.iter().any(|pair| pair.holds) => {
                "is disabled; enabled, it would protect the tag".to_owned()
            }
            _ if !self.enabled => "is disabled".to_owned(),
            Some(set) => format!("exempts the tag: it is in the set `{}`", printable(set)),
            None => "does not protect the tag: no pair matches".to_owned(),
        };
        (DOUBTFUL, why)
    }
}

impl Tried {
    fn row(&self, name: &str, subject: Subject, text: &str) -> [Cell; 4] {
        let words = Cell::from(&*self.selector.words(subject, NAMED));
        let verdict = if self.holds { "matches" } else { "does not match" };
        [Cell::from(name), words, Cell::from(verdict), Cell::from(text)]
    }
}

impl Outcomes {
    fn table(&self) -> Columns<4> {
        let mut table = Columns::default();
        for (event, outcome) in [
            ("push while it is absent", &self.push),
            ("push of the same image", &self.push_again),
            ("push of another image", &self.push_other),
            ("delete", &self.delete),
        ] {
            let style = if outcome.outcome == "allow" { GOOD } else { BAD };
            let verdict = Cell::styled(&outcome.outcome, style);
            table.push([Cell::from(event), verdict, Cell::from(&*outcome.code), Cell::from(&*outcome.by())]);
        }
        table
    }
}

impl Outcome {
    fn by(&self) -> String {
        match (self.rule, self.pair) {
            (Some(rule), Some(pair)) => format!("rule {rule}, pair {pair}"),
            (Some(rule), None) => format!("rule {rule}"),
            _ => String::new(),
        }
    }
}
