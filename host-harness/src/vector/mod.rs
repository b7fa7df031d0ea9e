//! Conformance vectors: questions to a component and the answers that they must get, as data that any language can run.
//!
//! `tests/vectors/README.md` describes their form. Here they are read, asked of any [`Subject`], and held against its
//! answers; [`Asked`] is the subject that a component is.
//!
//! ```
//! use tagseal::vector::{Asked, embedded};
//! use tagseal::{Component, Settings};
//!
//! let component = Component::embedded(Settings::default())?;
//! let files = embedded()?;
//! let table = files.iter().find(|file| file.name() == "decision-table.json").ok_or("no decision table")?;
//! for vector in table.vectors() {
//!     for way in vector.ways() {
//!         let answer = vector.ask(&Asked::new(component.clone(), *way))?;
//!         vector.check(&answer)?;
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod difference;
mod event;
mod file;
mod kind;
mod law;
mod recipe;
mod subject;
mod unique;
mod written;

pub use difference::Mismatch;
pub use event::Event;
pub use file::{File, FileError, embedded, read};
pub use subject::{Asked, Judge, Subject, Way, answered, checked};

use crate::failure::Failure;
use difference::differences;
use kind::Question;
use recipe::Recipe;
use serde_json::Value;
use std::fmt;

/// A question, and what the answer to it must be.
pub struct Vector {
    name: String,
    question: Box<dyn Question>,
    expected: Recipe,
}

impl Vector {
    /// The sentence that it holds a component to.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ways in which a component can be asked it: the same answer, byte for byte, has to come in each.
    pub fn ways(&self) -> &'static [Way] {
        self.question.ways()
    }

    /// Whether asking it takes so much memory that it is better not done by many threads at once.
    pub fn is_large(&self) -> bool {
        self.question.size() > LARGE
    }

    /// Asks it. What comes is JSON if the subject is sound.
    ///
    /// # Errors
    ///
    /// No answer came.
    pub fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        self.question.ask(subject)
    }

    /// Holds an answer against what is expected of it.
    ///
    /// # Errors
    ///
    /// It is no JSON, lacks something that is expected, or has something else in its place.
    pub fn check(&self, answer: &str) -> Result<(), Mismatch> {
        let differences = match serde_json::from_str::<Value>(answer) {
            Ok(came) => {
                let unlawful = self.question.unlawful(&came);
                differences(&self.expected.value(), &came).into_iter().chain(unlawful).collect()
            }
            Err(error) => vec![format!("the answer is no JSON: {error}")],
        };
        if differences.is_empty() { Ok(()) } else { Err(self.mismatch(self.expected.to_string(), answer, differences)) }
    }

    /// Holds an answer against another one to the same question: that of another subject, or in another way.
    ///
    /// # Errors
    ///
    /// They are not the same, byte for byte.
    pub fn check_same(&self, answer: &str, other: &str, whose: &str) -> Result<(), Mismatch> {
        if answer == other {
            return Ok(());
        }
        Err(self.mismatch(other.to_owned(), answer, vec![format!("not the answer that came {whose}, byte for byte")]))
    }

    fn mismatch(&self, expected: String, came: &str, differences: Vec<String>) -> Mismatch {
        Mismatch { asked: self.question.told(), expected, came: came.to_owned(), differences }
    }
}

/// Bytes of documents and events past which a vector is a large one.
const LARGE: u64 = 4 << 20;

impl fmt::Debug for Vector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Vector").field("name", &self.name).finish_non_exhaustive()
    }
}
