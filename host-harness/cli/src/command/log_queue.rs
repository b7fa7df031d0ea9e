//! A queue between the program and its log, so that a log that can't be written, or that nobody reads, stops nothing.
//!
//! It is written by hand though `tracing-appender` exists: that one does not count the lines that could not be written, and
//! it fails at the end of a program whose standard output is closed.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// The greatest number of lines that wait to be written.
const MAX_LINES: usize = 4096;
/// How long the last lines may take at the end of the program.
const END_TIMEOUT: Duration = Duration::from_secs(1);
/// The time between two attempts to get to the end of a full queue.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// A queue of lines, and the thread that writes them. A line for which there is no place, or whose writing fails, is lost
/// and counted. Clones are the same queue.
#[derive(Clone, Debug)]
pub(crate) struct LogQueue {
    lines: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Reports that all lines before it are written.
    End(SyncSender<()>),
}

impl LogQueue {
    /// Starts the thread. `report` makes the line that says how many lines were lost.
    pub(crate) fn start(writer: impl Write + Send + 'static, report: fn(u64) -> String) -> io::Result<Self> {
        let (lines, queue) = sync_channel(MAX_LINES);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        thread::Builder::new().name("log".to_owned()).spawn(move || write(&queue, writer, &counted, report))?;
        Ok(Self { lines, lost })
    }

    /// Waits a short while until everything is written.
    pub(crate) fn finish(&self) {
        let (written, wait) = sync_channel(1);
        let mut end = Entry::End(written);
        let limit = Instant::now() + END_TIMEOUT;
        while let Err(TrySendError::Full(back)) = self.lines.try_send(end) {
            if Instant::now() >= limit {
                return;
            }
            end = back;
            thread::sleep(RETRY_INTERVAL);
        }
        // If nobody reads the log, its end is lost.
        let _ = wait.recv_timeout(END_TIMEOUT);
    }
}

fn write(queue: &Receiver<Entry>, mut writer: impl Write, lost: &AtomicU64, report: fn(u64) -> String) {
    for entry in queue {
        match entry {
            Entry::Line(line) => {
                let missing = lost.swap(0, Relaxed);
                if missing > 0 && writer.write_all(report(missing).as_bytes()).is_err() {
                    lost.fetch_add(missing + 1, Relaxed);
                } else if writer.write_all(&line).is_err() {
                    lost.fetch_add(1, Relaxed);
                }
            }
            Entry::End(written) => {
                let missing = lost.swap(0, Relaxed);
                if missing > 0 {
                    let _ = writer.write_all(report(missing).as_bytes());
                }
                let _ = writer.flush();
                // Whoever waited may have given up.
                let _ = written.try_send(());
            }
        }
    }
}

/// One line on its way into the queue.
#[derive(Debug)]
pub(crate) struct QueuedLine(LogQueue);

impl Write for QueuedLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.lines.try_send(Entry::Line(line.to_vec())).is_err() {
            self.0.lost.fetch_add(1, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogQueue {
    type Writer = QueuedLine;

    fn make_writer(&self) -> QueuedLine {
        QueuedLine(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    /// A log whose disk is full for a while, or that nobody reads.
    #[derive(Clone, Default)]
    struct Disk {
        text: Arc<Mutex<Vec<u8>>>,
        is_full: Arc<AtomicBool>,
        blocked: Arc<AtomicBool>,
        /// Whether a line waits in it.
        waits: Arc<AtomicBool>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            while self.blocked.load(Relaxed) {
                self.waits.store(true, Relaxed);
                thread::sleep(Duration::from_millis(1));
            }
            if self.is_full.load(Relaxed) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.text.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue(disk: &Disk) -> LogQueue {
        LogQueue::start(disk.clone(), |lost| format!("{lost} lost\n")).unwrap()
    }

    fn text(disk: &Disk) -> String {
        String::from_utf8(disk.text.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn h1_lines_that_a_full_disk_does_not_take_are_counted() {
        let disk = Disk::default();
        let queue = queue(&disk);
        let line = |text: &str| queue.make_writer().write_all(text.as_bytes()).unwrap();
        line("first\n");
        queue.finish();
        disk.is_full.store(true, Relaxed);
        (0..3).for_each(|_| line("missing\n"));
        thread::sleep(Duration::from_millis(50));
        disk.is_full.store(false, Relaxed);
        line("last\n");
        queue.finish();
        assert_eq!(text(&disk), "first\n3 lost\nlast\n");
    }

    #[test]
    fn h2_a_log_that_nobody_reads_stops_nobody() {
        let disk = Disk::default();
        disk.blocked.store(true, Relaxed);
        let queue = queue(&disk);
        queue.make_writer().write_all(b"x\n").unwrap();
        while !disk.waits.load(Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
        let begin = Instant::now();
        (0..MAX_LINES + 500).for_each(|_| queue.make_writer().write_all(b"x\n").unwrap());
        queue.finish();
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        assert_eq!(queue.lost.load(Relaxed), 500);
        disk.blocked.store(false, Relaxed);
        queue.finish();
        let text = text(&disk);
        assert_eq!(text.lines().filter(|line| line.ends_with(" lost")).count(), 1);
        assert!((MAX_LINES..=MAX_LINES + 1).contains(&text.lines().filter(|line| *line == "x").count()));
    }
}
