//! Why a call got no answer, and the denial that stands for one.

use crate::contract::{Decision, Diagnostic, Outcome, Refusal};
use crate::limits::OverCap;
use crate::settings::Settings;
use std::time::Duration;
use wasmtime::{Error, Trap};

/// Why a call got no answer. The instance that failed is gone by then, and the next call gets another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The component trapped.
    #[error("the component failed ({0})")]
    Trap(Trap),
    /// It took longer than it may.
    #[error("the component took longer than {0:?}")]
    Deadline(Duration),
    /// It asked for more memory than it may hold: these many bytes.
    #[error("the component asked for more than {0} bytes of memory")]
    Memory(usize),
    /// It used more instructions than it may.
    #[error("the component used more than {0} units of fuel")]
    Fuel(u64),
    /// Its answer takes more than these many bytes, or is none that the contract knows.
    #[error("the component's answer takes more than {0} bytes or breaks the contract")]
    Answer(usize),
    /// It refused a document that it had compiled before.
    #[error("the component refused a document that it had accepted before")]
    Changed,
    /// All instances were busy, for this long.
    #[error("all instances of the component were busy for {0:?}")]
    Busy(Duration),
    /// The host could not start an instance.
    #[error("no instance of the component could be started: {0}")]
    Start(String),
}

/// Why a document did not become a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It does not check: every problem.
    #[error("the document does not check: {} problems", .0.len())]
    Diagnostics(Vec<Diagnostic>),
    /// It could not be checked.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Why the rules of a document were not listed or changed, or not taken over from another registry or into one. What was
/// given is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The component refused, and says why.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// There was no answer.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Failure {
    /// What a call's error means. Whatever is not a trap or a cap is an answer that could not be taken over: a component
    /// without imports leaves nothing else to go wrong.
    pub(crate) fn new(error: &Error, deadline: Duration, settings: &Settings) -> Self {
        if error.is::<OverCap>() {
            return Self::Memory(settings.memory);
        }
        match error.downcast_ref() {
            Some(Trap::Interrupt) => Self::Deadline(deadline),
            Some(Trap::OutOfFuel) => Self::Fuel(settings.fuel.unwrap_or_default()),
            Some(trap) => Self::Trap(*trap),
            None => Self::Answer(settings.answer),
        }
    }

    /// The denial that stands for an answer that did not come, by a policy of this revision. There is no other place that
    /// makes one: hosts that ask in JSON take it too.
    pub fn deny(&self, revision: u64) -> Decision {
        let message =
            format!("no decision could be made: {self}; try again, and tell the registry's operator if it stays");
        Decision {
            outcome: Outcome::Deny,
            code: "unavailable".to_owned(),
            rule: None,
            pair: None,
            revision,
            message: message.chars().filter(|letter| matches!(letter, ' '..='~')).take(600).collect(),
            tags: Vec::new(),
        }
    }
}
