//! Asks a policy without blocking the threads that serve other requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::utc_time;
use tagseal::Policy;
use tagseal::contract::{Decision, Event};
use tagseal_distribution::error_response::ErrorResponse;

/// How long a decision may take on a thread that serves other requests too.
const MAX_QUICK_TIME: Duration = Duration::from_millis(1);

/// A policy, and whether its last decision was quick. Clones share that.
#[derive(Clone, Debug)]
pub(crate) struct Evaluator {
    policy: Policy,
    is_quick: Arc<AtomicBool>,
}

impl Evaluator {
    /// Makes an evaluator of a policy, which is not known to be quick yet.
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, is_quick: Arc::default() }
    }

    /// Returns whether this is the same policy, unchanged.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.is_quick, &other.is_quick)
    }

    /// Returns the policy itself.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides an event at the time of this machine's clock: on this thread if that takes microseconds, as it does with nearly all policies, else on a thread
    /// of its own, since other requests wait for this thread.
    ///
    /// # Errors
    ///
    /// The other thread did not finish.
    pub(crate) async fn decide(&self, event: Event) -> Result<Decision, ErrorResponse> {
        let event = event.context("time", utc_time::now());
        let at_once = self.is_quick.load(Relaxed).then(|| self.time(|| self.policy.evaluate_at_once(&event)));
        if let Some(Some(decision)) = at_once {
            return Ok(decision);
        }
        let evaluator = self.clone();
        let decision = spawn_blocking(move || evaluator.time(|| evaluator.policy.evaluate(&event))).await;
        decision.map_err(|_| ErrorResponse::unavailable("the policy could not be asked; try again"))
    }

    fn time<T>(&self, decide: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let decision = decide();
        self.is_quick.store(start.elapsed() < MAX_QUICK_TIME, Relaxed);
        decision
    }
}
