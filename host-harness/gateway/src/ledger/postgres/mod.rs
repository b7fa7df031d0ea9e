//! A ledger in PostgreSQL: its sessions, what several requests share of them, and the locks that gateways have together.

mod connection;
mod lock;
mod pool;
mod target;
mod tls;

pub(crate) use connection::Connection;
pub(crate) use lock::SharedLock;
pub(crate) use pool::Postgres;
pub(crate) use target::Target;
