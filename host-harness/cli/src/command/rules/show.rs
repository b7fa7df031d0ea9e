//! `tagseal rules show`: one rule.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::listing;
use super::rule_selector::RuleSelector;
use crate::command::Ending;
use crate::command::document::{Document, component};
use crate::command::fault::Fault;
use crate::command::terminal::{Format, printable};

/// Shows one rule with all its fields
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules show policy.json 3
  tagseal rules show policy.json team-a --format json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The rule: its id, or its namespace. Digits alone are an id
    #[arg(value_name = "RULE", value_parser = RuleSelector::parse)]
    rule: RuleSelector,
    /// The form of the output: text for people, or the rule as it stands in the document
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let Document { name, text } = Document::read(&arguments.policy)?;
    let found = listing::find(&component(file)?, &text, &arguments.rule).map_err(|error| error.report(&name))?;
    let rule = found.ok_or_else(|| arguments.rule.missing(&name))?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => {
            let rule = listing::read(&rule)?;
            writeln!(out, "rule {} (namespace {})", rule.id, printable(&rule.namespace))?;
            rule.write(&mut out)?;
        }
        Format::Json => writeln!(out, "{rule}")?,
    }
    Ok(Ending::Fine)
}
