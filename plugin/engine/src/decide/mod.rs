//! From an event to a decision, and the explanation of it.

mod context;
mod decision;
mod duplicates;
mod evaluation;
mod event;
mod event_json;
mod explanation;
mod lifting;
mod malformed;
mod messages;
mod protection;

pub use decision::{Decision, DecisionCode, Outcome, Precondition, TagDecision};
pub use event::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};
