//! The command line of Tagseal, and the registry in memory that its demo and its tests push to.

mod command;
pub mod registry;

pub use command::run;
