//! Writes to the ledger's database: those of several requests in one transaction, so that they wait for the disk together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::change::Change;
use super::database::Database;
use super::error::LedgerError;

/// The most changes in one transaction.
const MAX_BATCH: usize = 128;
/// The most changes that wait for their turn.
const MAX_QUEUE: usize = 4096;
/// The most changes that are kept to be tried again. A write whose end is lost stays open, which is safe.
const MAX_KEPT: usize = 10_000;
/// How long a transaction may take.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Writes changes, in the order in which they come.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    kept: Kept,
}

/// Changes that must not be lost, and could not be made yet.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<VecDeque<Change>>>);

#[derive(Debug)]
struct Job {
    change: Change,
    /// Whether it is tried again later when it fails.
    is_kept: bool,
    done: Option<oneshot::Sender<Result<u64, LedgerError>>>,
}

impl Writer {
    /// Starts to write. It ends with the last of those who can send it something.
    pub(crate) fn start(database: &Database) -> Self {
        let ((jobs, queue), kept) = (mpsc::channel(MAX_QUEUE), Kept::default());
        let worker = Worker { database: database.clone(), kept: kept.clone() };
        tokio::spawn(worker.work(queue));
        Self { jobs, kept }
    }

    /// Makes a change, and waits until it is durable.
    pub(crate) async fn write(&self, change: Change) -> Result<u64, LedgerError> {
        self.send(change, false).await?.await.map_err(|_| LedgerError::Closed)?
    }

    /// Makes a change that must not be lost, and waits until it is durable or must be tried again.
    pub(crate) async fn write_surely(&self, change: Change) -> Result<u64, LedgerError> {
        self.send(change, true).await?.await.map_err(|_| LedgerError::Closed)?
    }

    /// Makes a change that must not be lost, and waits for nothing. It comes before all changes after this.
    pub(crate) fn write_later(&self, change: Change) {
        let job = Job { change, is_kept: true, done: None };
        if let Err(error) = self.jobs.try_send(job) {
            self.kept.keep(error.into_inner().change);
        }
    }

    /// Makes a change that may as well fail, and waits for nothing.
    pub(crate) fn try_write(&self, change: Change) {
        // A queue that is full has more important things in it.
        let _ = self.jobs.try_send(Job { change, is_kept: false, done: None });
    }

    /// Tries again what could not be written.
    pub(crate) fn retry(&self) {
        for change in self.kept.take() {
            self.write_later(change);
        }
    }

    async fn send(
        &self,
        change: Change,
        is_kept: bool,
    ) -> Result<oneshot::Receiver<Result<u64, LedgerError>>, LedgerError> {
        let (done, receiver) = oneshot::channel();
        let job = Job { change, is_kept, done: Some(done) };
        self.jobs.send(job).await.map_err(|_| LedgerError::Closed)?;
        Ok(receiver)
    }
}

impl Kept {
    fn keep(&self, change: Change) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back(change);
    }

    fn take(&self) -> VecDeque<Change> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Worker {
    database: Database,
    kept: Kept,
}

impl Worker {
    /// Works until nobody sends any more.
    async fn work(self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::new();
        while queue.recv_many(&mut jobs, MAX_BATCH).await > 0 {
            self.write_batch(std::mem::take(&mut jobs)).await;
        }
    }

    /// Writes all in one transaction. Where that fails, one of them may be to blame: each is tried alone.
    async fn write_batch(&self, jobs: Vec<Job>) {
        match self.write(jobs.iter().map(|job| job.change.clone()).collect()).await {
            Ok(rows) => jobs.into_iter().zip(rows).for_each(|(job, rows)| job.finish(Ok(rows))),
            Err(error) if jobs.len() < 2 => jobs.into_iter().for_each(|job| self.fail(job, error.again())),
            Err(_) => {
                for job in jobs {
                    match self.write(vec![job.change.clone()]).await {
                        Ok(rows) => job.finish(rows.first().copied().ok_or(LedgerError::Closed)),
                        Err(error) => self.fail(job, error),
                    }
                }
            }
        }
    }

    fn fail(&self, job: Job, error: LedgerError) {
        if job.is_kept {
            self.kept.keep(job.change.clone());
        }
        job.finish(Err(error));
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<u64>, LedgerError> {
        timeout(TRANSACTION_TIMEOUT, self.database.change(changes)).await.map_err(|_| LedgerError::TooLate)?
    }
}

impl Job {
    fn finish(self, result: Result<u64, LedgerError>) {
        if let Some(done) = self.done {
            // Who does not wait any more does not need the answer.
            let _ = done.send(result);
        }
    }
}
