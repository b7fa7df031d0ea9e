//! What vectors are asked of.

use super::event::Event;
use crate::component::Component;
use crate::contract::{self, Diagnostic};
use crate::failure::{CompileError, Failure};
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
}

/// A policy that vectors are asked of.
pub trait Judge {
    /// Decides an event: the decision in JSON.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn decide(&self, event: &Event) -> Result<String, Failure>;

    /// What is legal in the document but surely not meant.
    ///
    /// # Errors
    ///
    /// No answer came.
    fn warnings(&self) -> Result<Vec<Diagnostic>, Failure>;

    /// The revision of the document.
    fn revision(&self) -> u64;
}

/// A way to ask a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The event is JSON, and so is the answer.
    Json,
    /// Both are typed.
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
        match self.component.compile(document) {
            Ok(policy) => Ok(Ok(Box::new(Compiled { policy, way: self.way }))),
            Err(CompileError::Diagnostics(problems)) => Ok(Err(problems)),
            Err(CompileError::Failure(failure)) => Err(failure),
        }
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
