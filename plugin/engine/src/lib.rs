//! Decides by rule whether a tag of a container registry may move.
//!
//! Pure and total: a decision depends on the policy document and the event alone, and whatever comes in, one comes out.

pub mod decision;
pub mod diagnostic;
pub mod event;
mod policy;

pub use policy::Policy;
