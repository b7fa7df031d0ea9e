//! Values that are one of a few words.

use super::node::Node;
use super::quote::{list, shown};
use super::report::Report;
use crate::words::Word;

/// Reads a word of the policy language. Reports any other text.
pub(crate) fn word<W: Word>(node: &Node<'_>, report: &mut Report) -> Option<W> {
    one_of(node, W::TEXTS, report).and_then(|index| W::ALL.get(index).copied())
}

/// Reads one of some texts, and returns which it is. Reports any other text.
pub(crate) fn one_of(node: &Node<'_>, texts: &[&str], report: &mut Report) -> Option<usize> {
    let text = node.text(report)?;
    let found = texts.iter().position(|known| *known == text);
    if found.is_none() {
        report.problem(&node.place, format!("unknown value `{}`", shown(&text)), &format!("write {}", list(texts)));
    }
    found
}
