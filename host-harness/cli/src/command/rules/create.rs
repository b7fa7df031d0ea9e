//! `tagseal rules create`: one more rule.

use std::path::{Path, PathBuf};

use clap::Args;

use super::change::{ChangeOptions, ReportStyle};
use super::change_error::ChangeError;
use super::flags::{MissingHalf, Protection, RuleFlags};
use crate::command::Ending;
use crate::command::document::Document;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Creates a rule for a namespace, or with `*` for the whole instance
///
/// The rule is enabled unless you say otherwise. A namespace has one rule: a second one is refused, and the error names the
/// first. Without patterns for repositories, the rule is for all repositories; without patterns for tags, for all tags.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules create policy.json --namespace prod --latest --exempt signatures,referrers
  tagseal rules create policy.json --namespace team-a --repositories 'web-*' --tags-except 'latest,dev-*'
  tagseal rules create policy.json --namespace team-b --tags 'v*' --tags-except 'v*-rc*'
  tagseal rules create policy.json --namespace team-c --tags-regex 'v[0-9]+' --deletion retire
  tagseal rules create policy.json --namespace '*' --tags @release --allow-deletion --dry-run
  tagseal rules create policy.json --namespace mixed \\
    --protects '{\"repositories\": {\"matches\": \"web-*\"}, \"tags\": {\"excludes\": \"latest\"}}' \\
    --protects '{\"repositories\": {\"excludes\": \"web-*\"}, \"tags\": {\"matches\": \"@version\"}}'
  tagseal rules create policy.json --from rule.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: ChangeOptions,
    /// The namespace that the rule is for, `*` for the whole instance
    #[arg(long, required_unless_present = "from")]
    namespace: Option<String>,
    /// Read the rule from a file, `-` for standard input: JSON as in documents, without an id
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "RuleFlags"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    flags: RuleFlags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let request = arguments.request()?;
    arguments.options.make(file, ReportStyle::Rule("created"), |_, _| Ok::<_, ChangeError>(request))
}

impl Arguments {
    fn request(&self) -> Result<Request, Fault> {
        let mut request;
        if let Some(path) = &self.from {
            let Document { name, text } = Document::read(path)?;
            request = Request::named(&name);
            request.add("{\"create\": ");
            request.add_file("/create", &text);
        } else {
            if self.flags.protection() == Protection::NotGiven {
                let fault = Fault::usage("the flags do not say which tags the rule protects");
                return Err(
                    fault.help("add `--latest`, or patterns, as in `--repositories 'web-*' --tags-except latest`")
                );
            }
            request = Request::new();
            request.add("{\"create\": {");
            request.add_name("namespace");
            request.add_text("/create/namespace", "--namespace", self.namespace.as_deref().unwrap_or_default());
            self.flags.write(&mut request, "/create", MissingHalf::Everything);
            request.add("}");
        }
        self.options.close(&mut request);
        Ok(request)
    }
}
