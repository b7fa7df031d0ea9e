//! What vectors are asked of.

use super::event::Event;
use crate::component::Component;
use crate::contract::{self, Changed, Converted, Diagnostic, Refusal};
use crate::failure::{CompileError, Failure, RulesError};
use crate::in_json::{DecisionText, json};
use crate::policy::Policy;
use std::fmt;

/// What vectors are asked of: a component, or an engine of any other kind.
pub trait Subject {
    /// Checks and compiles a document: a policy, or every problem.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn compile(&self, document: &str) -> Result<Result<Box<dyn Judge>, Vec<Diagnostic>>, Failure>;

    /// Lists the rules of a document: the answer in JSON, or why there is none.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, Failure>;

    /// Makes a change to the rules of a document: the new document, or why there is none.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, Failure>;

    /// Turns the rules of another registry into a document, or tells why it can't be done.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, Failure>;

    /// Turns a document into the rules of another registry, or tells why it can't be done.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn export_rules(&self, format: &str, document: &str, options: &str) -> Result<Result<Converted, Refusal>, Failure>;
}

/// A policy that vectors are asked of.
pub trait Judge {
    /// Decides an event: the decision in JSON.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn decide(&self, event: &Event) -> Result<String, Failure>;

    /// Explains what the policy does to one tag: question and answer are JSON.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn explain(&self, question: &str) -> Result<String, Failure>;

    /// What is legal in the document but surely not meant.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn warnings(&self) -> Result<Vec<Diagnostic>, Failure>;

    /// The revision of the document.
    fn revision(&self) -> u64;
}

/// A way to ask a component. All but events can be asked in the first way alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What is asked is JSON: a document, an event, a change. The decision of an event is JSON, too.
    Json,
    /// An event and its decision are typed.
    Typed,
    /// Both are typed, and the event is asked twice in one batch.
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
pub struct Asked {
    component: Component,
    way: Way,
}

impl Asked {
    /// A component that is to be asked in this way. What can't be is asked in JSON: what is no event.
    pub fn new(component: Component, way: Way) -> Self {
        Self { component, way }
    }
}

impl Subject for Asked {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn Judge>, Vec<Diagnostic>>, Failure> {
        let judge = |policy| Box::new(Compiled { policy, way: self.way }) as Box<dyn Judge>;
        Ok(checked(self.component.compile(document))?.map(judge))
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, Failure> {
        answered(self.component.list_rules(document, query))
    }

    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, Failure> {
        answered(self.component.change_rules(document, change))
    }

    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, Failure> {
        answered(self.component.import_rules(format, text, options))
    }

    fn export_rules(&self, format: &str, document: &str, options: &str) -> Result<Result<Converted, Refusal>, Failure> {
        answered(self.component.export_rules(format, document, options))
    }
}

/// What came of a document, if anything did: its problems are an answer too.
///
/// # Errors
///
/// No answer came.
pub fn checked(answer: Result<Policy, CompileError>) -> Result<Result<Policy, Vec<Diagnostic>>, Failure> {
    match answer {
        Ok(policy) => Ok(Ok(policy)),
        Err(CompileError::Diagnostics(problems)) => Ok(Err(problems)),
        Err(CompileError::Failure(failure)) => Err(failure),
    }
}

/// What was answered about rules, if anything was: a refusal is an answer too.
///
/// # Errors
///
/// No answer came.
pub fn answered<T>(answer: Result<T, RulesError>) -> Result<Result<T, Refusal>, Failure> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(RulesError::Refused(refusal)) => Ok(Err(refusal)),
        Err(RulesError::Failure(failure)) => Err(failure),
    }
}

struct Compiled {
    policy: Policy,
    way: Way,
}

impl Judge for Compiled {
    fn decide(&self, event: &Event) -> Result<String, Failure> {
        match (self.way, event.typed()) {
            (Way::Typed, Some(typed)) => Ok(json(&DecisionText::from(&self.policy.try_evaluate(typed)?))),
            (Way::Batch, Some(typed)) => self.batch(typed),
            (Way::Json, _) | (_, None) => self.policy.evaluate_json(event.text()),
        }
    }

    fn explain(&self, question: &str) -> Result<String, Failure> {
        self.policy.explain_json(question)
    }

    fn warnings(&self) -> Result<Vec<Diagnostic>, Failure> {
        self.policy.warnings()
    }

    fn revision(&self) -> u64 {
        self.policy.revision()
    }
}

impl Compiled {
    /// The one decision that both events of a batch got. If it is not so, all that came.
    fn batch(&self, event: &contract::Event) -> Result<String, Failure> {
        let decisions = self.policy.evaluate_batch(&[event.clone(), event.clone()])?;
        Ok(match decisions.as_slice() {
            [one, other] if one == other => json(&DecisionText::from(one)),
            decisions => json(&decisions.iter().map(DecisionText::from).collect::<Vec<_>>()),
        })
    }
}
