//! A ledger in a file of SQLite, or in memory.

use std::fs::OpenOptions;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::error::{DatabaseError, LedgerError};
use super::statement::{Row, Statements, Value};

/// The time of the database's clock in milliseconds.
const NOW: &str = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";
/// How long a transaction waits for that of another process, such as an operator's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that are kept ready.
const MAX_STATEMENTS: usize = 64;

/// A database of SQLite. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    writing: Arc<Mutex<Connection>>,
    /// A second connection, so that a read does not wait for the disk. The same one in memory, which no other can see.
    reading: Arc<Mutex<Connection>>,
}

impl Sqlite {
    /// A database that is lost with this process.
    pub(crate) fn in_memory() -> Result<Self, LedgerError> {
        let connection = Arc::new(Mutex::new(set_up(Connection::open_in_memory())?));
        Ok(Self { writing: Arc::clone(&connection), reading: connection })
    }

    /// The database in a file, which is made if it is not there, for its owner alone.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?;
        let open = || Ok::<_, DatabaseError>(Arc::new(Mutex::new(set_up(Connection::open(path))?)));
        Ok(Self { writing: open()?, reading: open()? })
    }

    /// Runs work in a transaction. When it returns, what it did is durable.
    pub(crate) async fn transaction<T, F>(
        &self,
        work: impl FnOnce(InTransaction) -> F + Send + 'static,
    ) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DatabaseError>>,
    {
        let (connection, runtime) = (Arc::clone(&self.writing), Handle::current());
        let done = spawn_blocking(move || {
            let transaction = InTransaction(connection);
            transaction.execute("BEGIN IMMEDIATE")?;
            match runtime.block_on(work(InTransaction(Arc::clone(&transaction.0)))) {
                Ok(done) => transaction.execute("COMMIT").map(|()| done).inspect_err(|_| transaction.roll_back()),
                Err(error) => {
                    transaction.roll_back();
                    Err(error)
                }
            }
        });
        Ok(done.await.map_err(|_| LedgerError::Closed)??)
    }

    /// Reads rows.
    pub(crate) async fn rows(&self, text: String, values: Vec<Value>) -> Result<Vec<Row>, LedgerError> {
        let connection = Arc::clone(&self.reading);
        let rows = spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            rows(&connection, &text, &values)
        });
        Ok(rows.await.map_err(|_| LedgerError::Closed)??)
    }
}

/// The connection of a transaction, which nobody else uses meanwhile.
#[derive(Debug)]
pub(crate) struct InTransaction(Arc<Mutex<Connection>>);

impl InTransaction {
    fn execute(&self, text: &str) -> Result<(), DatabaseError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.prepare_cached(text)?.execute([]).map(drop)?)
    }

    fn roll_back(&self) {
        // Without a transaction, there is nothing to roll back.
        let _ = self.execute("ROLLBACK");
    }
}

impl Statements for InTransaction {
    async fn run(&mut self, text: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(&in_dialect(text))?;
        Ok(statement.execute(params_from_iter(values))?.try_into().unwrap_or(u64::MAX))
    }

    async fn rows(&mut self, text: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        rows(&self.0.lock().unwrap_or_else(PoisonError::into_inner), text, values)
    }
}

/// Returns the version of the ledger in a file, and changes nothing. `None` if there are no tables.
pub(crate) fn version(path: &Path) -> Result<Option<i64>, DatabaseError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let is_there = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'ledger_version'";
    if connection.query_row(is_there, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let version = "SELECT COALESCE(MAX(version), 0) FROM ledger_version";
    Ok(Some(connection.query_row(version, [], |row| row.get(0))?))
}

fn rows(connection: &Connection, text: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
    let mut statement = connection.prepare_cached(&in_dialect(text))?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(values))?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| value(row.get_ref(column)?, column));
        read.push(Row(values.collect::<Result<_, DatabaseError>>()?));
    }
    Ok(read)
}

fn value(value: ValueRef<'_>, column: usize) -> Result<Value, DatabaseError> {
    match value {
        ValueRef::Integer(number) => Ok(Value::Number(number)),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| DatabaseError::unreadable(column))?;
            Ok(Value::Text(text.to_owned()))
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Err(DatabaseError::unreadable(column)),
    }
}

/// SQLite takes `?1` for the first value. A `$1` it would take for a name.
fn in_dialect(text: &str) -> String {
    text.replace('$', "?").replace("NOW()", NOW)
}

/// Every commit waits for the disk, as it should before something is forwarded.
fn set_up(connection: rusqlite::Result<Connection>) -> Result<Connection, DatabaseError> {
    let connection = connection?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    connection.set_prepared_statement_cache_capacity(MAX_STATEMENTS);
    Ok(connection)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Number(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}
