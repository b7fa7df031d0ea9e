//! A question, and the answer that it must get.

use crate::difference::{Mismatch, differences};
use crate::question::Question;
use crate::subject::{Subject, Way};
use crate::template::Template;
use serde_json::Value;
use std::fmt;
use tagseal::CallError;

/// A question, and the answer that it must get.
pub struct Vector {
    name: String,
    question: Box<dyn Question>,
    expected: Template,
}

impl Vector {
    /// Makes a vector of its sentence, its question and the expected answer.
    pub(crate) fn new(name: String, question: Box<dyn Question>, expected: Template) -> Self {
        Self { name, question, expected }
    }

    /// Returns the sentence that it proves.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the ways in which a component can be asked. The answer must be the same in each, byte for byte.
    pub fn ways(&self) -> &'static [Way] {
        self.question.ways()
    }

    /// Returns whether it takes so much memory that many threads should not ask large vectors at the same time.
    pub fn is_large(&self) -> bool {
        self.question.size() > MAX_SMALL_BYTES
    }

    /// Asks a subject. The answer is JSON if the subject is sound.
    ///
    /// # Errors
    ///
    /// No answer came.
    pub fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        self.question.ask(subject)
    }

    /// Compares an answer with the expected one.
    ///
    /// # Errors
    ///
    /// It is not JSON, lacks something that is expected, or has something else in its place.
    pub fn check(&self, answer: &str) -> Result<(), Mismatch> {
        let differences = match serde_json::from_str::<Value>(answer) {
            Ok(answer) => {
                let violations = self.question.violations(&answer);
                differences(&self.expected.value(), &answer).into_iter().chain(violations).collect()
            }
            Err(error) => vec![format!("the answer is not JSON: {error}")],
        };
        if differences.is_empty() { Ok(()) } else { Err(self.mismatch(self.expected.to_string(), answer, differences)) }
    }

    /// Compares an answer with another answer to the same question: one of another subject, or in another way.
    ///
    /// # Errors
    ///
    /// They are not the same, byte for byte.
    pub fn check_same(&self, answer: &str, other: &str, whose: &str) -> Result<(), Mismatch> {
        if answer == other {
            return Ok(());
        }
        Err(self.mismatch(other.to_owned(), answer, vec![format!("not the same answer as {whose}, byte for byte")]))
    }

    fn mismatch(&self, expected: String, answer: &str, differences: Vec<String>) -> Mismatch {
        Mismatch { question: self.question.describe(), expected, answer: answer.to_owned(), differences }
    }
}

/// The greatest length of all documents and events of a vector that is not a large one.
const MAX_SMALL_BYTES: u64 = 4 << 20;

impl fmt::Debug for Vector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Vector").field("name", &self.name).finish_non_exhaustive()
    }
}
