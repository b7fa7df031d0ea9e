//! Why a ledger could not be opened or asked.

use std::io;

/// Why a ledger could not be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused, or can't be reached.
    #[error("the ledger's database failed: {0}")]
    Database(#[from] DatabaseError),
    /// The file could not be made or locked.
    #[error("the ledger's file can't be used: {0}")]
    File(#[from] io::Error),
    /// Another gateway uses the file.
    #[error("another gateway uses the ledger `{0}`; several gateways share a ledger in PostgreSQL only")]
    InUse(String),
    /// It was written by a later version of this program.
    #[error("the ledger has version {found}, and this program knows versions up to {known}; use a later program")]
    TooNew {
        /// The version of the ledger.
        found: i64,
        /// The last version that is known here.
        known: i64,
    },
    /// The database took too long.
    #[error("the ledger's database did not answer in time")]
    TooLate,
    /// The database could not be reached since the start.
    #[error("the ledger's database could not be reached yet")]
    NotYet,
    /// The ledger is being closed.
    #[error("the ledger is closed")]
    Closed,
}

/// What a database said that did not do what it was asked, or what is wrong with a row of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DatabaseError {
    reason: String,
    /// Whether there was nobody to ask, so that the same may be done later.
    is_unreachable: bool,
}

impl DatabaseError {
    /// An error in words.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_unreachable: false }
    }

    /// A database that can't be reached now.
    pub(crate) fn unreachable(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_unreachable: true }
    }

    /// A column that this program can't have written.
    pub(crate) fn unreadable(column: usize) -> Self {
        Self::new(format!("column {column} of a row can't be read"))
    }

    /// A column of that name that this program can't have written.
    pub(crate) fn invalid(column: &str) -> Self {
        Self::new(format!("a row has a {column} that this program can't have written"))
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl LedgerError {
    /// Whether the database can't be reached now, but perhaps later.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Database(error) => error.is_unreachable,
            Self::TooLate | Self::NotYet => true,
            Self::File(_) | Self::InUse(_) | Self::TooNew { .. } | Self::Closed => false,
        }
    }

    /// The same error once more, for another who waits for the same thing.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::TooLate => Self::TooLate,
            Self::NotYet => Self::NotYet,
            Self::Closed => Self::Closed,
            Self::Database(error) => Self::Database(error.clone()),
            other => Self::Database(DatabaseError::new(other.to_string())),
        }
    }
}
