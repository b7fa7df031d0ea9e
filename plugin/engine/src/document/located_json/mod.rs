//! JSON texts, read value by value, each with its place.
//!
//! `serde_json`'s raw values are slices of the text, so where a slice begins is the place of its value.

pub(crate) mod fields;
pub(crate) mod members;
pub(crate) mod node;
pub(crate) mod open;
pub(crate) mod place;
pub(crate) mod quote;
pub(crate) mod report;
pub(crate) mod word;
