//! Whether a connection has bytes that its client does not take.
//!
//! While it has, no more of an answer is asked for: what is sent ahead would only fill memory.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Whether a connection has bytes that its client does not take.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    is_there: AtomicBool,
    /// Who waits until it is gone.
    waiting: Mutex<Option<Waker>>,
}

impl Backlog {
    /// Notes that the system takes no more.
    pub(crate) fn grow(&self) {
        self.is_there.store(true, SeqCst);
    }

    /// Notes that the system takes bytes again.
    pub(crate) fn clear(&self) {
        if self.is_there.load(SeqCst) {
            self.is_there.store(false, SeqCst);
            if let Some(waiting) = self.waiting().take() {
                waiting.wake();
            }
        }
    }

    /// Waits until it is gone.
    pub(crate) fn poll_gone(&self, context: &Context<'_>) -> Poll<()> {
        if !self.is_there.load(SeqCst) {
            return Poll::Ready(());
        }
        *self.waiting() = Some(context.waker().clone());
        // It may have gone just now, before anybody could be woken.
        if self.is_there.load(SeqCst) { Poll::Pending } else { Poll::Ready(()) }
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::Arc;

    #[tokio::test]
    async fn who_waits_is_woken_when_it_is_gone() {
        let backlog = Arc::new(Backlog::default());
        assert!(backlog.poll_gone(&Context::from_waker(Waker::noop())).is_ready());
        backlog.grow();
        assert!(backlog.poll_gone(&Context::from_waker(Waker::noop())).is_pending());
        let waiting = Arc::clone(&backlog);
        let waiting = tokio::spawn(async move { poll_fn(|context| waiting.poll_gone(context)).await });
        tokio::task::yield_now().await;
        backlog.clear();
        waiting.await.unwrap();
    }
}
