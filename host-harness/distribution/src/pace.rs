//! The least rate at which bytes must come or go, so that a peer that is slow on purpose does not hold anything for ever.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A least rate: how many bytes a peer must take or send for each second that it is waited for.
///
/// It is measured over a window, so that a short pause is not a failure. Only the time counts in which the peer is waited
/// for, not the time in which somebody else is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// The bytes for each second.
    pub bytes_per_second: u64,
    /// How long a peer may be slower than that.
    pub window: Duration,
    /// How long the first byte may take.
    pub first_byte: Duration,
}

/// A peer was slower than its least rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fewer than {} bytes a second in {:?}, or no first byte in {:?}", .0.bytes_per_second, .0.window, .0.first_byte)]
pub struct TooSlow(pub MinRate);

impl Default for MinRate {
    /// Returns 1 KiB a second over 30 seconds, and 10 seconds for the first byte.
    fn default() -> Self {
        Self { bytes_per_second: 1 << 10, window: Duration::from_secs(30), first_byte: Duration::from_secs(10) }
    }
}

impl MinRate {
    /// Returns how long this many bytes may take.
    pub fn time_of(&self, bytes: usize) -> Duration {
        self.window + Duration::from_secs(bytes as u64 / self.bytes_per_second.max(1))
    }

    /// Returns how many bytes must come in one window.
    fn bytes(&self) -> u64 {
        self.bytes_per_second.saturating_mul(self.window.as_secs().max(1))
    }
}

/// How fast one peer is.
#[derive(Debug)]
pub struct Pace {
    rate: MinRate,
    has_begun: bool,
    /// How long the peer was waited for in this window.
    waited: Duration,
    since: Option<Instant>,
    bytes: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Starts with a peer that has sent nothing.
    pub fn new(rate: MinRate) -> Self {
        Self { rate, has_begun: false, waited: Duration::ZERO, since: None, bytes: 0, timer: None }
    }

    /// Counts bytes that came or went.
    pub fn progress(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes >= self.rate.bytes() || !self.has_begun {
            (self.waited, self.bytes) = (Duration::ZERO, 0);
        }
        self.has_begun |= bytes > 0;
    }

    /// Waits for the peer, which is ready when it has been too slow. To be called whenever the peer has nothing to give, or
    /// takes nothing.
    pub fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<TooSlow> {
        let limit = if self.has_begun { self.rate.window } else { self.rate.first_byte };
        let end = *self.since.get_or_insert_with(Instant::now) + limit.saturating_sub(self.waited);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(context).map(|()| TooSlow(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::timeout;

    const RATE: MinRate =
        MinRate { bytes_per_second: 100, window: Duration::from_secs(1), first_byte: Duration::from_millis(50) };

    async fn is_too_slow(pace: &mut Pace, within: u64) -> bool {
        timeout(Duration::from_millis(within), poll_fn(|context| pace.poll_too_slow(context))).await.is_ok()
    }

    #[tokio::test]
    async fn the_first_byte_has_a_limit_of_its_own() {
        let mut pace = Pace::new(RATE);
        assert!(is_too_slow(&mut pace, 500).await);
        let mut pace = Pace::new(RATE);
        pace.progress(1);
        assert!(!is_too_slow(&mut pace, 300).await);
    }

    #[tokio::test]
    async fn a_trickle_is_too_slow_and_enough_bytes_begin_a_new_window() {
        let mut trickle = Pace::new(RATE);
        let mut steady = Pace::new(RATE);
        for _ in 0..8 {
            trickle.progress(1);
            steady.progress(100);
            assert!(!is_too_slow(&mut steady, 100).await);
            assert!(!is_too_slow(&mut trickle, 100).await);
        }
        assert!(!is_too_slow(&mut steady, 500).await);
        assert!(is_too_slow(&mut trickle, 500).await);
    }

    #[tokio::test]
    async fn time_in_which_nobody_waits_for_the_peer_does_not_count() {
        let mut pace = Pace::new(RATE);
        pace.progress(1);
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert!(!is_too_slow(&mut pace, 300).await);
    }
}
