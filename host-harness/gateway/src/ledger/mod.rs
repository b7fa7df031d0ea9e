//! The ledger: what may still happen to tags, and what they were bound to.
//!
//! The registry is the truth about what a tag *is*. The ledger is the truth about what it *was*, and about what *may still
//! happen*: writes that were forwarded to the registry and whose outcome is not known. It is kept in memory, in a file of
//! SQLite for one gateway, or in PostgreSQL for several.
//!
//! A write is claimed before it is forwarded, and its claim ends with a clear answer of the registry. Where none came, the
//! write stays open, and admits little: see [`OpenWrite`]. What settles it later is in [`Ledger::settle`].

mod audit;
mod binding;
mod breaker;
mod change;
mod check;
mod claim;
mod database;
mod error;
mod listing;
mod number;
mod place;
mod postgres;
mod release;
mod row;
mod schema;
mod sqlite;
mod statement;
mod store;
mod subject;
mod write;
mod writer;

pub use audit::AuditPage;
pub use binding::{Binding, BindingState};
pub use change::NewBinding;
pub use check::FoundLedger;
pub use claim::Claim;
pub(crate) use database::Locked;
pub use error::{DatabaseError, LedgerError};
pub(crate) use listing::KnownRepository;
pub use place::{Place, PlaceError};
pub(crate) use postgres::{Connection, Postgres, SharedLock};
pub use release::Released;
pub(crate) use statement::{Row, Value};
pub use store::{Ledger, LedgerSettings};
pub use subject::Subject;
pub use write::{Effect, NewWrite, OpenWrite, Parts, State, Waiting};
