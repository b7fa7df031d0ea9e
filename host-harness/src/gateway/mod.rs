//! The gateway: a reverse proxy in front of a registry that asks a policy before a tag moves.

pub mod lock;
pub mod query;
pub mod reference;
pub mod route;
pub mod target;
