//! A model of the gateway's ledger: one gateway or two, one tag, and a registry that carries writes out late.
//!
//! The gateway promises that a protected tag never moves. Whether it keeps that promise depends on the order of its steps
//! when gateways are killed, locks are lost and the registry carries out a write long after its answer. Nobody can think
//! through all these orders, so this crate tries every one of them, for every small set of requests.
//!
//! - [`Case`] says what is explored: the requests, what may go wrong, and which step of the protocol is left out.
//! - [`World`] is everything at one moment: the registry, the ledger, and how far each request is.
//! - [`explore`] visits each world that can be reached, and returns the shortest way to a broken [`Promise`].
//!
//! The tests explore the protocol as it is, where no promise breaks, and with one step left out, where one does.

mod attempt;
mod case;
mod explore;
mod ledger;
mod promise;
mod seen;
mod steps;
mod world;

pub use attempt::{Answer, Attempt, Early, Gateway, Outcome, Sent, Stage};
pub use case::{Case, Deletion, Digest, Omission, Request};
pub use explore::{Explored, Finding, explore};
pub use ledger::{Effect, Ledger, Row};
pub use promise::{History, Promise};
pub use seen::Seen;
pub use steps::{Step, steps};
pub use world::World;
