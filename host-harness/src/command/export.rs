//! `tagseal export`: the rules of a policy document for another registry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::conversion;
use super::document::{Document, component};
use super::fault::Fault;

/// Turns a policy document into the rules of another registry that say the same
///
/// The rules go to standard output, as the registry's API answers them. What the format can't say refuses the whole, with each
/// place in the document. What stays behind without changing what is protected, a note for example, is told on standard error.
#[derive(Args)]
#[command(after_help = "\
Formats:
  tcr      Tencent Container Registry: as DescribeImmutableTagRules answers
  harbor   Harbor: the immutabletagrules of one project, that of --namespace where there are several rules

Examples:
  tagseal export --to tcr policy.json
  tagseal export --to harbor --namespace prod policy.json")]
pub(crate) struct Arguments {
    /// What to write the rules in
    #[arg(long, value_name = "FORMAT")]
    to: String,
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Only the rule of this namespace
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let policy = Document::read(&arguments.policy)?;
    let options = conversion::options(arguments.namespace.as_deref(), None);
    let converted = component(file)?.export_rules(&arguments.to, &policy.text, options.text());
    conversion::tell(converted, &policy, &options)
}
