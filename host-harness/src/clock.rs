//! The ticks by which calls are interrupted.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};
use wasmtime::Engine;

const TICK: Duration = Duration::from_millis(1);

/// Ticks without a call after which the clock sleeps. To wake it costs more than a decision, so it waits a while.
const PATIENCE: u32 = 100;

/// Moves an engine's epoch on, once a millisecond while calls are under way. Its thread ends when it is dropped.
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

/// A call under way: the clock does not sleep while it lives.
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
        // Counted before the look at the clock, which in turn looks at the count after it has said that it sleeps: one
        // of the two sees the other.
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
            // It can't have panicked, and if it had, nothing would be left to do.
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
            // A thread that was kept from running catches up: deadlines are promises in time, not in ticks.
            while due <= Instant::now() {
                engine.increment_epoch();
                due += TICK;
                quiet = if self.calls.load(SeqCst) == 0 { quiet + 1 } else { 0 };
            }
            if quiet > PATIENCE {
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

/// The deadline in ticks of an engine that has a clock. The tick under way does not count.
pub(crate) fn ticks(deadline: Duration) -> u64 {
    u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX / 2).saturating_add(1)
}
