//! What a rule says: its fields, the words that they take, their defaults, and the sets that a rule can exempt.
//!
//! Every reader and writer of rules takes its words from here: the fast reader, the located reader, changes, listings,
//! explanations, imports and exports.

pub(crate) mod deletion;
pub(crate) mod exempt;
pub(crate) mod field;
pub(crate) mod namespace;
pub(crate) mod note;
pub(crate) mod pattern_count;
pub(crate) mod preset;
pub(crate) mod regex_budget;
pub(crate) mod tag_override;
pub(crate) mod utc_time;
