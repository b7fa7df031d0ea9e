//! The audit of a gateway: the newest lines in memory, all lines in a file, and those of all gateways in their ledger.
//!
//! A thread of its own writes the file, so that a slow or full disk never holds up a request. What it can't take in time is
//! dropped and counted, and so is what it can't write.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::audit_facts::{AuditFacts, AuditFilter};
use super::audit_sink::AuditSink;
use super::health::PartHealth;
use super::ledger::{AuditPage, Ledger, LedgerError};
use super::measurement;

/// The number of lines that wait to be written. Later ones are dropped.
const MAX_WAITING_LINES: usize = 10_000;
/// The greatest size of the lines that are kept in memory, all together.
const MAX_KEPT_BYTES: usize = 16 << 20;
/// The time between two attempts to open a file that could not be written.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long the last lines may take when the gateway ends.
const FINISH_TIMEOUT: Duration = Duration::from_secs(2);

/// The audit of a gateway. Clones are the same audit.
#[derive(Clone, Debug)]
pub struct AuditLog(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    kept: Mutex<Kept>,
    file: Option<Writer>,
    ledger: OnceLock<AuditSink>,
}

/// The newest lines.
#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    /// How many lines there have been. It is the number of the newest one.
    count: u64,
}

#[derive(Debug)]
struct Writer {
    path: PathBuf,
    orders: SyncSender<Order>,
    dropped: AtomicU64,
    problem: Arc<Mutex<Option<String>>>,
}

/// What the writing thread is asked to do.
#[derive(Debug)]
enum Order {
    Write(Arc<str>),
    Reopen,
    Finish(SyncSender<()>),
}

impl AuditLog {
    /// Keeps the newest lines in memory, and nothing on disk.
    pub fn in_memory() -> Self {
        Self(Arc::new(Parts { kept: Mutex::default(), file: None, ledger: OnceLock::new() }))
    }

