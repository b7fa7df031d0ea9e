//! The policy document in a ledger that several gateways share. Each of them learns of a change by a notification, and looks
//! several times a second in case none comes.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use super::ledger::{Connection, DatabaseError, Ledger, Postgres, Row, Value};
use super::policy_store::{HeldPolicy, PolicyStore, PolicyStoreError};

/// How long nobody looks if no notification comes.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long a short question may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a document may take to be sent. It can be large.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a writer waits for the others. A change takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a writer may keep the others waiting. It compiles the new document meanwhile.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(120);

const STAMP: &str = "SELECT version, changed FROM policy WHERE id = 1";
const READ: &str = "SELECT version, changed, document FROM policy WHERE id = 1";
const READ_TO_CHANGE: &str = "SELECT document FROM policy WHERE id = 1 FOR UPDATE";
const INSERT: &str = "INSERT INTO policy (id, document, version, changed) VALUES (1, $1, 1, NOW()) \
                      ON CONFLICT (id) DO NOTHING";
const UPDATE: &str = "UPDATE policy SET document = $1, version = version + 1, changed = NOW() WHERE id = 1";
const LISTEN: &str = "LISTEN tagseal_policy";
const NOTIFY: &str = "NOTIFY tagseal_policy";

/// The policy document in a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct PolicyTable {
    postgres: Postgres,
    name: String,
    /// The document that becomes the first one, if the database has none.
    first: Option<String>,
    session: Mutex<Session>,
    notified: Arc<Notify>,
    runtime: Handle,
}

/// The session that reads and listens, and what it has seen.
#[derive(Debug, Default)]
struct Session {
    connection: Option<Connection>,
    seen: Option<Stamp>,
}

/// What changes when the document is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    version: i64,
    changed: i64,
}

impl PolicyTable {
    /// Names the document in a ledger, if that is one that several gateways can share. Where it has no document yet, `first` is
    /// put there at the first look.
    pub(crate) fn of(ledger: &Ledger, first: Option<String>) -> Option<Self> {
        let (postgres, name) = (ledger.postgres()?.clone(), ledger.place().to_string());
        let (session, notified) = (Mutex::default(), Arc::default());
        Some(Self { postgres, name, first, session, notified, runtime: Handle::current() })
    }

    /// Reads the document, unless it is the one of the last look.
    async fn read_new(&self) -> Result<Option<String>, PolicyStoreError> {
        self.postgres.check()?;
        let mut session = self.session.lock().await;
        // After a look that failed, the next one reads everything again.
        let seen = session.seen.take();
        let stamp = match self.rows(&mut session, STATEMENT_TIMEOUT, STAMP, &[]).await?.first() {
            Some(row) => Stamp::read(row)?,
            None => {
                let first = self.first.as_deref().ok_or(PolicyStoreError::Missing)?;
                // Where another gateway was faster, its document counts.
                self.rows(&mut session, DOCUMENT_TIMEOUT, INSERT, &[first.into()]).await?;
                Stamp::default()
            }
        };
        if seen == Some(stamp) {
            session.seen = seen;
            return Ok(None);
        }
        let rows = self.rows(&mut session, DOCUMENT_TIMEOUT, READ, &[]).await?;
        let row = rows.first().ok_or(PolicyStoreError::Missing)?;
        session.seen = Some(Stamp::read(row)?);
        Ok(Some(row.text(2)?.to_owned()))
    }

    /// Runs a statement in the session that listens, or in a new one if that has ended.
    async fn rows(
        &self,
        session: &mut Session,
        limit: Duration,
        text: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        if let Some(mut connection) = session.connection.take() {
            match connection.query_within(limit, text, values).await {
                Err(_) if !connection.is_ready() => {}
                result => {
                    session.connection = Some(connection);
                    return Ok(result?.0);
                }
            }
        }
        let mut connection = Connection::open_to_listen(self.postgres.target(), Arc::clone(&self.notified)).await?;
        connection.query(LISTEN, &[]).await?;
        let result = connection.query_within(limit, text, values).await;
        if connection.is_ready() {
            session.connection = Some(connection);
        }
        Ok(result?.0)
    }

    /// Begins a transaction that has the document for itself.
    async fn begin(&self) -> Result<HeldRow<'_>, PolicyStoreError> {
        self.postgres.check()?;
        let mut connection = Connection::open(self.postgres.target()).await?;
        let prepared = async {
            connection.query("BEGIN", &[]).await?;
            for (name, limit) in
                [("lock_timeout", LOCK_TIMEOUT), ("idle_in_transaction_session_timeout", CHANGE_TIMEOUT)]
            {
                let values = [Value::from(name), Value::from(limit.as_millis().to_string().as_str())];
                connection.query("SELECT set_config($1, $2, true)", &values).await?;
            }
            Ok::<_, DatabaseError>(())
        };
        prepared.await?;
        let limit = LOCK_TIMEOUT + DOCUMENT_TIMEOUT;
        match connection.query_within(limit, READ_TO_CHANGE, &[]).await {
            Ok((rows, _)) => {
                let row = rows.first().ok_or(PolicyStoreError::Missing)?;
                let document = row.text(0)?.to_owned();
                Ok(HeldRow { connection, document, runtime: &self.runtime })
            }
            // It has waited long enough.
            Err(_) if connection.is_ready() => Err(PolicyStoreError::Busy),
            Err(error) => Err(error.into()),
        }
    }
}

impl Stamp {
    fn read(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self { version: row.number(0)?, changed: row.number(1)? })
    }
}

impl PolicyStore for PolicyTable {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn next_look(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // Whether a notification came or not, it is time.
        Box::pin(async { _ = timeout(LOOK_INTERVAL, self.notified.notified()).await })
    }

    fn look(&self) -> Result<Option<String>, PolicyStoreError> {
        self.runtime.block_on(self.read_new())
    }

    fn hold(&self) -> Result<Box<dyn HeldPolicy + '_>, PolicyStoreError> {
        Ok(Box::new(self.runtime.block_on(self.begin())?))
    }
}

/// The document in a transaction that has it for itself. Unless it is replaced, nothing is changed.
struct HeldRow<'a> {
    connection: Connection,
    document: String,
    runtime: &'a Handle,
}

impl HeldRow<'_> {
    async fn write(&mut self, document: &str) -> Result<(), PolicyStoreError> {
        let written = async {
            self.connection.query_within(DOCUMENT_TIMEOUT, UPDATE, &[document.into()]).await?;
            self.connection.query(NOTIFY, &[]).await
        };
        written.await?;
        // Nobody knows whether a commit without an answer was made.
        self.connection.query("COMMIT", &[]).await.map_err(|_| PolicyStoreError::Unconfirmed)?;
        Ok(())
    }
}

impl HeldPolicy for HeldRow<'_> {
    fn read(&mut self) -> Result<String, PolicyStoreError> {
        Ok(self.document.clone())
    }

    fn replace(&mut self, _: &str, new: &str) -> Result<(), PolicyStoreError> {
        let runtime = self.runtime;
        runtime.block_on(self.write(new))
    }
}
