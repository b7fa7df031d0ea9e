//! The texts that are read value by value, and how long they may be.

use super::node::Node;
use super::place::Place;
use super::report::Report;
use crate::limits;
use serde_json::value::RawValue;

/// What a text is, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextKind {
    pub(crate) name: &'static str,
    bytes: usize,
    /// What to do with one that is longer.
    help: &'static str,
}

impl TextKind {
    pub(crate) const DOCUMENT: Self =
        Self { name: "document", bytes: limits::MAX_DOCUMENT_BYTES, help: "split the instance" };
    pub(crate) const CHANGE: Self = Self { name: "change", bytes: limits::MAX_CHANGE_BYTES, help: "split the rule" };
    pub(crate) const QUERY: Self = Self { name: "query", bytes: limits::MAX_CHANGE_BYTES, help: "ask more than once" };
    pub(crate) const TEXT: Self = Self { name: "text", bytes: limits::MAX_DOCUMENT_BYTES, help: "split the instance" };
    pub(crate) const OPTIONS: Self = Self {
        name: "set of options",
        bytes: limits::MAX_OPTIONS_BYTES,
        help: "write only the options that there are",
    };
}

/// Returns the value that a text holds. Reports a text that is too long, or that is not valid JSON.
pub(crate) fn open<'a>(text: &'a str, kind: TextKind, report: &mut Report) -> Option<Node<'a>> {
    let TextKind { name, bytes, help } = kind;
    if text.len() > bytes {
        report.problem(&Place::default(), format!("the {name} is longer than {bytes} bytes"), help);
        return None;
    }
    if text.starts_with('\u{feff}') {
        let message = format!("the {name} begins with a byte-order mark");
        report.problem(&Place::default(), message, "save it as UTF-8 without one");
        return None;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Some(Node::root(text, raw)),
        Err(_) if text.trim_ascii().is_empty() => {
            report.problem(&Place::default(), format!("the {name} is empty"), "write it as JSON");
            None
        }
        Err(_) if looks_like_yaml(text) => {
            report.problem(&Place::default(), format!("the {name} looks like YAML"), "write it as JSON");
            None
        }
        Err(error) => {
            report.syntax(text, &error);
            None
        }
    }
}

/// Whether the first line that says something is one of YAML: `---`, `- name: a`, or `version: 1`.
fn looks_like_yaml(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| {
        let key = line
            .trim_start_matches("- ")
            .split_once(':')
            .map(|(key, rest)| (key, rest.is_empty() || rest.starts_with(' ')));
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        line == "---"
            || line.starts_with("%YAML")
            || key.is_some_and(|(key, is_end)| is_end && !key.is_empty() && key.bytes().all(is_word))
    })
}
