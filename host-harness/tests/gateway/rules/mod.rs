//! Rules over HTTP.

mod conditions;
mod description;
mod edits;
mod life;
mod managed;
mod process;
mod refusals;
mod schema;
mod token;
mod writers;
