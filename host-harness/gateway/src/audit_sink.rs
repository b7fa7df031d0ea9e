//! Lines of the audit on their way into a ledger. Nothing waits for them: what the ledger does not take in time is dropped and
//! counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::audit_facts::AuditRow;
use super::ledger::Ledger;
use super::measurement;

/// The number of lines that wait. Later ones are dropped.
const MAX_WAITING_LINES: usize = 10_000;
/// The most lines that are written at once.
const MAX_BATCH: usize = 100;
/// The time between two attempts to write lines.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The number of attempts, after which lines are dropped: one of them may be to blame.
const MAX_ATTEMPTS: usize = 600;
/// How long the last lines may take when the gateway ends.
const FINISH_TIMEOUT: Duration = Duration::from_secs(2);

/// Takes lines into a ledger.
#[derive(Debug)]
pub(crate) struct AuditSink {
    pub(crate) ledger: Ledger,
    orders: mpsc::Sender<Order>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Order {
    Write(Arc<str>),
    Finish(oneshot::Sender<()>),
}

impl AuditSink {
    /// Starts to take lines into a ledger.
    pub(crate) fn start(ledger: Ledger) -> Self {
        let (orders, waiting) = mpsc::channel(MAX_WAITING_LINES);
        let dropped = Arc::default();
        tokio::spawn(write_all(ledger.clone(), waiting, Arc::clone(&dropped)));
        Self { ledger, orders, dropped }
    }

    /// Adds a line. It never waits.
    pub(crate) fn add(&self, line: Arc<str>) {
        if self.orders.try_send(Order::Write(line)).is_err() {
            drop_lines(&self.dropped, 1);
        }
    }

    /// Waits a short while until all lines are in the ledger.
    pub(crate) async fn finish(&self) {
        let (done, finished) = oneshot::channel();
        let finishing = async {
            if self.orders.send(Order::Finish(done)).await.is_ok() {
                // If it ends without an answer, nothing is waited for.
                let _ = finished.await;
            }
        };
        if timeout(FINISH_TIMEOUT, finishing).await.is_err() {
            tracing::error!("the last lines of the audit may not be in the ledger");
        }
    }

    /// How many lines were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

/// Writes lines until nobody sends any more.
async fn write_all(ledger: Ledger, mut waiting: mpsc::Receiver<Order>, dropped: Arc<AtomicU64>) {
    let mut orders = Vec::new();
    while waiting.recv_many(&mut orders, MAX_BATCH).await > 0 {
        let (mut rows, mut finished) = (Vec::new(), Vec::new());
        for order in orders.drain(..) {
            match order {
                Order::Write(line) => rows.push(AuditRow::of(&line)),
                Order::Finish(done) => finished.push(done),
            }
        }
        if !rows.is_empty() {
            write(&ledger, rows, &dropped).await;
        }
        // Nobody waits any more if the time was up.
        finished.into_iter().for_each(|done| _ = done.send(()));
    }
}

async fn write(ledger: &Ledger, rows: Vec<AuditRow>, dropped: &AtomicU64) {
    for attempt in 0..MAX_ATTEMPTS {
        match ledger.add_audit(rows.clone()).await {
            Ok(()) if attempt > 0 => return tracing::info!("lines of the audit come into the ledger again"),
            Ok(()) => return,
            Err(error) if attempt == 0 => {
                tracing::error!(%error, "lines of the audit can't be written to the ledger; they wait");
            }
            Err(_) => {}
        }
        sleep(RETRY_INTERVAL).await;
    }
    drop_lines(dropped, rows.len());
}

fn drop_lines(dropped: &AtomicU64, count: usize) {
    dropped.fetch_add(count as u64, Relaxed);
    (0..count).for_each(|_| measurement::lost_audit_line("ledger"));
}
