//! Decides by rule whether a tag of a container registry may move.
//!
//! Pure and total: a decision depends on the policy document and the event alone, and every event gets one. The engine uses
//! no clock, no randomness and no I/O, and the order of calls does not matter.
//!
//! What nearly every decision uses is `#[inline]`, and so it is compiled with the crate that asks, for speed. What is used now
//! and then is not, and stays as small as this crate is built. The profile `component` says why.

pub mod convert;
pub mod decide;
pub mod diagnostic;
mod document;
pub mod limits;
pub mod manage;
mod pattern;
mod policy;
mod reference;
pub mod refusal;
mod rule;
mod words;

pub use policy::Policy;
