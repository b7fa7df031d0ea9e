//! `tagseal rules enable`, `disable` and `delete`: changes that need no more than the name of a rule.

use std::path::Path;

use clap::Args;
use tagseal::Component;

use super::change::{ChangeOptions, ReportStyle};
use super::change_error::ChangeError;
use super::listing;
use super::rule_selector::RuleSelector;
use crate::command::Ending;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Enables a rule
///
/// A rule that is already enabled stays as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules enable policy.json 3
  tagseal rules enable policy.json team-a")]
pub(crate) struct Enable {
    #[command(flatten)]
    target: Target,
}

/// Disables a rule: it decides nothing, but keeps its namespace and its id
///
/// A rule that is already disabled stays as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules disable policy.json 3
  tagseal rules disable policy.json team-a --dry-run")]
pub(crate) struct Disable {
    #[command(flatten)]
    target: Target,
}

/// Deletes a rule. Its id is never used again
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules delete policy.json 3
  tagseal rules delete policy.json team-a --revision 12")]
pub(crate) struct Delete {
    #[command(flatten)]
    target: Target,
}

/// Which rule of which file.
#[derive(Args)]
struct Target {
    #[command(flatten)]
    options: ChangeOptions,
    /// The rule: its id, or its namespace. Digits alone are an id
    #[arg(value_name = "RULE", value_parser = RuleSelector::parse)]
    rule: RuleSelector,
}

impl Enable {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.target.change("enable", "enabled", file)
    }
}

impl Disable {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.target.change("disable", "disabled", file)
    }
}

impl Delete {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        self.target.change("delete", "deleted", file)
    }
}

impl Target {
    /// Makes the change of this name, and reports it by the word for what was done.
    fn change(&self, operation: &str, done: &'static str, file: Option<&Path>) -> Result<Ending, Fault> {
        self.options.make(file, ReportStyle::Name(done), |component, document| {
            let id = self.id(component, document)?.to_string();
            let mut request = Request::new();
            request.add(&format!("{{\"{operation}\": {{\"id\": "));
            request.add_json(&format!("/{operation}/id"), operation, &id, &id);
            request.add("}");
            self.options.close(&mut request);
            Ok(request)
        })
    }

    fn id(&self, component: &Component, document: &str) -> Result<u64, ChangeError> {
        if let RuleSelector::Id(id) = self.rule {
            return Ok(id);
        }
        let found = listing::find(component, document, &self.rule)?;
        let rule = found.ok_or_else(|| self.rule.missing(&self.options.name()))?;
        Ok(listing::read(&rule)?.id)
    }
}
