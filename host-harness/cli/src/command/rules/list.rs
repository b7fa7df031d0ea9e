//! `tagseal rules list`: the rules of a document, and the namespaces without a rule.

use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use tagseal::CallError;

use super::listing::{self, Listing};
use super::rule::Rule;
use crate::command::Ending;
use crate::command::clock::UtcTime;
use crate::command::columns::{Cell, Columns};
use crate::command::document::{Document, component};
use crate::command::fault::Fault;
use crate::command::request::Request;
use crate::command::tag_override::TagOverride;
use crate::command::terminal::{DOUBTFUL, Format, GOOD, count, printable};

const OVERRIDE_HEAD: [&str; 5] = ["OVERRIDE", "UNTIL", "LEFT", "REASON", "BY"];
const HEAD: [&str; 8] = ["ID", "NAMESPACE", "STATE", "REPOSITORIES", "TAGS", "DELETION", "EXEMPT", "NOTE"];

/// Most patterns of a selector that are named, and most characters of anything that is in a cell.
const NAMED: usize = 3;
const WIDTH: usize = 48;

/// Lists rules and overrides, or the namespaces without a rule
///
/// Each selector pair of a rule is a line: these tags are protected in these repositories. Overrides follow, with the time that is
/// left.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules list policy.json
  tagseal rules list policy.json --namespace prod,team-a --disabled
  tagseal rules list policy.json --without-rule prod,dev,test
  tagseal rules list policy.json --format json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Only the rules of these namespaces, and which of these namespaces have no rule
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    namespace: Vec<String>,
    /// Only enabled rules
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Only disabled rules
    #[arg(long)]
    disabled: bool,
    /// Instead of rules, list those of these namespaces that have no rule, one a line
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["namespace", "enabled", "disabled", "format"])]
    without_rule: Vec<String>,
    /// The form of the output: text for people, or the component's answer, each rule as the document has it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let Document { name, text } = Document::read(&arguments.policy)?;
    let answer = listing::ask(&component(file)?, &text, arguments.query()).map_err(|error| error.report(&name))?;
    if arguments.format == Format::Json {
        writeln!(stdout().lock(), "{answer}")?;
        return Ok(Ending::Fine);
    }
    let listing = Listing::read(&answer)?;
    let mut out = BufWriter::new(anstream::stdout().lock());
    if arguments.without_rule.is_empty() {
        write(&listing, &mut out)?;
    } else {
        listing.without_rule.iter().try_for_each(|name| writeln!(out, "{}", printable(name)))?;
    }
    out.flush()?;
    Ok(Ending::Fine)
}

impl Arguments {
    fn query(&self) -> Request {
        let mut query = Request::new();
        query.add("{");
        if self.enabled || self.disabled {
            query.add_name("enabled");
            query.add(if self.enabled { "true" } else { "false" });
        }
        for (flag, names) in [("--namespace", &self.namespace), ("--without-rule", &self.without_rule)] {
            if !names.is_empty() {
                query.add_name("namespaces");
                query.add_texts("/namespaces", flag, names);
            }
        }
        query.add("}");
        query
    }
}

fn write(listing: &Listing<'_>, out: &mut impl Write) -> Result<(), Fault> {
    let rules = listing.rules.iter().map(|rule| listing::read(rule.get()));
    let rules = rules.collect::<Result<Vec<_>, CallError>>()?;
    if !rules.is_empty() {
        table(&rules).write(out)?;
        writeln!(out)?;
    }
    if !listing.overrides.is_empty() {
        override_table(&listing.overrides, UtcTime::now()).write(out)?;
        writeln!(out)?;
    }
    sum_up(&rules, listing, out)?;
    Ok(())
}

fn table(rules: &[Rule]) -> Columns<8> {
    let mut columns = Columns::default();
    columns.push(HEAD.map(Cell::from));
    for rule in rules {
        let (state, style) = rule.state();
        let mut pairs = rule.pairs(NAMED).into_iter().map(|pair| pair.map(|words| shortened(&words)));
        let [repositories, tags] = pairs.next().unwrap_or_default();
        columns.push([
            Cell::from(&*rule.id.to_string()),
            Cell::from(&*rule.namespace),
            Cell::styled(state, style),
            repositories,
            tags,
            Cell::from(rule.deletion()),
            Cell::from(&*rule.exempt()),
            shortened(&rule.note),
        ]);
        for [repositories, tags] in pairs {
            let none = Cell::default;
            columns.push([none(), none(), none(), repositories, tags, none(), none(), none()]);
        }
    }
    columns
}

fn override_table(overrides: &[TagOverride], now: UtcTime) -> Columns<5> {
    let mut columns = Columns::default();
    columns.push(OVERRIDE_HEAD.map(Cell::from));
    for tag_override in overrides {
        let TagOverride { repository, tag, until, reason, by } = tag_override;
        let left = match tag_override.left(now) {
            Some(left) => Cell::styled(&left, GOOD),
            None => Cell::styled("ended", DOUBTFUL),
        };
        let tag = Cell::from(&*format!("{repository}:{tag}"));
        columns.push([tag, Cell::from(&**until), left, shortened(reason), shortened(by)]);
    }
    columns
}

/// As much of a text as a table has room for.
fn shortened(text: &str) -> Cell {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => Cell::from(&*format!("{}…", text.get(..end).unwrap_or_default().trim_end())),
        None => Cell::from(text),
    }
}

/// How many there are: `3 rules, 1 of them disabled; revision 12`, and which namespaces have none.
fn sum_up(rules: &[Rule], listing: &Listing<'_>, out: &mut impl Write) -> io::Result<()> {
    let disabled = match rules.iter().filter(|rule| !rule.enabled).count() {
        0 => String::new(),
        disabled => format!(", {disabled} disabled"),
    };
    let rules = count(rules.len() as u64, "rule");
    let overrides = match listing.overrides.len() as u64 {
        0 => String::new(),
        overrides => format!(", {}", count(overrides, "override")),
    };
    writeln!(out, "{rules}{disabled}{overrides}; revision {}", listing.revision)?;
    if !listing.without_rule.is_empty() {
        writeln!(out, "without a rule: {}", printable(&listing.without_rule.join(", ")))?;
    }
    Ok(())
}
