//! `tagseal rules create`: one more rule.

use std::path::{Path, PathBuf};

use clap::Args;

use super::change::{Manner, Telling};
use super::flags::{Pair, Protection, RuleFlags};
use super::refused::Undone;
use crate::command::Ending;
use crate::command::document::Document;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Creates a rule for a namespace, or with `*` for the whole instance
///
/// It is switched on from its creation, unless it says otherwise. A namespace has one rule: a second is refused, and the one
/// that is there is named. Without patterns for repositories, or for tags, the rule is for all of them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules create policy.json --namespace prod --latest --exempt signatures,referrers
  tagseal rules create policy.json --namespace team-a --repositories 'web-*' --tags-except latest --tags-except 'dev-*'
  tagseal rules create policy.json --namespace '*' --tags @release --allow-deletion --dry-run
  tagseal rules create policy.json --namespace mixed \\
    --protects '{\"repositories\": {\"matches\": \"web-*\"}, \"tags\": {\"excludes\": \"latest\"}}' \\
    --protects '{\"repositories\": {\"excludes\": \"web-*\"}, \"tags\": {\"matches\": \"@version\"}}'
  tagseal rules create policy.json --from rule.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manner: Manner,
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
    arguments.manner.make(file, Telling::Rule("created"), |_, _| Ok::<_, Undone>(request))
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
            if self.flags.protection() == Protection::Nothing {
                let fault = Fault::usage("the flags do not say which tags the rule protects");
                return Err(
                    fault.mend("add `--latest`, or patterns, as in `--repositories 'web-*' --tags-except latest`")
                );
            }
            request = Request::new();
            request.add("{\"create\": {");
            request.add_name("namespace");
            request.add_text("/create/namespace", "--namespace", self.namespace.as_deref().unwrap_or_default());
            self.flags.write(&mut request, "/create", &Pair::whole());
            request.add("}");
        }
        self.manner.close(&mut request);
        Ok(request)
    }
}
