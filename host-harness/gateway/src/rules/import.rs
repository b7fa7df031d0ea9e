//! Rules of another registry, added to those of the gateway: all of them, or none.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::Json;
use super::condition::{Conditions, EntityTag};
use super::problem::{INVALID, Problem, ProblemDetails};
use crate::policy_document::PolicyDocument;
use tagseal::RulesError;
use tagseal::contract::{Changed, Converted};
use tagseal::json::diagnostics;

/// What a request to import has in its body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    format: String,
    /// The answer of the other registry's API, as JSON.
    #[serde(borrow)]
    rules: &'a RawValue,
    #[serde(borrow)]
    options: Option<&'a RawValue>,
}

/// The rules of a document.
#[derive(Deserialize)]
struct Rules<'a> {
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

/// An import that is on disk and active.
#[derive(Debug)]
pub(super) struct Imported {
    /// The ids of the new rules, and what means something else than in the other registry.
    pub(super) json: String,
    pub(super) revision: u64,
    pub(super) tag: EntityTag,
    /// The change as the contract has it, or `None` if there was nothing to import.
    pub(super) change: Option<String>,
}

/// Adds the rules of a request to those of a policy file, if the conditions hold for its document.
pub(super) fn import(file: &PolicyDocument, body: &Json, conditions: &Conditions) -> Result<Imported, ProblemDetails> {
    let component = file.component();
    let request: Request<'_> = serde_json::from_str(body.text()).map_err(|error| unreadable(&error))?;
    let options = request.options.map_or("{}", RawValue::get);
    let converted = component.import_rules(&request.format, request.rules.get(), options).map_err(refused)?;
    let Converted { text, losses } = converted;
    let losses = json!(diagnostics(&losses));
    let rules: Rules<'_> = serde_json::from_str(&text).map_err(|_| broken())?;
    let all: Vec<&str> = rules.rules.iter().map(|rule| rule.get()).collect();
    let change = format!("{{\"merge\": {{\"rules\": [{}]}}}}", all.join(", "));
    file.change(|document| {
        conditions.check(&EntityTag::of(document.revision, &document.text)).map_err(ProblemDetails::from)?;
        if all.is_empty() {
            let tag = EntityTag::of(document.revision, &document.text);
            return Ok((None, imported(document.revision, &[], &losses, tag, None)));
        }
        let Changed { document: new, revision, rules } =
            component.change_rules(&document.text, &change).map_err(refused)?;
        let ids: Vec<u64> = rules.iter().map(|rule| rule.id).collect();
        let tag = EntityTag::of(revision, &new);
        Ok((Some(new), imported(revision, &ids, &losses, tag, Some(change.clone()))))
    })
}

fn imported(revision: u64, ids: &[u64], losses: &Value, tag: EntityTag, change: Option<String>) -> Imported {
    let json = json!({"revision": revision, "rules": ids, "losses": losses}).to_string();
    Imported { json, revision, tag, change }
}

fn unreadable(error: &serde_json::Error) -> ProblemDetails {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
    let help = "send `format`, `rules` (the answer of the other registry's API), and perhaps `options`".to_owned();
    invalid(vec![Problem { message, help, ..Problem::default() }])
}

/// Makes problem details of a refusal. The places in it are those in a text that the client has not sent as such.
fn refused(error: RulesError) -> ProblemDetails {
    match error {
        RulesError::Refused(refusal) if refusal.code == INVALID => {
            let problems = refusal.diagnostics.into_iter();
            let problems = problems.map(|it| Problem { message: it.message, help: it.help, ..Problem::default() });
            invalid(problems.collect())
        }
        error => error.into(),
    }
}

fn invalid(problems: Vec<Problem>) -> ProblemDetails {
    ProblemDetails::problems(StatusCode::UNPROCESSABLE_ENTITY, INVALID, "the body", problems)
}

fn broken() -> ProblemDetails {
    ProblemDetails::unavailable("unavailable", "the component's answer about the rules can't be read")
}
