//! Why a call got no answer, and the denial that takes its place.

use crate::contract::{Decision, Diagnostic, Outcome, Refusal};
use crate::limits::MemoryExceeded;
use crate::settings::Settings;
use std::time::Duration;
use wasmtime::{Error, Trap};

/// Why a call got no answer. The instance that failed is thrown away, and the next call gets another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component trapped, for this reason.
    #[error("the component failed ({0})")]
    Trap(String),
    /// The call took longer than this, which is the limit.
    #[error("the component took longer than {0:?}")]
    Deadline(Duration),
    /// The component asked for more than this many bytes of memory.
    #[error("the component asked for more than {0} bytes of memory")]
    Memory(usize),
    /// The call used more than this much fuel.
    #[error("the component used more than {0} units of fuel")]
    Fuel(u64),
    /// The answer is longer than this many bytes, or is not one that the contract allows.
    #[error("the component's answer has more than {0} bytes or breaks the contract")]
    Answer(usize),
    /// The component refused a document that it had compiled before.
    #[error("the component refused a document that it had accepted before")]
    Inconsistent,
    /// All instances were busy for this time.
    #[error("all instances of the component were busy for {0:?}")]
    Busy(Duration),
    /// No instance could be started, for this reason.
    #[error("no instance of the component could be started: {0}")]
    Start(String),
}

/// Why a document did not become a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It is invalid. These are all its problems.
    #[error("the document is invalid: {} problems", .0.len())]
    Diagnostics(Vec<Diagnostic>),
    /// It could not be checked.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Why rules were not listed, changed, imported or exported. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The component refused the request, and says why.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// No answer came.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl CallError {
    /// Returns the meaning of a call's error. An error that is neither a trap nor a limit comes from an answer that could not be
    /// read: in a component without imports, nothing else can go wrong.
    pub(crate) fn new(error: &Error, deadline: Duration, settings: &Settings) -> Self {
        if error.is::<MemoryExceeded>() {
            return Self::Memory(settings.max_memory_bytes);
        }
        match error.downcast_ref() {
            Some(Trap::Interrupt) => Self::Deadline(deadline),
            Some(Trap::OutOfFuel) => Self::Fuel(settings.fuel.unwrap_or_default()),
            Some(trap) => Self::Trap(trap.to_string()),
            None => Self::Answer(settings.max_answer_bytes),
        }
    }

    /// Makes the denial that takes the place of an answer, by a policy of this revision. Hosts that ask in JSON use it too, so
    /// that there is one such denial.
    pub fn deny(&self, revision: u64) -> Decision {
        let message = format!(
            "no decision could be made: {self}; try again, and report it to the registry's operator if that does not help"
        );
        Decision {
            outcome: Outcome::Deny,
            code: "unavailable".to_owned(),
            rule: None,
            namespace: None,
            pair: None,
            revision,
            message: message.chars().filter(|letter| matches!(letter, ' '..='~')).take(600).collect(),
            tags: Vec::new(),
        }
    }
}