    /// Appends lines to a file, which only its owner and group may read. Its last lines are kept in memory too.
    ///
    /// # Errors
    ///
    /// The file can't be opened, read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        let mut kept = Kept::default();
        last_lines(path)?.lines().for_each(|line| kept.add(line.into()));
        let (orders, waiting) = sync_channel(MAX_WAITING_LINES);
        let problem = Arc::new(Mutex::new(None));
        let mut output = Output { path: path.to_owned(), file: Some(file), problem: Arc::clone(&problem) };
        thread::Builder::new().name("audit".to_owned()).spawn(move || output.run(&waiting))?;
        let writer = Writer { path: path.to_owned(), orders, dropped: AtomicU64::new(0), problem };
        Ok(Self(Arc::new(Parts { kept: Mutex::new(kept), file: Some(writer), ledger: OnceLock::new() })))
    }

    /// Takes lines into a ledger too from now on, and asks it for them. One in memory has no more than this process remembers, so
    /// nothing is kept there. The first ledger that is given stays.
    pub(crate) fn keep_in(&self, ledger: &Ledger) {
        if ledger.is_durable() {
            self.0.ledger.get_or_init(|| AuditSink::start(ledger.clone()));
        }
    }

    /// Adds a line. It never waits.
    pub(crate) fn add(&self, line: String) {
        let line: Arc<str> = line.into();
        if let Some(ledger) = self.0.ledger.get() {
            ledger.add(Arc::clone(&line));
        }
        self.add_stored(line);
    }

    /// Adds a line that is in the ledger already.
    pub(crate) fn add_stored(&self, line: Arc<str>) {
        self.kept().add(Arc::clone(&line));
        measurement::audit_line();
        let Some(file) = &self.0.file else { return };
        if file.orders.try_send(Order::Write(line)).is_err() {
            file.dropped.fetch_add(1, Relaxed);
            measurement::lost_audit_line("file");
        }
    }

    /// Opens the file again, after another program has moved it away.
    pub fn reopen(&self) {
        if let Some(file) = &self.0.file {
            // If the queue is full, the file is broken, and is opened again anyway.
            let _ = file.orders.try_send(Order::Reopen);
        }
    }

    /// Waits until all lines are in the file, for two seconds at most.
    pub fn finish(&self) {
        let Some(file) = &self.0.file else { return };
        let (done, finished) = sync_channel(1);
        if file.orders.try_send(Order::Finish(done)).is_ok() && finished.recv_timeout(FINISH_TIMEOUT).is_err() {
            tracing::error!(audit = %file.path.display(), "the last lines of the audit may not be in the file");
        }
    }

    /// Waits a short while until all lines are in the ledger, if there is one.
    pub(crate) async fn finish_ledger(&self) {
        if let Some(ledger) = self.0.ledger.get() {
            ledger.finish().await;
        }
    }

    /// Returns whether all lines come into the file and into the ledger.
    pub fn health(&self) -> PartHealth {
        let lost = self.0.ledger.get().map_or(0, AuditSink::dropped);
        if lost > 0 {
            return PartHealth::degraded(format!("{lost} lines are not in the ledger"));
        }
        let Some(file) = &self.0.file else {
            return PartHealth::fine(if self.0.ledger.get().is_some() { "in the ledger" } else { "in memory alone" });
        };
        let dropped = file.dropped.load(Relaxed);
        match (&*lock(&file.problem), dropped) {
            (Some(problem), _) => PartHealth::degraded(problem.clone()),
            (None, 0) => PartHealth::fine(file.path.display().to_string()),
            (None, dropped) => PartHealth::degraded(format!("{dropped} lines came too fast, and are not in the file")),
        }
    }

    /// Returns the newest lines that a filter admits and that have a lower number, newest first: those of the ledger, or those that
    /// this process remembers.
    ///
    /// # Errors
    ///
    /// The ledger failed.
    pub(crate) async fn page(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, LedgerError> {
        match self.0.ledger.get() {
            Some(sink) => sink.ledger.audit_page(filter, before, limit).await,
            None => Ok(self.remembered(filter, before, limit)),
        }
    }

    fn remembered(&self, filter: &AuditFilter, before: Option<u64>, limit: usize) -> AuditPage {
        let newest = self.newest(before.unwrap_or(u64::MAX)).into_iter();
        let mut matching = newest.filter(|(_, line)| filter.admits(&AuditFacts::of(line)));
        let lines = matching.by_ref().take(limit).map(|(number, line)| (number, line.to_string())).collect();
        AuditPage { lines, has_more: matching.next().is_some() }
    }

    /// Returns the newest lines that were written before the line with this number, newest first, each with its number.
    fn newest(&self, before: u64) -> Vec<(u64, Arc<str>)> {
        let kept = self.kept();
        let numbers = (0..=kept.count).rev();
        let lines = numbers.zip(kept.lines.iter().rev().cloned());
        lines.filter(|(number, _)| *number < before).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.0.kept)
    }
}

impl Kept {
    fn add(&mut self, line: Arc<str>) {
        self.bytes = self.bytes.saturating_add(line.len());
        self.count = self.count.saturating_add(1);
        self.lines.push_back(line);
        while self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(oldest.len());
        }
    }
}

/// The file, on the side of the thread that writes it.
struct Output {
    path: PathBuf,
    file: Option<File>,
    problem: Arc<Mutex<Option<String>>>,
}

impl Output {
    /// Works until nobody can send orders any more.
    fn run(&mut self, orders: &Receiver<Order>) {
        loop {
            let order = match orders.try_recv() {
                Ok(order) => order,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {
                    self.sync();
                    match orders.recv_timeout(RETRY_INTERVAL) {
                        Ok(order) => order,
                        Err(RecvTimeoutError::Disconnected) => return,
                        Err(RecvTimeoutError::Timeout) => {
                            self.recover();
                            continue;
                        }
                    }
                }
            };
            match order {
                Order::Write(line) => self.write(&line),
                Order::Reopen => self.file = self.opened(),
                Order::Finish(done) => {
                    self.sync();
                    // Nobody waits any more if the time was up.
                    let _ = done.try_send(());
                }
            }
        }
    }

