//! Rules over HTTP.

mod conditions;
mod description;
mod edits;
mod life;
mod managed;
mod memory;
mod openapi;
mod refusals;
mod schema;
mod token;
mod whole;
mod writers;
