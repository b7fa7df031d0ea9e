//! The subjects that vectors are asked of.

use crate::event::Event;
use serde_json::Value;
use std::fmt;
use tagseal::contract::{self, Changed, Converted, Diagnostic, Refusal};
use tagseal::json::{DecisionText, to_line};
use tagseal::{CallError, CompileError, Component, Policy, RulesError};

/// A subject that vectors are asked of: a component, or an engine of another kind.
pub trait Subject {
    /// Checks and compiles a document. Returns a policy, or every problem.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn compile(&self, document: &str) -> Result<Result<Box<dyn SubjectPolicy>, Vec<Diagnostic>>, CallError>;

    /// Lists the rules of a document. Returns the list in JSON, or a refusal.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, CallError>;

    /// Makes a change of a document's rules. Returns the new document, or a refusal.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, CallError>;

    /// Imports the rules of another registry. Returns a new document, or a refusal.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, CallError>;

    /// Exports a document for another registry. Returns its rules, or a refusal.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<Converted, Refusal>, CallError>;
}

/// A policy that vectors are asked of.
pub trait SubjectPolicy {
    /// Decides an event. Returns the decision in JSON.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn decide(&self, event: &Event) -> Result<String, CallError>;

    /// Explains what the policy does to one tag. Question and answer are JSON.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn explain(&self, question: &str) -> Result<String, CallError>;

    /// Returns what is valid in the document but almost certainly not meant.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn warnings(&self) -> Result<Vec<Diagnostic>, CallError>;

    /// Returns the revision of the document.
    fn revision(&self) -> u64;
}

/// A way to ask a component. Only events can be asked in more than the first way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The question is JSON: a document, an event, a change. The decision of an event is JSON too.
    Json,
    /// An event and its decision are typed.
    Typed,
    /// Both are typed, and the event comes twice in one batch.
    Batch,
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Json => "in JSON",
            Self::Typed => "typed",
            Self::Batch => "in a batch",
        })
    }
}

/// A component, asked in one way.
#[derive(Clone, Debug)]
pub struct ComponentSubject {
    component: Component,
    way: Way,
}

impl ComponentSubject {
    /// Makes a subject of a component. A question that can't be asked in this way, since it has no event, is asked in JSON.
    pub fn new(component: Component, way: Way) -> Self {
        Self { component, way }
    }
}

impl Subject for ComponentSubject {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn SubjectPolicy>, Vec<Diagnostic>>, CallError> {
        let policy = |policy| Box::new(Compiled { policy, way: self.way }) as Box<dyn SubjectPolicy>;
        Ok(compile_answer(self.component.compile(document))?.map(policy))
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, CallError> {
        rules_answer(self.component.list_rules(document, query))
    }

    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, CallError> {
        rules_answer(self.component.change_rules(document, change))
    }

    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, CallError> {
        rules_answer(self.component.import_rules(format, text, options))
    }

    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<Converted, Refusal>, CallError> {
        rules_answer(self.component.export_rules(format, document, options))
    }
}

/// Returns the answer about a document. Its problems are an answer too.
///
/// # Errors
///
/// No answer came.
pub fn compile_answer(answer: Result<Policy, CompileError>) -> Result<Result<Policy, Vec<Diagnostic>>, CallError> {
    match answer {
        Ok(policy) => Ok(Ok(policy)),
        Err(CompileError::Diagnostics(problems)) => Ok(Err(problems)),
        Err(CompileError::Call(error)) => Err(error),
    }
}

/// Returns the answer about rules. A refusal is an answer too.
///
/// # Errors
///
/// No answer came.
pub fn rules_answer<T>(answer: Result<T, RulesError>) -> Result<Result<T, Refusal>, CallError> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(RulesError::Refused(refusal)) => Ok(Err(refusal)),
        Err(RulesError::Call(error)) => Err(error),
    }
}

struct Compiled {
    policy: Policy,
    way: Way,
}

impl SubjectPolicy for Compiled {
    fn decide(&self, event: &Event) -> Result<String, CallError> {
        match (self.way, event.typed()) {
            (Way::Typed, Some(typed)) => Ok(to_line(&DecisionText::from(&self.policy.try_evaluate(typed)?))),
            (Way::Batch, Some(typed)) => self.batch(typed),
            (Way::Json, _) | (_, None) => self.policy.evaluate_json(event.text()),
        }
    }

    fn explain(&self, question: &str) -> Result<String, CallError> {
        self.policy.explain_json(question)
    }

    fn warnings(&self) -> Result<Vec<Diagnostic>, CallError> {
        self.policy.warnings()
    }

    fn revision(&self) -> u64 {
        self.policy.revision()
    }
}

impl Compiled {
    /// Returns the decision that both events of a batch got. If they got different ones, returns all decisions.
    fn batch(&self, event: &contract::Event) -> Result<String, CallError> {
        let decisions = self.policy.evaluate_batch(&[event.clone(), event.clone()])?;
        Ok(match decisions.as_slice() {
            [one, other] if one == other => to_line(&DecisionText::from(one)),
            decisions => to_line(&decisions.iter().map(DecisionText::from).collect::<Vec<_>>()),
        })
    }
}

/// Returns the code of a policy's decision, or the whole answer if it has no code.
pub(crate) fn decided_code(policy: &dyn SubjectPolicy, event: &Event) -> Result<String, CallError> {
    let answer = policy.decide(event)?;
    let decision: Option<Value> = serde_json::from_str(&answer).ok();
    let code = decision.as_ref().and_then(|decision| decision.get("code")?.as_str());
    Ok(code.map_or(answer.clone(), str::to_owned))
}
