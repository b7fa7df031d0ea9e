//! `tagseal import`: a policy document from the rules of another registry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::conversion;
use super::document::{Document, component};
use super::fault::Fault;

/// Turns the rules of another registry into a policy document
///
/// The document goes to standard output. What means something else in it than it did in the registry, or could not be taken
/// along, is told on standard error, by its place. What can't be understood refuses the whole.
#[derive(Args)]
#[command(after_help = "\
Formats, each as the registry's API answers:
  tcr      Tencent Container Registry: DescribeImmutableTagRules, or Terraform's blocks in JSON
  harbor   Harbor: the immutabletagrules of one project, which is named by --namespace
  swr      Huawei SWR Enterprise: immutabletagrules
  ecr      Amazon ECR: DescribeRepositories
  google   Google Artifact Registry: repositories
  alibaba  Alibaba ACR Enterprise: ListRepository
  oracle   Oracle OCIR: container repositories
  nexus    Nexus: repositories of format docker

Examples:
  tagseal import --from tcr rules.json > policy.json
  tagseal import --from harbor --namespace prod --instance registry-prod rules.json > policy.json
  curl … | tagseal import --from ecr - > policy.json")]
pub(crate) struct Arguments {
    /// What the rules are written in
    #[arg(long, value_name = "FORMAT")]
    from: String,
    /// What the registry answered, `-` for standard input
    #[arg(value_name = "FILE")]
    rules: PathBuf,
    /// The namespace of rules that name none
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// What the registry is called, for the document
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let rules = Document::read(&arguments.rules)?;
    let options = conversion::options(arguments.namespace.as_deref(), arguments.instance.as_deref());
    let converted = component(file)?.import_rules(&arguments.from, &rules.text, options.text());
    conversion::tell(converted, &rules, &options)
}
