//! `tagseal rules configure`: other fields for a rule.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::{Component, Failure, Settings};

use super::change::{Manner, Telling};
use super::flags::{Pair, Protection, RuleFlags};
use super::listing;
use super::refused::Undone;
use super::wanted::Wanted;
use crate::command::Ending;
use crate::command::document::Document;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Configures a rule: sets what the flags say, and leaves the rest of it
///
/// Patterns for repositories alone, or for tags alone, leave the other ones of the pair as they are. The id and the
/// namespace of a rule never change.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules configure policy.json prod --tags-except latest --tags-except 'dev-*'
  tagseal rules configure policy.json 3 --allow-deletion --note 'until the move'
  tagseal rules configure policy.json 3 --exempt= --note=
  echo '{\"deletion\": null, \"preset\": \"latest\"}' | tagseal rules configure policy.json 3 --from -")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manner: Manner,
    /// The rule: its id, or its namespace. Digits alone are an id
    #[arg(value_name = "RULE", value_parser = Wanted::parse)]
    rule: Wanted,
    /// Refused: so that the refusal can say so
    #[arg(long, hide = true)]
    namespace: Option<String>,
    /// Read the fields to set from a file, `-` for standard input: JSON as in documents, null to take a field away
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "RuleFlags"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    flags: RuleFlags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let Arguments { manner, namespace, from, flags, .. } = arguments;
    if namespace.is_none() && from.is_none() && *flags == RuleFlags::default() {
        return Err(Fault::usage("no flag says what to set").mend("`tagseal rules configure --help` shows them"));
    }
    let given = from.as_deref().map(Document::read).transpose()?;
    manner.make(file, Telling::Rule("configured"), |component, document| {
        arguments.request(given.as_ref(), component, document)
    })
}

impl Arguments {
    fn request(&self, given: Option<&Document>, component: &Component, document: &str) -> Result<Request, Undone> {
        let (id, rest) = self.find(component, document)?;
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
            self.flags.write(&mut request, "/configure/set", &rest);
            request.add("}");
        }
        request.add("}");
        self.manner.close(&mut request);
        Ok(request)
    }

    /// The id of the rule, and the pair that it has now where half of it is to stay.
    fn find(&self, component: &Component, document: &str) -> Result<(u64, Pair), Undone> {
        let is_half = self.flags.protection() == Protection::Half;
        if let (Wanted::Id(id), false) = (&self.rule, is_half) {
            return Ok((*id, Pair::whole()));
        }
        let rule = listing::find(component, document, &self.rule)?;
        let rule = rule.ok_or_else(|| self.rule.missing(&self.manner.name()))?;
        let Selectors { id, protects } =
            serde_json::from_str(&rule).map_err(|_| Failure::Answer(Settings::default().answer))?;
        let pair = match protects.as_deref() {
            // The preset is written nowhere as a pair.
            None => Pair { tags: r#"{"excludes": "latest"}"#.to_owned(), ..Pair::whole() },
            Some([pair]) => Pair { repositories: pair.repositories.get().to_owned(), tags: pair.tags.get().to_owned() },
            Some(_) if !is_half => Pair::whole(),
            Some(pairs) => {
                let message = format!("rule {id} has {} selector pairs, and the flags tell half of one", pairs.len());
                return Err(Fault::usage(message).mend("give every pair, by `--protects` for each").into());
            }
        };
        Ok((id, pair))
    }
}

/// The selectors of a rule as they are written.
#[derive(Deserialize)]
struct Selectors<'a> {
    id: u64,
    #[serde(borrow)]
    protects: Option<Vec<WrittenPair<'a>>>,
}

#[derive(Deserialize)]
struct WrittenPair<'a> {
    #[serde(borrow)]
    repositories: &'a RawValue,
    #[serde(borrow)]
    tags: &'a RawValue,
}
