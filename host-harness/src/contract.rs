//! The types of the contract: events, decisions and diagnostics, changes, conversions and refusals.

pub use crate::bindings::exports::tagseal::policy::tag_policy::{
    Changed, Converted, Current, Decision, DeleteManifest, DeleteTag, Diagnostic, Event, ManifestTags, Operation,
    Outcome, Precondition, Refusal, Severity, TagDecision, TagWrite, Write,
};
