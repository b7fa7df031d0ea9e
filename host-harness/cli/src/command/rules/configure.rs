//! `tagseal rules configure`: other fields for a rule.

use std::path::{Path, PathBuf};

use clap::Args;
use tagseal::Component;

use super::change::{ChangeOptions, ReportStyle};
use super::change_error::ChangeError;
use super::flags::{MissingHalf, RuleFlags};
use super::listing;
use super::rule_selector::RuleSelector;
use crate::command::Ending;
use crate::command::document::Document;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Configures a rule: sets the fields that the flags give, and leaves the others as they are
///
/// If only patterns for repositories, or only patterns for tags, are given, the other half of the pair stays as it is. The id
/// and the namespace of a rule never change.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules configure policy.json prod --tags-except 'latest,dev-*'
  tagseal rules configure policy.json 3 --deletion allow --note 'until the move'
  tagseal rules configure policy.json 3 --exempt= --note=
  echo '{\"deletion\": null, \"preset\": \"latest\"}' | tagseal rules configure policy.json 3 --from -")]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: ChangeOptions,
    /// The rule: its id, or its namespace. Digits alone are an id
    #[arg(value_name = "RULE", value_parser = RuleSelector::parse)]
    rule: RuleSelector,
    /// Always refused. It exists so that the error can say why
    #[arg(long, hide = true)]
    namespace: Option<String>,
    /// Read the fields to set from a file, `-` for standard input: JSON as in documents, null to remove a field
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "RuleFlags"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    flags: RuleFlags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let Arguments { options, namespace, from, flags, .. } = arguments;
    if namespace.is_none() && from.is_none() && *flags == RuleFlags::default() {
        return Err(Fault::usage("no flag gives a field to set").help("`tagseal rules configure --help` shows them"));
    }
    let given = from.as_deref().map(Document::read).transpose()?;
    options.make(file, ReportStyle::Rule("configured"), |component, document| {
        arguments.request(given.as_ref(), component, document)
    })
}

impl Arguments {
    fn request(&self, given: Option<&Document>, component: &Component, document: &str) -> Result<Request, ChangeError> {
        let id = self.id(component, document)?;
        let mut request = given.map_or_else(Request::new, |given| Request::named(&given.name));
        request.add(&format!("{{\"configure\": {{\"id\": {id}, \"set\": "));
        if let Some(given) = given {
            request.add_file("/configure/set", &given.text);
        } else {
            request.add("{");
            if let Some(namespace) = &self.namespace {
                request.add_name("namespace");
                request.add_text("/configure/set/namespace", "--namespace", namespace);
            }
            self.flags.write(&mut request, "/configure/set", MissingHalf::Stays);
            request.add("}");
        }
        request.add("}");
        self.options.close(&mut request);
        Ok(request)
    }

    /// Returns the id of the rule.
    fn id(&self, component: &Component, document: &str) -> Result<u64, ChangeError> {
        if let RuleSelector::Id(id) = &self.rule {
            return Ok(*id);
        }
        let rule = listing::find(component, document, &self.rule)?;
        let rule = rule.ok_or_else(|| self.rule.missing(&self.options.name()))?;
        Ok(listing::read(&rule)?.id)
    }
}
