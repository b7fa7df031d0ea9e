//! One change to the rules, as a request asks for it, and how it is carried out.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::Json;
use super::condition::{Conditions, EntityTag};
use super::refusal::{INVALID, Place, Problem, Refusal};
use crate::contract::Diagnostic;
use crate::gateway::policy_file::PolicyFile;
use crate::{Component, RulesError};

/// One change to the rules.
#[derive(Debug)]
pub(super) enum Order {
    /// This rule is made.
    Create(Json),
    /// These fields of a rule are set.
    Configure(u64, Json),
    /// A rule is taken out.
    Delete(u64),
}

/// What came of a change. It is on disk and in force.
#[derive(Debug)]
pub(super) struct Done {
    /// The rule that was created, configured or deleted.
    pub(super) id: u64,
    /// The rule as it stands now, if it does.
    pub(super) rule: Option<String>,
    pub(super) revision: u64,
    pub(super) tag: EntityTag,
    /// Whether it was otherwise before.
    pub(super) is_new: bool,
}

impl Order {
    /// Changes the rules of a policy file, if the conditions hold for what it has.
    pub(super) fn carry_out(&self, file: &PolicyFile, conditions: &Conditions) -> Result<Done, Refusal> {
        let component = file.component();
        file.change(|document| {
            if let Err(unmet) = conditions.check(&EntityTag::of(document.revision, &document.text)) {
                // Of what is not there, no condition can be meant.
                self.id().map(|id| rule(component, &document.text, id)).transpose()?;
                return Err(Refusal::from(unmet));
            }
            let changed = component.change_rules(&document.text, &self.change());
            let changed = changed.map_err(|error| self.refused(error))?;
            // Whatever could fail has to before the document is written.
            let rule = match self {
                Self::Delete(_) => None,
                _ => Some(rule(component, &changed.document, changed.rule)?),
            };
            let tag = EntityTag::of(changed.revision, &changed.document);
            let new = Some(changed.document).filter(|new| *new != document.text);
            let done = Done { id: changed.rule, rule, revision: changed.revision, tag, is_new: new.is_some() };
            Ok((new, done))
        })
    }

    /// What was done, for the log.
    pub(super) const fn past(&self) -> &'static str {
        match self {
            Self::Create(_) => "a rule was created",
            Self::Configure(..) => "a rule was configured",
            Self::Delete(_) => "a rule was deleted",
        }
    }

    const fn id(&self) -> Option<u64> {
        match self {
            Self::Create(_) => None,
            Self::Configure(id, _) | Self::Delete(id) => Some(*id),
        }
    }

    /// The change of the contract. The body begins on a line of its own, the second, so that its places can be told.
    fn change(&self) -> String {
        match self {
            Self::Create(body) => format!("{{\"create\":\n{}\n}}", body.text()),
            Self::Configure(id, body) => format!("{{\"configure\": {{\"id\": {id}, \"set\":\n{}\n}}}}", body.text()),
            Self::Delete(id) => format!("{{\"delete\": {{\"id\": {id}}}}}"),
        }
    }

    /// What was refused, with the places of the body instead of those of the change.
    fn refused(&self, error: RulesError) -> Refusal {
        match error {
            RulesError::Refused(refusal) if refusal.code == INVALID => {
                let problems = refusal.diagnostics.into_iter().map(|it| self.problem(it)).collect();
                let what = if matches!(self, Self::Delete(_)) { "the change" } else { "the body" };
                Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, INVALID, what, problems)
            }
            error => error.into(),
        }
    }

    fn problem(&self, diagnostic: Diagnostic) -> Problem {
        let Diagnostic { pointer, line, column, message, mend, .. } = diagnostic;
        let before = match self {
            Self::Create(_) => "/create",
            Self::Configure(..) => "/configure/set",
            Self::Delete(_) => return Problem { message, mend, ..Problem::default() },
        };
        let place = match pointer.strip_prefix(before) {
            Some(pointer) if line > 1 => Place { pointer: pointer.to_owned(), line: line - 1, column },
            // It is about the change as a whole.
            _ => Place { pointer: String::new(), line: 1, column: 1 },
        };
        Problem { place: Some(place), message, mend, ..Problem::default() }
    }
}

/// The answer to a query for rules.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

/// A rule as it stands in a document.
pub(super) fn rule(component: &Component, document: &str, id: u64) -> Result<String, Refusal> {
    let listed = component.list_rules(document, &format!("{{\"ids\": [{id}]}}"))?;
    let listed = serde_json::from_str::<Listed<'_>>(&listed)
        .map_err(|_| Refusal::unavailable("unavailable", "the component's list of rules can't be read"))?;
    let rule = listed.rules.first().ok_or_else(|| Refusal::no_rule(id))?;
    Ok(rule.get().to_owned())
}
