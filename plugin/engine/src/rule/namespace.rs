//! The namespace that a rule is for.

use super::field::WHOLE_INSTANCE;
use crate::reference::is_component;

/// Whether a text is a valid namespace of a rule: one component of a repository's name, or `*`.
pub(crate) fn is_namespace(text: &str) -> bool {
    text == WHOLE_INSTANCE || is_component(text)
}
