//! The slow reading of a document: every problem and every warning, each with its place.

pub(crate) mod document;
pub(crate) mod overrides;
mod pair;
mod pattern;
pub(crate) mod rule;
mod rules;
mod selector;
pub(crate) mod suspicion;
pub(crate) mod value;
mod warnings;
