//! Runs a tag policy component: a policy document goes in, then events, and decisions come out.
//!
//! This is what a registry embeds to make its tags immutable by rule. The component that decides is built into the
//! library ([`COMPONENT`]), or comes from a file. It imports nothing and is refused if it does; it runs under deadlines
//! and caps ([`Settings`]); and whatever goes wrong with it is a [`Failure`], which [`Policy::evaluate`] turns into a
//! denial.
//!
//! ```
//! use tagseal::contract::{Current, Event, Operation, Outcome, TagWrite, Write};
//! use tagseal::{Component, Settings};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let component = Component::embedded(Settings::default())?;
//!     let policy = component.compile(
//!         r#"{"version": 1, "instance": "registry", "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}"#,
//!     )?;
//!
//!     // Somebody pushes other content under the tag `v1` of `prod/app`.
//!     let event = Event {
//!         operation: Operation::Write(Write {
//!             repository: "prod/app".into(),
//!             digest: format!("sha256:{}", "b".repeat(64)),
//!             tags: vec![TagWrite { tag: "v1".into(), current: Current::Digest(format!("sha256:{}", "a".repeat(64))) }],
//!         }),
//!         context: vec![],
//!     };
//!     let decision = policy.evaluate(&event);
//!     assert_eq!(decision.outcome, Outcome::Deny);
//!     assert_eq!((decision.code.as_str(), decision.rule), ("immutable", Some(1)));
//!     Ok(())
//! }
//! ```
//!
//! A host owes the policy three things, which the contract (`wit/tag-policy.wit`) states in full: it asks before it
//! writes, it commits only under the precondition of each tag, and it takes whatever is not an answer for a denial.

mod bindings;
mod cache;
mod clock;
mod component;
pub mod contract;
mod document_file;
mod failure;
pub mod gateway;
pub mod in_json;
mod instance;
pub mod inventory;
mod limits;
mod policy;
mod pool;
mod refusal;
pub mod registry;
mod settings;
pub mod vector;
mod world;

pub use cache::{Cache, CacheError};
pub use component::{COMPONENT, Component};
pub use document_file::{DocumentFile, DocumentFileError, HeldDocumentFile};
pub use failure::{CompileError, Failure, RulesError};
pub use policy::Policy;
pub use refusal::Refusal;
pub use settings::Settings;
#[doc(no_inline)]
pub use wasmtime::Trap;

/// The examples of the README compile and run as well.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
