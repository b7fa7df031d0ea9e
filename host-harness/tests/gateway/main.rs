//! The gateway before a registry in memory: what passes, what is refused, and what happens when things go wrong.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails says so"
)]

mod client;
mod deletes;
mod faults;
mod look_ups;
mod passage;
mod process;
mod pushes;
mod races;
mod stack;
