//! `tagseal rules enable`, `disable` and `delete`: changes that need no more than the name of a rule.

use std::path::Path;

use clap::Args;
use tagseal::Component;

use super::change::{Manner, Telling};
use super::listing;
use super::refused::Undone;
use super::wanted::Wanted;
use crate::command::Ending;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Switches a rule on
///
/// One that is on already stays as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules enable policy.json 3
  tagseal rules enable policy.json team-a")]
pub(crate) struct Enable {
    #[command(flatten)]
    named: Named,
}

/// Switches a rule off: it decides nothing, but keeps its namespace and its id
///
/// One that is off already stays as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules disable policy.json 3
  tagseal rules disable policy.json team-a --dry-run")]
pub(crate) struct Disable {
    #[command(flatten)]
    named: Named,
}

/// Deletes a rule. Its id is not given again
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules delete policy.json 3
  tagseal rules delete policy.json team-a --revision 12")]
pub(crate) struct Delete {
    #[command(flatten)]
    named: Named,
}

/// Which rule of which file.
#[derive(Args)]
struct Named {
    #[command(flatten)]
    manner: Manner,
    /// The rule: its id, or its namespace. Digits alone are an id
    #[arg(value_name = "RULE", value_parser = Wanted::parse)]
    rule: Wanted,
}

impl Enable {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.named.change("enable", "enabled", file)
    }
}

impl Disable {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.named.change("disable", "disabled", file)
    }
}

impl Delete {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.named.change("delete", "deleted", file)
    }
}

impl Named {
    /// Makes the change of this name, which is told by the word for what is done.
    fn change(&self, operation: &str, done: &'static str, file: Option<&Path>) -> Result<Ending, Fault> {
        self.manner.make(file, Telling::Name(done), |component, document| {
            let id = self.id(component, document)?.to_string();
            let mut request = Request::new();
            request.add(&format!("{{\"{operation}\": {{\"id\": "));
            request.add_json(&format!("/{operation}/id"), operation, &id, &id);
            request.add("}");
            self.manner.close(&mut request);
            Ok(request)
        })
    }

    fn id(&self, component: &Component, document: &str) -> Result<u64, Undone> {
        if let Wanted::Id(id) = self.rule {
            return Ok(id);
        }
        let found = listing::find(component, document, &self.rule)?;
        let rule = found.ok_or_else(|| self.rule.missing(&self.manner.name()))?;
        Ok(listing::read(&rule)?.id)
    }
}
