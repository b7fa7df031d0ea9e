//! What a change does.

use crate::document::located_json::place::Place;
use crate::words::words;
use serde_json::{Map, Value};

words! {
    /// A field of a change.
    pub(super) enum ChangeField {
        /// A rule is added.
        Create = "create",
        /// A rule gets other fields.
        Configure = "configure",
        /// A rule is switched on.
        Enable = "enable",
        /// A rule is switched off.
        Disable = "disable",
        /// A rule is removed.
        Delete = "delete",
        /// Several rules are added, all or none.
        Merge = "merge",
        /// An override is added.
        Override = "override",
        /// An override is removed.
        EndOverride = "end-override",
        /// The revision of the document that the change is for.
        Revision = "revision",
    }
}

/// What a change does.
#[derive(Debug)]
pub(super) enum ChangeOperation {
    /// Rules are added, all or none. They have no ids yet.
    Create(Vec<NewRule>),
    /// A rule gets these fields. Those that are null are removed.
    Configure { id: u64, set: Map<String, Value> },
    /// A rule is removed.
    Delete { id: u64 },
    /// An override is added: this one.
    Override { tag: TagOfOverride, added: Map<String, Value> },
    /// An override is removed.
    EndOverride { tag: TagOfOverride },
}

/// A rule that is added.
#[derive(Debug)]
pub(super) struct NewRule {
    pub(super) namespace: String,
    pub(super) rule: Map<String, Value>,
    /// Where its namespace is in the change.
    pub(super) place: Place,
}

/// The tag that an override is for.
#[derive(Debug)]
pub(super) struct TagOfOverride {
    pub(super) repository: String,
    pub(super) tag: String,
}
