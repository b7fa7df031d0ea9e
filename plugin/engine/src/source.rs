//! JSON texts, read value by value, each with its place.
//!
//! `serde_json`'s raw values are slices of the text, so where each begins tells where it stands.

mod node;
mod report;

pub(crate) use node::{Fields, Node, Place, list};
pub(crate) use report::{Report, shown};

use crate::limits;
use serde_json::value::RawValue;

/// The value that a text holds. None, and a problem, where it is too long or no JSON.
pub(crate) fn open<'a>(text: &'a str, report: &mut Report) -> Option<Node<'a>> {
    if text.len() > limits::DOCUMENT_BYTES {
        let message = format!("the document is longer than {} bytes", limits::DOCUMENT_BYTES);
        report.problem(&Place::default(), message, "split the instance");
        return None;
    }
    if text.starts_with('\u{feff}') {
        let message = "the document begins with a byte-order mark".into();
        report.problem(&Place::default(), message, "save it as UTF-8 without one");
        return None;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Some(Node::root(text, raw)),
        Err(error) => {
            report.syntax(text, &error);
            None
        }
    }
}
