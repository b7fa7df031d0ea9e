//! What a connection is doing, and since when.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::backlog::Backlog;
use super::connection_limits::ConnectionLimits;

/// The longest time between two looks at a connection.
const MAX_LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The value of a time that has not come.
const NEVER: u64 = u64::MAX;
/// The requests that a client may give up on one connection before they are answered, beyond as many as it let be answered.
const MAX_GIVEN_UP: usize = 100;

/// What a connection is doing, and since when. All times are milliseconds since it was made.
#[derive(Debug)]
pub(crate) struct Activity {
    made: Instant,
    last_byte: AtomicU64,
    /// When the first byte of a head came, while that head is not complete.
    head_since: AtomicU64,
    /// When the last answer ended.
    idle_since: AtomicU64,
    requests: AtomicUsize,
    answers: AtomicUsize,
    /// The answers that ended before they began.
    given_up: AtomicUsize,
    /// Whether it has several requests at one time, as with HTTP/2. Bytes need not be a head then.
    is_shared: AtomicBool,
    /// By when the client must have taken what is there of an answer, by the number of its request.
    to_take: Mutex<HashMap<usize, Instant>>,
    pub(crate) backlog: Backlog,
    closed: Notify,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// It sent nothing at all.
    NoFirstByte,
    /// The head of a request took too long.
    SlowHead,
    /// No request came for a long time.
    Idle,
    /// It took an answer too slowly.
    SlowReader,
    /// It began requests only to give them up.
    GivesUp,
    /// Another connection needed its place.
    Displaced,
}

/// A request that is being answered. The answer has ended when this is dropped.
#[derive(Debug)]
pub(crate) struct AnswerUnderWay {
    activity: Arc<Activity>,
    number: usize,
    has_begun: bool,
}

impl Activity {
    /// Starts with a connection that was just made.
    pub(crate) fn new() -> Self {
        Self {
            made: Instant::now(),
            last_byte: AtomicU64::new(0),
            head_since: AtomicU64::new(NEVER),
            idle_since: AtomicU64::new(0),
            requests: AtomicUsize::new(0),
            answers: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            is_shared: AtomicBool::new(false),
            to_take: Mutex::default(),
            backlog: Backlog::default(),
            closed: Notify::new(),
        }
    }

    /// Notes that bytes came.
    pub(crate) fn has_read(&self) {
        let now = self.now();
        self.last_byte.store(now, Relaxed);
        if !self.is_answering() && !self.is_shared.load(Relaxed) {
            let _ = self.head_since.compare_exchange(NEVER, now, Relaxed, Relaxed);
        }
    }

    /// Notes that bytes went.
    pub(crate) fn has_written(&self) {
        self.last_byte.store(self.now(), Relaxed);
    }

    /// Notes that the head of a request is complete, which may be one of several at one time.
    pub(crate) fn answer(self: &Arc<Self>, is_shared: bool) -> AnswerUnderWay {
        self.is_shared.fetch_or(is_shared, Relaxed);
        let number = self.requests.fetch_add(1, Relaxed);
        self.head_since.store(NEVER, Relaxed);
        AnswerUnderWay { activity: Arc::clone(self), number, has_begun: false }
    }

    /// Returns whether a request is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.requests.load(Relaxed) > self.answers.load(Relaxed)
    }

    /// Returns how long no byte has come or gone.
    pub(crate) fn silence(&self) -> Duration {
        Duration::from_millis(self.now().saturating_sub(self.last_byte.load(Relaxed)))
    }

    /// Closes it, since another connection needs its place.
    pub(crate) fn displace(&self) {
        self.closed.notify_one();
    }

    /// Waits until it must be closed.
    pub(crate) async fn must_close(&self, limits: &ConnectionLimits) -> CloseReason {
        let ConnectionLimits { first_byte_timeout, head_timeout, idle_timeout, min_rate, .. } = limits;
        let shortest = *first_byte_timeout.min(head_timeout).min(idle_timeout).min(&min_rate.window);
        let interval = (shortest / 4).clamp(Duration::from_millis(10), MAX_LOOK_INTERVAL);
        loop {
            tokio::select! {
                () = self.closed.notified() => {
                    return if self.gives_up() { CloseReason::GivesUp } else { CloseReason::Displaced };
                }
                () = sleep(interval) => {}
            }
            if let Some(reason) = self.overdue(limits) {
                return reason;
            }
        }
    }

    fn overdue(&self, limits: &ConnectionLimits) -> Option<CloseReason> {
        if self.is_answering() {
            let now = Instant::now();
            return self.to_take().values().any(|end| *end <= now).then_some(CloseReason::SlowReader);
        }
        let age = |since: u64| Duration::from_millis(self.now().saturating_sub(since));
        let head_since = self.head_since.load(Relaxed);
        if head_since != NEVER {
            return (age(head_since) >= limits.head_timeout).then_some(CloseReason::SlowHead);
        }
        let is_new = self.requests.load(Relaxed) == 0;
        let (limit, reason) = if is_new {
            (limits.first_byte_timeout, CloseReason::NoFirstByte)
        } else {
            (limits.idle_timeout, CloseReason::Idle)
        };
        (age(self.idle_since.load(Relaxed)) >= limit).then_some(reason)
    }

    /// Returns whether the client gives up most of its requests before they are answered.
    fn gives_up(&self) -> bool {
        let (answers, given_up) = (self.answers.load(Relaxed), self.given_up.load(Relaxed));
        given_up > answers.saturating_sub(given_up).saturating_add(MAX_GIVEN_UP)
    }

    fn to_take(&self) -> MutexGuard<'_, HashMap<usize, Instant>> {
        self.to_take.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(NEVER)
    }
}

impl AnswerUnderWay {
    /// Notes that there is an answer.
    pub(crate) fn has_begun(&mut self) {
        self.has_begun = true;
    }

    /// Waits until the client takes what was sent.
    pub(crate) fn poll_no_backlog(&self, context: &Context<'_>) -> Poll<()> {
        self.activity.backlog.poll_gone(context)
    }

    /// Notes that the client must take what is there within this time.
    pub(crate) fn must_be_taken(&self, within: Duration) {
        self.activity.to_take().insert(self.number, Instant::now() + within);
    }

    /// Notes that the client has taken all that is there.
    pub(crate) fn is_taken(&self) {
        self.activity.to_take().remove(&self.number);
    }
}

impl Drop for AnswerUnderWay {
    fn drop(&mut self) {
        let activity = &self.activity;
        self.is_taken();
        activity.idle_since.store(activity.now(), Relaxed);
        activity.given_up.fetch_add(usize::from(!self.has_begun), Relaxed);
        activity.answers.fetch_add(1, Relaxed);
        if !self.has_begun && activity.gives_up() {
            activity.closed.notify_one();
        }
    }
}