    fn write(&mut self, line: &str) {
        self.recover();
        let Some(file) = &mut self.file else { return measurement::lost_audit_line("file") };
        // In one call, so that lines of several programs do not mix.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            self.failed(&error);
            measurement::lost_audit_line("file");
        }
    }

    fn sync(&mut self) {
        let synced = self.file.as_ref().map(File::sync_data);
        // A pipe or a terminal can't be synced, and need not be.
        if let Some(Err(error)) = synced.filter(|it| !matches!(it, Err(e) if e.kind() == io::ErrorKind::InvalidInput)) {
            self.failed(&error);
        }
    }

    /// Opens a file again that could not be written.
    fn recover(&mut self) {
        if self.file.is_none() {
            self.file = self.opened();
        }
    }

    fn opened(&mut self) -> Option<File> {
        match open(&self.path) {
            Ok(file) => {
                if lock(&self.problem).take().is_some() {
                    tracing::info!(audit = %self.path.display(), "the audit is written again");
                }
                Some(file)
            }
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    /// Remembers a failure. The log has it once, until the file can be written again.
    fn failed(&mut self, error: &io::Error) {
        self.file = None;
        let path = self.path.display();
        let problem = format!("`{path}` can't be written: {error}");
        if lock(&self.problem).replace(problem).is_none() {
            tracing::error!(audit = %path, %error, "the audit can't be written");
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// Reads the last lines of a file, as far as they are kept in memory.
fn last_lines(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(MAX_KEPT_BYTES as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(MAX_KEPT_BYTES as u64).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line may have lost its beginning.
    Ok(if start == 0 { text } else { text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default() })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks can leave half a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::State;
    use std::fs;

    fn texts(log: &AuditLog) -> Vec<String> {
        log.newest(u64::MAX).into_iter().map(|(_, line)| line.to_string()).collect()
    }

    #[test]
    fn lines_are_in_the_file_and_the_newest_first_in_memory_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let log = AuditLog::open(&path).unwrap();
        ["a", "b", "c"].iter().for_each(|line| log.add((*line).to_owned()));
        log.finish();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nc\n");
        assert_eq!(log.newest(3), [(2, "b".into()), (1, "a".into())]);
        let again = AuditLog::open(&path).unwrap();
        again.add("d".to_owned());
        assert_eq!(texts(&again), ["d", "c", "b", "a"]);
        again.finish();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nc\nd\n");
    }

    #[test]
    fn a_file_that_was_moved_away_is_left_alone_once_it_is_reopened() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
        let log = AuditLog::open(&path).unwrap();
        log.add("a".to_owned());
        log.finish();
        fs::rename(&path, &old).unwrap();
        log.add("b".to_owned());
        log.reopen();
        log.add("c".to_owned());
        log.finish();
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!((read(&old), read(&path)), ("a\nb\n".to_owned(), "c\n".to_owned()));
    }

    #[test]
    fn a_file_that_can_not_be_written_is_reported_and_used_again_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let log = AuditLog::open(&path).unwrap();
        assert_eq!(log.health().state, State::Fine);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        log.reopen();
        log.add("lost".to_owned());
        log.finish();
        let health = log.health();
        assert!(health.state == State::Degraded && health.detail.contains("can't be written"), "{health:?}");
        fs::remove_dir(&path).unwrap();
        log.add("written".to_owned());
        log.finish();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), log.health().state), ("written\n", State::Fine));
        assert_eq!(texts(&log), ["written", "lost"]);
    }

    #[test]
    fn what_is_kept_in_memory_is_bounded() {
        let log = AuditLog::in_memory();
        let long = "a".repeat(1 << 20);
        (0..40).for_each(|_| log.add(long.clone()));
        assert_eq!(texts(&log).len(), 16);
        assert_eq!(log.newest(u64::MAX).first().map(|(number, _)| *number), Some(40));
    }
}
