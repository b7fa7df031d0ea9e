//! Decides by rule whether a tag of a container registry may move.
//!
//! Pure and total: a decision depends on the policy document and the event alone, and whatever comes in, one comes out.
//! There is no clock, no randomness, no I/O and no order of calls in it.
//!
//! What nearly every decision passes is `#[inline]`, and so compiled with the crate that asks, for speed. What is asked now
//! and then is not, and stays as small as this crate is built. The profile `component` says why.

mod answer;
pub mod decision;
pub mod diagnostic;
mod document;
mod evaluation;
pub mod event;
pub mod exchange;
mod exemption;
mod explain;
mod glob;
mod json;
pub mod limits;
mod malformed;
mod matcher;
mod message;
mod namespace;
mod policy;
mod recent;
mod reference;
pub mod refusal;
pub mod rules;
mod selector;
mod source;
mod survey;
mod version;

pub use policy::Policy;
