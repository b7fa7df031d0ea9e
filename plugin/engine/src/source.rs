//! JSON texts, read value by value, each with its place.
//!
//! `serde_json`'s raw values are slices of the text, so where each begins tells where it stands.

mod node;
mod report;

pub(crate) use node::{Fields, Members, Node, Place, list, offset};
pub(crate) use report::{Report, shown};

use crate::limits;
use serde_json::value::RawValue;

/// What a text is, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    bytes: usize,
    /// What to do with one that is longer.
    mend: &'static str,
}

impl Kind {
    pub(crate) const DOCUMENT: Self =
        Self { name: "document", bytes: limits::DOCUMENT_BYTES, mend: "split the instance" };
    pub(crate) const CHANGE: Self = Self { name: "change", bytes: limits::CHANGE_BYTES, mend: "split the rule" };
    pub(crate) const QUERY: Self = Self { name: "query", bytes: limits::CHANGE_BYTES, mend: "ask more than once" };
    pub(crate) const TEXT: Self = Self { name: "text", bytes: limits::DOCUMENT_BYTES, mend: "split the instance" };
    pub(crate) const OPTIONS: Self =
        Self { name: "set of options", bytes: limits::OPTIONS_BYTES, mend: "write `namespace` and `instance` alone" };
}

/// The value that a text holds. None, and a problem, where it is too long or no JSON.
pub(crate) fn open<'a>(text: &'a str, kind: Kind, report: &mut Report) -> Option<Node<'a>> {
    let Kind { name, bytes, mend } = kind;
    if text.len() > bytes {
        report.problem(&Place::default(), format!("the {name} is longer than {bytes} bytes"), mend);
        return None;
    }
    if text.starts_with('\u{feff}') {
        let message = format!("the {name} begins with a byte-order mark");
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
