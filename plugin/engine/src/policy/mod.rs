//! A policy document, compiled and stored so that a million rules stay small.

mod arena;
mod builder;
mod compile;
pub(crate) mod compiled;
mod dedup;
mod namespaces;
mod overrides;
mod packing;

pub use compiled::Policy;
