//! Patterns of repositories and tags: globs, their braces, version classes, regular expressions, and what
//! matches them.

mod braces;
pub(crate) mod fault;
pub(crate) mod glob;
pub(crate) mod matcher;
pub(crate) mod parse;
pub(crate) mod regex;
pub(crate) mod shape;
pub(crate) mod shape_match;
pub(crate) mod subject;
pub(crate) mod text_match;
mod token;
mod token_reader;
pub(crate) mod version_class;
pub(crate) mod written;
