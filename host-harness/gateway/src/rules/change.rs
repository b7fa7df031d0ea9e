//! A change of the rules, as a request asks for it.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::Json;
use super::condition::{Conditions, EntityTag};
use super::problem::{INVALID, Place, Problem, ProblemDetails};
use crate::policy_document::PolicyDocument;
use tagseal::contract::{self, ChangedRule, Diagnostic};
use tagseal::{Component, RulesError};

/// A change of the rules.
#[derive(Debug)]
pub(super) enum Change {
    /// Creates this rule.
    Create(Json),
    /// Sets these fields of a rule.
    Configure(u64, Json),
    /// Deletes a rule.
    Delete(u64),
    /// Adds an override, written as the contract has it with the body from the second line on.
    Override(String),
    /// Ends an override, written as the contract has it.
    EndOverride(String),
}

/// The result of a change, which is on disk and active.
#[derive(Debug)]
pub(super) struct Changed {
    /// The rule that was created, configured or deleted, if it was a rule.
    pub(super) id: Option<u64>,
    /// The rule as it is now, or `None` if it was deleted.
    pub(super) rule: Option<String>,
    pub(super) revision: u64,
    pub(super) tag: EntityTag,
    /// Whether the document is another one than before.
    pub(super) is_new: bool,
}

impl Change {
    /// Changes the rules of a policy file, if the conditions hold for its document.
    pub(super) fn make(&self, file: &PolicyDocument, conditions: &Conditions) -> Result<Changed, ProblemDetails> {
        let component = file.component();
        file.change(|document| {
            if let Err(unmet) = conditions.check(&EntityTag::of(document.revision, &document.text)) {
                // A rule that does not exist is reported as such, whatever the condition.
                self.id().map(|id| rule(component, &document.text, id)).transpose()?;
                return Err(ProblemDetails::from(unmet));
            }
            let changed = component.change_rules(&document.text, &self.text());
            let changed = changed.map_err(|error| self.refused(error))?;
            let contract::Changed { document: new, revision, rules } = changed;
            let (id, rule) = match rules.into_iter().next() {
                Some(ChangedRule { id, rule, .. }) => (Some(id), rule),
                None if self.is_of_override() => (None, None),
                None => return Err(unreadable()),
            };
            let tag = EntityTag::of(revision, &new);
            let new = Some(new).filter(|new| *new != document.text);
            let changed = Changed { id, rule, revision, tag, is_new: new.is_some() };
            Ok((new, changed))
        })
    }

    /// Says what was done, for the log.
    pub(super) const fn past(&self) -> &'static str {
        match self {
            Self::Create(_) => "a rule was created",
            Self::Configure(..) => "a rule was configured",
            Self::Delete(_) => "a rule was deleted",
            Self::Override(_) => "an override was added",
            Self::EndOverride(_) => "an override was ended",
        }
    }

    const fn is_of_override(&self) -> bool {
        matches!(self, Self::Override(_) | Self::EndOverride(_))
    }

    const fn id(&self) -> Option<u64> {
        match self {
            Self::Create(_) | Self::Override(_) | Self::EndOverride(_) => None,
            Self::Configure(id, _) | Self::Delete(id) => Some(*id),
        }
    }

    /// Writes the change as the contract has it. The body begins on the second line, so that places in it can be computed.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Create(body) => format!("{{\"create\":\n{}\n}}", body.text()),
            Self::Configure(id, body) => format!("{{\"configure\": {{\"id\": {id}, \"set\":\n{}\n}}}}", body.text()),
            Self::Delete(id) => format!("{{\"delete\": {{\"id\": {id}}}}}"),
            Self::Override(text) | Self::EndOverride(text) => text.clone(),
        }
    }

    /// Makes problem details of a refusal, with places in the body instead of places in the change.
    fn refused(&self, error: RulesError) -> ProblemDetails {
        match error {
            RulesError::Refused(refusal) if refusal.code == INVALID => {
                let problems = refusal.diagnostics.into_iter().map(|it| self.problem(it)).collect();
                let what =
                    if matches!(self, Self::Delete(_) | Self::EndOverride(_)) { "the change" } else { "the body" };
                ProblemDetails::problems(StatusCode::UNPROCESSABLE_ENTITY, INVALID, what, problems)
            }
            error => error.into(),
        }
    }

    fn problem(&self, diagnostic: Diagnostic) -> Problem {
        let Diagnostic { pointer, line, column, message, help, .. } = diagnostic;
        let before = match self {
            Self::Create(_) => "/create",
            Self::Configure(..) => "/configure/set",
            Self::Override(_) => "/override",
            Self::Delete(_) | Self::EndOverride(_) => return Problem { message, help, ..Problem::default() },
        };
        let place = match pointer.strip_prefix(before) {
            Some(pointer) if line > 1 => Place { pointer: pointer.to_owned(), line: line - 1, column },
            // The problem is in the change as a whole.
            _ => Place { pointer: String::new(), line: 1, column: 1 },
        };
        Problem { place: Some(place), message, help, ..Problem::default() }
    }
}

/// The answer to a query for rules.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

/// Returns a rule as a document has it.
pub(super) fn rule(component: &Component, document: &str, id: u64) -> Result<String, ProblemDetails> {
    let listed = component.list_rules(document, &format!("{{\"ids\": [{id}]}}"))?;
    let listed = serde_json::from_str::<Listed<'_>>(&listed).map_err(|_| unreadable())?;
    let rule = listed.rules.first().ok_or_else(|| ProblemDetails::no_rule(id))?;
    Ok(rule.get().to_owned())
}

fn unreadable() -> ProblemDetails {
    ProblemDetails::unavailable("unavailable", "the component's answer about the rules can't be read")
}
