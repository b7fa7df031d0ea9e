//! `tagseal explain`: what a policy does to one tag, and why.

use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use tagseal::{Failure, Settings};

use super::Ending;
use super::columns::{Cell, Columns};
use super::document::{Document, component};
use super::fault::Fault;
use super::rules::rule::{Selector, Subject};
use super::terminal::{BAD, DOUBTFUL, Format, GOOD, printable};

/// Most patterns of a selector that are named.
const NAMED: usize = 8;

/// Explains what a policy does to a tag: each rule that was considered, and what may happen to the tag
///
/// Of each rule, every selector is held against the repository or the tag. A rule protects the tag when it is enabled, both
/// selectors of a pair hold, and the tag is not one that the rule leaves alone.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal explain policy.json prod/app:v1.2
  tagseal explain policy.json prod/app:v1.2 --format json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The tag; it need not exist
    #[arg(value_name = "REPOSITORY:TAG")]
    tag: String,
    /// How to say it: for people, or as the component answers
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let question = arguments.question()?;
    let answer = Document::read(&arguments.policy)?.compile(&component(file)?)?.explain_json(&question)?;
    let explanation = match serde_json::from_str(&answer) {
        Ok(Answer::Explanation(explanation)) => explanation,
        Ok(Answer::Malformed { malformed }) => return Err(Fault::usage(malformed)),
        Err(_) => return Err(Failure::Answer(Settings::default().answer).into()),
    };
    match arguments.format {
        Format::Text => {
            let mut out = BufWriter::new(anstream::stdout().lock());
            explanation.write(&mut out)?;
            out.flush()?;
        }
        Format::Json => writeln!(stdout().lock(), "{answer}")?,
    }
    Ok(Ending::Fine)
}

impl Arguments {
    fn question(&self) -> Result<String, Fault> {
        let (repository, tag) = self
            .tag
            .rsplit_once(':')
            .ok_or_else(|| Fault::usage(format!("`{}` lacks a `:`", self.tag)).mend("write it as in `prod/app:v1`"))?;
        Ok(json!({ "repository": repository, "tag": tag }).to_string())
    }
}

/// What the component answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Malformed { malformed: String },
    Explanation(Box<Explanation>),
}

#[derive(Deserialize)]
struct Explanation {
    repository: String,
    tag: String,
    revision: u64,
    rules: Vec<Considered>,
    outcomes: Outcomes,
}

/// A rule that was considered for the repository.
#[derive(Deserialize)]
struct Considered {
    rule: u64,
    namespace: String,
    enabled: bool,
    /// What its repository selectors are held against.
    sees: String,
    protects: bool,
    /// The set that it leaves alone and that the tag is in.
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
    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let Self { repository, tag, revision, rules, outcomes } = self;
        writeln!(to, "{}:{}, by revision {revision}\n", printable(repository), printable(tag))?;
        if rules.is_empty() {
            writeln!(to, "no rule is for its namespace, and none for the whole instance\n")?;
        }
        for rule in rules {
            rule.write(tag, to)?;
            writeln!(to)?;
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
            Some(set) => format!("leaves the tag alone: it is one of the {}", printable(set)),
            None => "does not protect the tag: no pair holds".to_owned(),
        };
        (DOUBTFUL, why)
    }
}

impl Tried {
    fn row(&self, name: &str, subject: Subject, held_against: &str) -> [Cell; 4] {
        let words = Cell::from(&*self.selector.words(subject, NAMED));
        let verdict = if self.holds { "holds for" } else { "does not hold for" };
        [Cell::from(name), words, Cell::from(verdict), Cell::from(held_against)]
    }
}

impl Outcomes {
    fn table(&self) -> Columns<4> {
        let mut table = Columns::default();
        for (event, outcome) in [
            ("push while it is absent", &self.push),
            ("push of what it is", &self.push_again),
            ("push of something else", &self.push_other),
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
