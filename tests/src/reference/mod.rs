//! The decision once more: slow, obvious, and written from the design alone.
//!
//! It shares neither code nor types with the engine, and reads JSON where the engine has a faster way. Where the two
//! disagree, one of them misread the design.

mod decision;
mod document;
mod event;
mod fields;
pub mod glob;
mod grammar;
mod json;
mod selector;

pub use decision::Reference;
