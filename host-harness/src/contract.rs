//! The types of the contract: events, decisions and diagnostics.

pub use crate::bindings::exports::tagseal::policy::tag_policy::{
    Current, Decision, DeleteManifest, DeleteTag, Diagnostic, Event, ManifestTags, Operation, Outcome, Precondition,
    Severity, TagDecision, TagWrite, Write,
};
