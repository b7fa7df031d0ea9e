//! The types of the contract: events, decisions and diagnostics, changes, conversions and refusals.

/// Most bytes of a policy document. What is longer is not even read.
pub const DOCUMENT_BYTES: u64 = 256 << 20;

pub use crate::bindings::exports::tagseal::policy::tag_policy::{
    Changed, Converted, Current, Decision, DeleteManifest, DeleteTag, Diagnostic, Event, ManifestTags, Operation,
    Outcome, Precondition, Refusal, Severity, TagDecision, TagWrite, Write,
};
