//! The clock that interrupts calls at their deadline.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// The precision of deadlines.
const TICK: Duration = Duration::from_millis(1);

/// The number of ticks without a call after which the clock sleeps. Waking it costs more than a decision, so it waits a while.
const MAX_QUIET_TICKS: u32 = 100;

/// Increments an engine's epoch once per millisecond while calls are running. Its thread ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Clock {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    calls: AtomicUsize,
    asleep: AtomicBool,
    stopped: AtomicBool,
}

/// A running call. The clock does not sleep while it lives.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a State);

impl Clock {
    /// Starts the clock of an engine.
    pub(crate) fn start(engine: &Engine) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let (engine, shared) = (engine.clone(), state.clone());
        let thread = Builder::new().name("tagseal-clock".to_owned()).spawn(move || shared.tick(&engine))?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// Wakes the clock for a call.
    pub(crate) fn run(&self) -> Running<'_> {
        // The call is counted before it reads whether the clock sleeps, and the clock reads the count after it has said that
        // it sleeps. So at least one of the two notices the other.
        self.state.calls.fetch_add(1, SeqCst);
        if self.state.asleep.load(SeqCst) {
            self.wake();
        }
        Running(&self.state)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.state.stopped.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It does not panic, and if it did, nothing would be left to do.
            drop(thread.join());
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, SeqCst);
    }
}

impl State {
    fn tick(&self, engine: &Engine) {
        let mut due = Instant::now() + TICK;
        let mut quiet = 0;
        while !self.stopped.load(SeqCst) {
            thread::park_timeout(due.saturating_duration_since(Instant::now()));
            // A thread that could not run for a while catches up: deadlines are promises in time, not in ticks.
            while due <= Instant::now() {
                engine.increment_epoch();
                due += TICK;
                quiet = if self.calls.load(SeqCst) == 0 { quiet + 1 } else { 0 };
            }
            if quiet > MAX_QUIET_TICKS {
                self.sleep();
                (due, quiet) = (Instant::now() + TICK, 0);
            }
        }
    }

    fn sleep(&self) {
        self.asleep.store(true, SeqCst);
        while self.calls.load(SeqCst) == 0 && !self.stopped.load(SeqCst) {
            thread::park();
        }
        self.asleep.store(false, SeqCst);
    }
}

/// Converts a deadline to ticks. The current tick does not count.
pub(crate) fn ticks(deadline: Duration) -> u64 {
    u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX / 2).saturating_add(1)
}
