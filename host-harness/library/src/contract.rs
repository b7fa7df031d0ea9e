//! The types of the contract: events, decisions, diagnostics, changes, conversions and refusals.

/// The greatest length of a policy document. A longer one is not even parsed.
pub const MAX_DOCUMENT_BYTES: u64 = 256 << 20;

pub use crate::bindings::exports::tagseal::policy::tag_policy::{
    Changed, ChangedRule, Converted, Current, Decision, DeleteManifest, DeleteTag, Diagnostic, Event, ManifestTags,
    Operation, Outcome, Precondition, Refusal, Severity, TagDecision, TagWrite, Write,
};
