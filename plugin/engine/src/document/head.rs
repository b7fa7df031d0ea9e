//! What is beside the rules of a document, and what holds for their ids together.

use super::schema::Document;
use crate::limits;

/// The version of the policy language that this engine reads.
pub(crate) const VERSION: u64 = 1;

impl<R> Document<'_, R> {
    /// Checks what is beside the rules, and the ids of all rules. Returns the revision, or `None` where something is invalid.
    pub(crate) fn valid_revision(&self, mut ids: Vec<u64>) -> Option<u64> {
        // Overrides were checked one by one, and are checked together where they are packed.
        let Self { version, instance, revision, next_id, rules: _, overrides: _ } = self;
        ids.sort_unstable();
        let distinct = ids.windows(2).all(|pair| matches!(pair, [one, other] if one != other));
        let least = ids.first().copied().unwrap_or(1);
        let greatest = ids.last().copied().unwrap_or(0);
        let revision = revision.unwrap_or(0);
        let free = greatest.checked_add(1)?;
        let is_valid = *version == VERSION
            && ids.len() <= limits::MAX_RULES
            && instance.as_ref().is_none_or(|name| is_instance(&name.0))
            && revision <= limits::MAX_INTEGER
            && distinct
            && least >= 1
            && greatest <= limits::MAX_INTEGER
            && next_id.is_none_or(|next| (free..=limits::MAX_INTEGER + 1).contains(&next));
        is_valid.then_some(revision)
    }
}

/// Whether a text is a valid name of an instance.
pub(crate) fn is_instance(name: &str) -> bool {
    name.chars().count() <= limits::MAX_INSTANCE_CHARACTERS && !name.chars().any(char::is_control)
}
