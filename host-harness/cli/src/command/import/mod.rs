//! `tagseal import`: a policy document from the rules of another registry, or more rules for one.

mod given_text;
mod merge;
mod template_body;
mod yaml;

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::conversion::{self, Options};
use super::document::{Document, component, is_standard_input};
use super::fault::Fault;
use given_text::GivenText;

/// Turns the rules of another registry into a policy document
///
/// The document goes to standard output. A rule that means something else here than in the other registry, or that could not
/// be imported, is reported on standard error with its place. If a part can't be understood, nothing is imported.
///
/// With --into, the rules are added to a policy file instead, with new ids: all of them, or none. A namespace that has a rule already
/// is a conflict. Configurations in YAML (zot, CloudFormation) are read too.
#[derive(Args)]
#[command(after_help = "\
Formats, each as the registry's API answers:
  tcr      Tencent Container Registry: DescribeImmutableTagRules; also Terraform's state
  harbor   Harbor: the immutabletagrules of one project, which is named by --namespace; also Terraform's state
  swr      Huawei SWR Enterprise: immutabletagrules
  ecr      Amazon ECR: DescribeRepositories; also CreateRepository, Terraform's state, CloudFormation, GetTemplate
  google   Google Artifact Registry: repositories
  alibaba  Alibaba ACR Enterprise: ListRepository
  oracle   Oracle OCIR: container repositories
  nexus    Nexus: repositories of format docker
  hub      Docker Hub: the settings of a repository
  gitlab   GitLab: container protection tag rules
  quay     Quay: immutability policies of an organisation or a repository
  zot      zot: its configuration
  acr      Azure Container Registry: repositories, tags and manifests with their locks

Examples:
  tagseal import --from tcr rules.json > policy.json
  tagseal import --from harbor --namespace prod --instance registry-prod rules.json > policy.json
  tagseal import --from gitlab --namespace prod --into policy.json rules.json
  curl … | tagseal import --from ecr - > policy.json")]
pub(crate) struct Arguments {
    /// The format of the rules: one of those that are listed below, `tcr` for example
    #[arg(long, value_name = "FORMAT")]
    from: String,
    /// The answer of the registry's API, `-` for standard input. With --into, there may be several files
    #[arg(value_name = "FILE", required = true)]
    rules: Vec<PathBuf>,
    /// The namespace for rules that do not name one
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// The repository for rules that do not name one
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// The name of the registry, for the document
    #[arg(long, value_name = "NAME", conflicts_with = "into")]
    instance: Option<String>,
    /// Add the rules to this policy file, instead of writing a document
    #[arg(long, value_name = "POLICY.json")]
    into: Option<PathBuf>,
    /// With --into: show the difference that it would make, and write nothing
    #[arg(long, requires = "into")]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    arguments.check()?;
    let component = component(file)?;
    // Whether there is a policy that could be changed does not depend on what is imported.
    if let Some(policy) = &arguments.into {
        Document::read(policy)?.compile(&component)?;
    }
    let options = Options {
        namespace: arguments.namespace.as_deref(),
        repository: arguments.repository.as_deref(),
        instance: arguments.instance.as_deref(),
    };
    let options = options.request();
    let texts = arguments.rules.iter().map(|path| GivenText::read(path, &arguments.from));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let mut documents = Vec::new();
    for text in &texts {
        let converted = component.import_rules(&arguments.from, text.json(), options.text());
        let place = |diagnostics| text.placed(diagnostics);
        documents.push(conversion::report(converted, &text.document, &options, place)?);
    }
    match &arguments.into {
        Some(policy) => merge::merge(&component, policy, arguments.dry_run, &texts, &documents),
        None => conversion::write(&documents.concat()),
    }
}

impl Arguments {
    fn check(&self) -> Result<(), Fault> {
        if self.rules.len() > 1 && self.into.is_none() {
            let fault = Fault::usage("several files make one document only together with `--into`");
            return Err(
                fault.help("make a first document of one file, and import the others with `--into POLICY.json`")
            );
        }
        if self.rules.iter().filter(|path| is_standard_input(path)).count() > 1 {
            return Err(Fault::usage("standard input can be only one of the files"));
        }
        if self.into.as_deref().is_some_and(is_standard_input) {
            let fault = Fault::usage("a policy is changed in its file, and standard input is not a file");
            return Err(fault.help("name a file"));
        }
        Ok(())
    }
}
