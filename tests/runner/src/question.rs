//! The question of a vector.

use crate::subject::{Subject, Way};
use serde_json::Value;
use tagseal::CallError;

/// The question of a vector.
pub(crate) trait Question: Send + Sync {
    /// Asks a subject. Returns its answer in JSON.
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError>;

    /// Returns the ways in which a component can be asked: only in JSON, unless a kind says more.
    fn ways(&self) -> &'static [Way] {
        &[Way::Json]
    }

    /// Describes the question as the vector writes it.
    fn describe(&self) -> String;

    /// Returns roughly how many bytes of documents and events it has.
    fn size(&self) -> u64;

    /// Returns what is wrong with an answer, whatever is expected.
    fn violations(&self, _answer: &Value) -> Vec<String> {
        Vec::new()
    }
}
