//! One session of PostgreSQL.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::spawn;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::error::DatabaseError;
use super::super::statement::{Row, Value};
use super::target::{Target, Tls};
use super::tls::client_config;

/// How long it may take to connect and log in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a statement may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The time of the database's clock in milliseconds.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// One session of PostgreSQL. Whoever stops in the middle of a statement has to throw it away.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    /// What sends to the server and receives from it.
    task: AbortHandle,
    is_ready: bool,
}

impl Drop for Connection {
    /// Ends a session whose last statement was not answered. Any other ends by itself, and says so to the server.
    fn drop(&mut self) {
        if !self.is_ready {
            self.task.abort();
        }
    }
}

impl Connection {
    /// Connects and logs in.
    pub(crate) async fn open(target: &Target) -> Result<Self, DatabaseError> {
        Self::open_to_listen(target, Arc::default()).await
    }

    /// Does the same, and wakes somebody up for each notification, and when the session ends.
    pub(crate) async fn open_to_listen(target: &Target, notified: Arc<Notify>) -> Result<Self, DatabaseError> {
        let opened = timeout(CONNECT_TIMEOUT, connect(target, notified)).await;
        opened.unwrap_or_else(|_| Err(no_answer()))
    }

    /// Whether the last statement was answered to its end, and the session goes on.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// Runs a statement, and returns its rows and how many it changed. In it, `NOW()` is the time of the database's clock in
    /// milliseconds.
    pub(crate) async fn query(&mut self, text: &str, values: &[Value]) -> Result<(Vec<Row>, u64), DatabaseError> {
        self.query_within(STATEMENT_TIMEOUT, text, values).await
    }

    /// The same for a statement that may take this long.
    pub(crate) async fn query_within(
        &mut self,
        limit: Duration,
        text: &str,
        values: &[Value],
    ) -> Result<(Vec<Row>, u64), DatabaseError> {
        self.is_ready = false;
        let Ok(answer) = timeout(limit, ask(&self.client, text, values)).await else {
            return Err(no_answer());
        };
        self.is_ready = !self.client.is_closed() && answer.as_ref().err().is_none_or(leaves_session);
        let (rows, changed) = answer.map_err(|error| described(&error))?;
        let rows: Result<_, _> = rows.iter().map(row).collect();
        Ok((rows?, changed))
    }
}

/// Runs a statement in one round trip: the types of its values are known.
async fn ask(client: &Client, text: &str, values: &[Value]) -> Result<(Vec<tokio_postgres::Row>, u64), Error> {
    let values = values.iter().map(|value| match value {
        Value::Number(number) => (number as &(dyn ToSql + Sync), Type::INT8),
        Value::Text(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
    });
    let mut stream = Box::pin(client.query_typed_raw(&text.replace("NOW()", NOW), values).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok((rows, stream.rows_affected().unwrap_or(0)))
}

/// Reads a row. Nothing in a ledger is null.
fn row(row: &tokio_postgres::Row) -> Result<Row, DatabaseError> {
    let value = |(column, about): (usize, &tokio_postgres::Column)| {
        let read = match *about.type_() {
            Type::INT8 => row.try_get(column).map(Value::Number),
            Type::INT4 => row.try_get(column).map(|number: i32| Value::Number(number.into())),
            Type::BOOL => row.try_get(column).map(|is_so: bool| Value::Number(is_so.into())),
            _ => row.try_get(column).map(Value::Text),
        };
        read.map_err(|_| DatabaseError::unreadable(column))
    };
    row.columns().iter().enumerate().map(value).collect::<Result<_, _>>().map(Row)
}

async fn connect(target: &Target, notified: Arc<Notify>) -> Result<Connection, DatabaseError> {
    let config = target.config();
    let (client, task) = match &target.tls {
        Tls::Off => {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| described(&error))?;
            (client, spawn(drive(connection, notified)))
        }
        Tls::Verified(trusted) => {
            let tls = MakeRustlsConnect::new(client_config(trusted.as_deref())?);
            let (client, connection) = config.connect(tls).await.map_err(|error| described_with_tls(&error))?;
            (client, spawn(drive(connection, notified)))
        }
    };
    Ok(Connection { client, task: task.abort_handle(), is_ready: true })
}

/// Sends and receives for a session until it ends.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, notified: Arc<Notify>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if matches!(message, AsyncMessage::Notification(_)) {
            notified.notify_one();
        }
    }
    notified.notify_one();
}

/// Whether a session goes on after an error: the server has refused a statement, and nothing else.
fn leaves_session(error: &Error) -> bool {
    let severity = error.as_db_error().and_then(tokio_postgres::error::DbError::parsed_severity);
    severity == Some(Severity::Error)
}

fn no_answer() -> DatabaseError {
    DatabaseError::unreachable("it does not answer")
}

/// What went wrong, in the server's words where it has said something.
fn described(error: &Error) -> DatabaseError {
    let what = match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    };
    if is_unreachable(error) { DatabaseError::unreachable(what) } else { DatabaseError::new(what) }
}

/// Whether nobody took the connection, or only somebody who starts or stops just now.
fn is_unreachable(error: &Error) -> bool {
    const STATES: [SqlState; 4] = [
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    if let Some(state) = error.code() {
        return STATES.contains(state);
    }
    // A certificate that is not valid comes as invalid data, and stays so.
    let broken = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    error.is_closed() || broken.is_some_and(|error| error.kind() != io::ErrorKind::InvalidData)
}

/// The same where TLS was wanted, with what helps if that is the reason.
fn described_with_tls(error: &Error) -> DatabaseError {
    let what = described(error);
    if error.as_db_error().is_some() {
        return what;
    }
    DatabaseError::new(format!(
        "{what}; `sslrootcert=FILE` names your own certificates, and `sslmode=disable` goes without TLS where the network is yours"
    ))
}
