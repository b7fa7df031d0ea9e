//! Shared parts of the suites in this folder: generated documents and events, a reference implementation, a workload, hostile
//! regular expressions.

pub mod answer;
pub mod generate;
pub mod hostile_regex;
pub mod reference;
pub mod workload;
