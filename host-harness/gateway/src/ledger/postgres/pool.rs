//! Connections to PostgreSQL that several requests share: some for reads, and one for transactions.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::super::error::{DatabaseError, LedgerError};
use super::super::statement::{Row, Statements, Value};
use super::connection::Connection;
use super::lock::RepositoryLocks;
use super::target::Target;

/// The most connections that read at one time.
const MAX_READERS: usize = 8;
/// The number of the lock that each transaction takes first. So two gateways never wait for each other in a circle, and each
/// sees all rivals of its writes.
const TRANSACTIONS: i64 = 0x7461_6773_6561_6c00;

/// A database of PostgreSQL. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Postgres(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    target: Target,
    idle: Mutex<Vec<Connection>>,
    readers: Semaphore,
    writing: AsyncMutex<Option<Connection>>,
    locks: RepositoryLocks,
    /// Whether its tables are those that this program knows.
    is_prepared: AtomicBool,
}

impl Postgres {
    /// Names a database. Nobody connects to it yet.
    pub(crate) fn new(target: Target) -> Self {
        let (idle, readers) = (Mutex::new(Vec::new()), Semaphore::new(MAX_READERS));
        let (writing, locks) = (AsyncMutex::default(), RepositoryLocks::new(target.clone()));
        Self(Arc::new(Shared { target, idle, readers, writing, locks, is_prepared: AtomicBool::new(false) }))
    }

    /// Where the server is.
    pub(crate) fn target(&self) -> &Target {
        &self.0.target
    }

    /// Lets it be used: its tables are those that this program knows.
    pub(crate) fn set_prepared(&self) {
        self.0.is_prepared.store(true, Relaxed);
    }

    /// Returns an error until it may be used.
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        if self.0.is_prepared.load(Relaxed) { Ok(()) } else { Err(LedgerError::NotYet) }
    }

    /// The locks that gateways have together.
    pub(crate) fn locks(&self) -> Result<&RepositoryLocks, LedgerError> {
        self.check()?;
        Ok(&self.0.locks)
    }

    /// Reads rows. A connection that was closed since its last use is replaced.
    pub(crate) async fn rows(&self, text: &str, values: &[Value]) -> Result<Vec<Row>, LedgerError> {
        self.check()?;
        let _permit = self.0.readers.acquire().await.map_err(|_| LedgerError::Closed)?;
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            match connection.query(text, values).await {
                Err(_) if !connection.is_ready() => self.idle().clear(),
                result => return self.give_back(connection, result),
            }
        }
        let mut connection = Connection::open(&self.0.target).await?;
        let result = connection.query(text, values).await;
        self.give_back(connection, result)
    }

    fn give_back(
        &self,
        connection: Connection,
        result: Result<(Vec<Row>, u64), DatabaseError>,
    ) -> Result<Vec<Row>, LedgerError> {
        if connection.is_ready() {
            self.idle().push(connection);
        }
        Ok(result?.0)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a transaction, which nobody else has at the same time. Unless it is committed, nothing of it is done.
    pub(crate) async fn begin(&self) -> Result<Transaction<'_>, LedgerError> {
        self.check()?;
        self.begin_unprepared().await
    }

    /// Does the same whatever tables there are.
    pub(crate) async fn begin_unprepared(&self) -> Result<Transaction<'_>, LedgerError> {
        let mut place = self.0.writing.lock().await;
        if let Some(mut connection) = place.take()
            && connection.query("BEGIN", &[]).await.is_ok()
        {
            return Transaction::new(place, connection).await;
        }
        let mut connection = Connection::open(&self.0.target).await?;
        connection.query("BEGIN", &[]).await?;
        Transaction::new(place, connection).await
    }
}

/// A transaction. Its connection is thrown away unless it is committed.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    place: tokio::sync::MutexGuard<'a, Option<Connection>>,
    connection: Connection,
}

impl<'a> Transaction<'a> {
    async fn new(
        place: tokio::sync::MutexGuard<'a, Option<Connection>>,
        mut connection: Connection,
    ) -> Result<Self, LedgerError> {
        connection.query("SELECT 1 FROM pg_advisory_xact_lock($1)", &[Value::Number(TRANSACTIONS)]).await?;
        Ok(Self { place, connection })
    }

    /// Makes what it did durable.
    pub(crate) async fn commit(self) -> Result<(), LedgerError> {
        let Self { mut place, mut connection } = self;
        connection.query("COMMIT", &[]).await?;
        *place = Some(connection);
        Ok(())
    }
}

impl Statements for Transaction<'_> {
    async fn run(&mut self, text: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        Ok(self.connection.query(text, values).await?.1)
    }

    async fn rows(&mut self, text: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        Ok(self.connection.query(text, values).await?.0)
    }
}
