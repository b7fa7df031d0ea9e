//! Reading JSON: in one fast pass, and again, value by value with its place, for what is wrong with it.

pub(crate) mod check;
pub(crate) mod described;
pub(crate) mod head;
pub(crate) mod located_json;
pub(crate) mod object;
pub(crate) mod patterns;
pub(crate) mod schema;
pub(crate) mod strict_json;
