//! Runs a tag policy component: it compiles a policy document and decides events by it.
//!
//! A registry embeds this library to make its tags immutable by rule. The component that decides is built into the library
//! ([`COMPONENT`]), or comes from a file. It imports nothing, and a component that imports something is refused. It runs
//! under deadlines and limits ([`Settings`]). If anything goes wrong with it, the result is a [`CallError`], and
//! [`Policy::evaluate`] makes a denial of it.
//!
//! ```
//! use tagseal::contract::{Current, Event, Outcome};
//! use tagseal::{Component, Settings};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let component = Component::embedded(Settings::default())?;
//!     let policy = component.compile(
//!         r#"{"version": 1, "instance": "registry", "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}"#,
//!     )?;
//!
//!     // Somebody pushes other content under the tag `v1` of `prod/app`.
//!     let [current, pushed] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
//!     let event = Event::write("prod/app", pushed).tag("v1", Current::Digest(current));
//!     let decision = policy.evaluate(&event);
//!     assert_eq!(decision.outcome, Outcome::Deny);
//!     assert_eq!((decision.code.as_str(), decision.rule), ("immutable", Some(1)));
//!     Ok(())
//! }
//! ```
//!
//! A host has three duties, which the contract (`wit/tag-policy.wit`) explains in full: it asks before it writes, it commits
//! only under the precondition of each tag, and it treats everything that is not an answer as a denial.

mod bindings;
mod cache;
mod call_error;
mod clock;
mod component;
pub mod contract;
mod embedded;
mod event;
mod instance;
pub mod json;
mod limits;
mod load_error;
mod loaded;
mod policy;
mod pool;
mod settings;
mod world;

pub use cache::{Cache, CacheError};
pub use call_error::{CallError, CompileError, RulesError};
pub use component::Component;
pub use embedded::COMPONENT;
pub use load_error::LoadError;
pub use policy::Policy;
pub use settings::Settings;

/// The examples of the README compile and run as well.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
