//! A policy document, checked and compiled.

use crate::decision::{Code, Decision};
use crate::diagnostic::Diagnostic;
use crate::event::Event;

/// A policy document, checked and compiled.
#[derive(Debug)]
pub struct Policy {
    revision: u64,
}

impl Policy {
    /// Checks and compiles a document.
    ///
    /// # Errors
    ///
    /// Every problem of the document.
    pub fn compile(_document: &str) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { revision: 0 })
    }

    /// Decides an event.
    pub fn evaluate(&self, _event: Event) -> Decision {
        Decision {
            outcome: Code::Malformed.outcome(),
            code: Code::Malformed,
            rule: None,
            pair: None,
            revision: self.revision,
            message: "malformed event: no event can be read yet".into(),
            tags: Vec::new(),
        }
    }

    /// Decides an event in JSON, and answers in JSON.
    pub fn evaluate_json(&self, _event: &str) -> String {
        String::new()
    }

    /// What is legal in the document but surely not meant.
    pub fn warnings(&self) -> &[Diagnostic] {
        &[]
    }

    /// The revision of the document, 0 where it has none.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
