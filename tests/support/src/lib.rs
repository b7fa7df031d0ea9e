//! Shared parts of all suites: hostile components, the program itself, a registry whose answers a test can spoil, and images
//! to push to it.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests call this crate, and a test ends where it panics"
)]

pub mod folder;
pub mod free_port;
pub mod hostile;
pub mod image;
pub mod postgres;
pub mod program;
pub mod registry;
pub mod serving;
pub mod stack;
pub mod tools;
