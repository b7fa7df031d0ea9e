//! Locks on repositories that several gateways have together: shared for writes of tags, alone for deletes.
//!
//! They are PostgreSQL's advisory locks. All shared ones of a gateway belong to one session. One that is alone has a session of
//! its own, in which it waits for its turn: those who come later for a shared one find it waiting, and wait too.
//!
//! A lock that is lost with its session endangers nothing, since each write is in the ledger before it is forwarded. It only
//! saves others from being refused.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tagseal_distribution::reference::{Algorithm, Repository};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::super::error::{DatabaseError, LedgerError};
use super::super::statement::Value;
use super::connection::Connection;
use super::target::Target;

/// How often a shared lock is tried.
const POLL: Duration = Duration::from_millis(10);
/// For how long a shared lock that this gateway has is given to more of its writes. Afterwards others get a turn.
const MAX_SHARED: Duration = Duration::from_secs(1);

/// The most sessions that have a repository alone, or wait for it.
const MAX_ALONE: usize = 16;

/// The locks of one gateway.
#[derive(Debug)]
pub(crate) struct RepositoryLocks {
    target: Target,
    session: Arc<Mutex<Session>>,
    released: UnboundedSender<Released>,
    alone: Arc<Semaphore>,
}

/// The session of all shared locks of a gateway.
#[derive(Debug, Default)]
struct Session {
    connection: Option<Connection>,
    /// How many sessions there were before. What belonged to one of them is gone.
    number: u64,
    held: HashMap<i64, Held>,
}

#[derive(Debug)]
struct Held {
    count: usize,
    since: Instant,
}

/// A shared lock that is given back.
#[derive(Debug)]
struct Released {
    key: i64,
    session: u64,
}

/// A lock that other gateways respect, until it is dropped.
#[derive(Debug)]
#[must_use = "a lock is held for as long as this lives"]
pub(crate) enum SharedLock {
    /// With others.
    #[expect(dead_code, reason = "it is held, never read")]
    Shared(Sharing),
    /// Alone.
    #[expect(dead_code, reason = "it is held, never read")]
    Alone(Connection, OwnedSemaphorePermit),
}

#[derive(Debug)]
pub(crate) struct Sharing {
    key: i64,
    session: u64,
    released: UnboundedSender<Released>,
}

impl Drop for Sharing {
    fn drop(&mut self) {
        // Without anybody who hears it, the session is over, and the lock with it.
        let _ = self.released.send(Released { key: self.key, session: self.session });
    }
}

impl RepositoryLocks {
    /// Makes the locks of a gateway. It connects when the first one is wanted.
    pub(crate) fn new(target: Target) -> Self {
        let (released, given_back) = unbounded_channel();
        let session = Arc::new(Mutex::new(Session::default()));
        tokio::spawn(give_back(Arc::clone(&session), given_back));
        Self { target, session, released, alone: Arc::new(Semaphore::new(MAX_ALONE)) }
    }

    /// Shares a repository with other writes. None if a delete has it for too long.
    pub(crate) async fn share(
        &self,
        repository: &Repository,
        patience: Duration,
    ) -> Result<Option<SharedLock>, LedgerError> {
        let (key, end) = (key(repository), Instant::now() + patience);
        loop {
            let mut session = self.session.lock().await;
            let may_join = session.held.get(&key).map(|held| held.since.elapsed() < MAX_SHARED);
            if may_join != Some(false) && session.share(key, &self.target).await? {
                let (session, released) = (session.number, self.released.clone());
                return Ok(Some(SharedLock::Shared(Sharing { key, session, released })));
            }
            drop(session);
            if Instant::now() >= end {
                return Ok(None);
            }
            sleep(POLL).await;
        }
    }

    /// Has a repository alone. None if others have it for too long.
    pub(crate) async fn alone(
        &self,
        repository: &Repository,
        patience: Duration,
    ) -> Result<Option<SharedLock>, LedgerError> {
        let permit = timeout(patience, Arc::clone(&self.alone).acquire_owned()).await;
        let Ok(permit) = permit else { return Ok(None) };
        let permit = permit.map_err(|_| LedgerError::Closed)?;
        let mut connection = Connection::open(&self.target).await?;
        let setting = "SELECT set_config('lock_timeout', $1, false)";
        connection.query(setting, &[Value::from(patience.as_millis().max(1).to_string().as_str())]).await?;
        let (text, values) = ("SELECT 1 FROM pg_advisory_lock($1)", [Value::Number(key(repository))]);
        match connection.query_within(patience + POLL, text, &values).await {
            Ok(_) => Ok(Some(SharedLock::Alone(connection, permit))),
            // It has waited long enough.
            Err(_) if connection.is_ready() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Session {
    /// Takes a shared lock, or one more if it is there already. False if somebody has it alone, or waits for that.
    async fn share(&mut self, key: i64, target: &Target) -> Result<bool, DatabaseError> {
        if let Some(held) = self.held.get_mut(&key) {
            held.count += 1;
            return Ok(true);
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect(target).await?,
        };
        let text = "SELECT pg_try_advisory_lock_shared($1)";
        let mut locked = connection.query(text, &[Value::Number(key)]).await;
        if !connection.is_ready() {
            connection = self.connect(target).await?;
            locked = connection.query(text, &[Value::Number(key)]).await;
        }
        if connection.is_ready() {
            self.connection = Some(connection);
        }
        let is_locked = locked?.0.first().is_some_and(|row| row.number(0) == Ok(1));
        if is_locked {
            self.held.insert(key, Held { count: 1, since: Instant::now() });
        }
        Ok(is_locked)
    }

    /// Begins a session. What the one before had is lost.
    async fn connect(&mut self, target: &Target) -> Result<Connection, DatabaseError> {
        self.number += 1;
        self.held.clear();
        Connection::open(target).await
    }

    async fn give_back(&mut self, Released { key, session }: Released) {
        let Some(held) = self.held.get_mut(&key).filter(|_| session == self.number) else { return };
        held.count -= 1;
        if held.count > 0 {
            return;
        }
        self.held.remove(&key);
        let Some(mut connection) = self.connection.take() else { return };
        // If it fails, the session is over, and the lock with it.
        let _ = connection.query("SELECT pg_advisory_unlock_shared($1)", &[Value::Number(key)]).await;
        if connection.is_ready() {
            self.connection = Some(connection);
        } else {
            self.number += 1;
            self.held.clear();
        }
    }
}

/// Gives back, one after the other, until nobody can take a lock any more.
async fn give_back(session: Arc<Mutex<Session>>, mut released: UnboundedReceiver<Released>) {
    while let Some(lock) = released.recv().await {
        session.lock().await.give_back(lock).await;
    }
}

/// The number of a repository's lock. Two repositories with the same one only wait for each other.
fn key(repository: &Repository) -> i64 {
    let digest = Algorithm::Sha256.digest(repository.as_str().as_bytes());
    let digits = digest.as_str().get(7..23).unwrap_or_default();
    u64::from_str_radix(digits, 16).map_or(0, u64::cast_signed)
}
