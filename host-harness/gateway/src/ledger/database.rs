//! The database of a ledger: one set of statements for SQLite and PostgreSQL.

use std::time::{Duration, Instant};

use tagseal_distribution::reference::Repository;
use tokio::task::spawn_blocking;

use super::change::{Change, apply};
use super::error::{DatabaseError, LedgerError};
use super::place::Place;
use super::postgres::{Postgres, SharedLock, Target};
use super::schema::{KNOWN, migrate};
use super::sqlite::Sqlite;
use super::statement::{Row, Value};
use crate::measurement;

/// The database of a ledger. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    /// A file, or memory.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

/// The result of waiting for a lock that gateways have together.
#[derive(Debug)]
pub(crate) enum Locked {
    /// It is there, or none is needed.
    Granted(Option<SharedLock>),
    /// Others have it for too long.
    Busy,
}

impl Database {
    /// Opens a database. A server is not asked for anything yet.
    pub(crate) async fn open(place: &Place) -> Result<Self, LedgerError> {
        match place {
            Place::Memory | Place::File(_) => {
                let path = if let Place::File(path) = place { Some(path.clone()) } else { None };
                let opened = spawn_blocking(move || path.map_or_else(Sqlite::in_memory, |path| Sqlite::open(&path)));
                Ok(Self::Sqlite(opened.await.map_err(|_| LedgerError::Closed)??))
            }
            Place::Postgres(url) => Ok(Self::Postgres(Postgres::new(Target::parse(url)?))),
        }
    }

    /// Makes the tables as this program knows them. Until then, a server's database is not used.
    pub(crate) async fn prepare(&self) -> Result<(), LedgerError> {
        let found = match self {
            Self::Sqlite(sqlite) => {
                sqlite.transaction(|mut statements| async move { migrate(&mut statements).await }).await?
            }
            Self::Postgres(postgres) => {
                let mut transaction = postgres.begin_unprepared().await?;
                let found = migrate(&mut transaction).await?;
                transaction.commit().await?;
                found
            }
        };
        if found > KNOWN {
            return Err(LedgerError::TooNew { found, known: KNOWN });
        }
        if let Self::Postgres(postgres) = self {
            postgres.set_prepared();
        }
        Ok(())
    }

    /// Whether it may be used.
    pub(crate) fn is_prepared(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(postgres) => postgres.check().is_ok(),
        }
    }

    /// Makes all changes in one transaction, and returns how many rows each changed. When it returns, they are durable.
    pub(crate) async fn change(&self, changes: Vec<Change>) -> Result<Vec<u64>, LedgerError> {
        let start = Instant::now();
        let changed = self.change_uncounted(changes).await;
        measurement::ledger("write", changed.is_ok(), start.elapsed());
        changed
    }

    async fn change_uncounted(&self, changes: Vec<Change>) -> Result<Vec<u64>, LedgerError> {
        match self {
            Self::Sqlite(sqlite) => {
                let changed = sqlite.transaction(move |mut statements| async move {
                    let mut rows = Vec::with_capacity(changes.len());
                    for change in &changes {
                        rows.push(apply(change, &mut statements).await?);
                    }
                    Ok::<_, DatabaseError>(rows)
                });
                changed.await
            }
            Self::Postgres(postgres) => {
                let mut transaction = postgres.begin().await?;
                let mut rows = Vec::with_capacity(changes.len());
                for change in &changes {
                    rows.push(apply(change, &mut transaction).await?);
                }
                transaction.commit().await?;
                Ok(rows)
            }
        }
    }

    /// Reads rows.
    pub(crate) async fn rows(&self, text: &str, values: Vec<Value>) -> Result<Vec<Row>, LedgerError> {
        let start = Instant::now();
        let rows = match self {
            Self::Sqlite(sqlite) => sqlite.rows(text.to_owned(), values).await,
            Self::Postgres(postgres) => postgres.rows(text, &values).await,
        };
        measurement::ledger("read", rows.is_ok(), start.elapsed());
        rows
    }

    /// Shares a repository with other writes, so that no other gateway deletes in it meanwhile.
    pub(crate) async fn share(&self, repository: &Repository, patience: Duration) -> Result<Locked, LedgerError> {
        match self {
            Self::Sqlite(_) => Ok(Locked::Granted(None)),
            Self::Postgres(postgres) => Ok(locked(postgres.locks()?.share(repository, patience).await?)),
        }
    }

    /// Has a repository alone, so that no other gateway writes in it meanwhile.
    pub(crate) async fn alone(&self, repository: &Repository, patience: Duration) -> Result<Locked, LedgerError> {
        match self {
            Self::Sqlite(_) => Ok(Locked::Granted(None)),
            Self::Postgres(postgres) => Ok(locked(postgres.locks()?.alone(repository, patience).await?)),
        }
    }
}

fn locked(lock: Option<SharedLock>) -> Locked {
    lock.map_or(Locked::Busy, |lock| Locked::Granted(Some(lock)))
}
