//! `tagseal export`: the rules of a policy document for another registry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::conversion::{self, Options};
use super::document::{Document, component};
use super::fault::Fault;

/// Turns a policy document into rules of another registry that mean the same
///
/// The rules go to standard output, in the form of the registry's API. If the format can't express something, nothing is
/// exported, and each such place in the document is shown. What is left out without changing what is protected, a note for example, is reported on standard error.
#[derive(Args)]
#[command(after_help = "\
Formats:
  tcr      Tencent Container Registry: as DescribeImmutableTagRules answers
  harbor   Harbor: the immutabletagrules of one project, that of --namespace where there are several rules

Examples:
  tagseal export --to tcr policy.json
  tagseal export --to harbor --namespace prod policy.json")]
pub(crate) struct Arguments {
    /// The format to write the rules in
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
    let options = Options { namespace: arguments.namespace.as_deref(), ..Options::default() }.request();
    let converted = component(file)?.export_rules(&arguments.to, &policy.text, options.text());
    conversion::write(&conversion::report(converted, &policy, &options, |diagnostics| diagnostics)?)
}
