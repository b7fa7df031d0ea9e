//! The context of an event or of a question.

use super::duplicates::first_duplicate;
use super::malformed::{ContextFault, Malformed};
use crate::limits;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// Checks the pairs of a context.
#[inline(always)]
pub(super) fn check_context(context: &[(String, String)]) -> Result<(), Malformed> {
    if context.is_empty() {
        return Ok(());
    }
    let fault = |fault| Err(Malformed::Context(fault));
    if context.len() > limits::MAX_CONTEXT_PAIRS {
        return fault(ContextFault::TooMany(context.len()));
    }
    if let Some(index) = context.iter().position(|(key, _)| !(1..=limits::MAX_CONTEXT_KEY_BYTES).contains(&key.len())) {
        return fault(ContextFault::Key(index));
    }
    if let Some(index) = context.iter().position(|(_, value)| value.len() > limits::MAX_CONTEXT_VALUE_BYTES) {
        return fault(ContextFault::Value(index));
    }
    first_duplicate(context.iter().map(|(key, _)| key.as_str()))
        .map_or(Ok(()), |index| fault(ContextFault::Twice(index)))
}

/// The pairs of a context, in their order and with those that are given twice: whether they are valid is not a
/// question of JSON.
pub(super) struct Context(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContextVisitor)
    }
}

struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = Context;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Context(pairs))
    }
}
