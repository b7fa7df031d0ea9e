//! Where a policy document is kept: in a file, or in a ledger that several gateways share.

use std::fmt;
use std::io;
use std::pin::Pin;

use super::document_file::DocumentFileError;
use super::ledger::{DatabaseError, LedgerError};

/// A place that keeps one policy document. Its functions wait, so they are called on a thread that may be blocked.
pub(crate) trait PolicyStore: fmt::Debug + Send + Sync {
    /// Names the place, for people.
    fn name(&self) -> String;

    /// Waits until it is time to look again.
    fn next_look(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Reads the document, unless it is surely the one of the last look.
    fn look(&self) -> Result<Option<String>, PolicyStoreError>;

    /// Keeps all other writers away until the returned value is dropped.
    fn hold(&self) -> Result<Box<dyn HeldPolicy + '_>, PolicyStoreError>;
}

/// A policy document, while all other writers are kept away.
pub(crate) trait HeldPolicy {
    /// Reads it as it is now.
    fn read(&mut self) -> Result<String, PolicyStoreError>;

    /// Replaces it. When this returns, the new one is durable.
    fn replace(&mut self, old: &str, new: &str) -> Result<(), PolicyStoreError>;
}

/// Why a policy document could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyStoreError {
    /// The metadata of the file can't be read.
    #[error("{0}")]
    Look(#[from] io::Error),
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] DocumentFileError),
    /// The ledger that has the policy can't be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger has no policy yet, and none was given for it.
    #[error("the ledger has no policy yet; name the first one with `--policy FILE`")]
    Missing,
    /// Another gateway holds the policy of the ledger for too long.
    #[error("another gateway has held the policy for too long; try again")]
    Busy,
    /// The connection was lost at the very end of a change.
    #[error("the ledger did not confirm the change, which may have been made; read the policy again")]
    Unconfirmed,
}

impl PolicyStoreError {
    /// Whether the place can't be reached now, but perhaps later.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_unreachable())
    }
}

impl From<DatabaseError> for PolicyStoreError {
    fn from(error: DatabaseError) -> Self {
        Self::Ledger(error.into())
    }
}
