//! Asks a policy, without holding up the threads that serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::problem::Problem;
use crate::Policy;
use crate::contract::{Decision, Event};

/// What a decision may take on a thread that serves others as well.
const QUICK: Duration = Duration::from_millis(1);

/// A policy, and whether it has been quick of late. Clones know it of each other.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    policy: Policy,
    is_quick: Arc<AtomicBool>,
}

impl Judge {
    /// A policy that has to show first that it is quick.
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, is_quick: Arc::default() }
    }

    /// The policy itself.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides an event: here, where that takes microseconds, as it does with all but the worst policies; else on a thread of its
    /// own, since others may wait for this one.
    ///
    /// # Errors
    ///
    /// Not even the thread came back.
    pub(crate) async fn decide(&self, event: Event) -> Result<Decision, Problem> {
        let at_once = self.is_quick.load(Relaxed).then(|| self.time(|| self.policy.evaluate_at_once(&event)));
        if let Some(Some(decision)) = at_once {
            return Ok(decision);
        }
        let judge = self.clone();
        let decided = spawn_blocking(move || judge.time(|| judge.policy.evaluate(&event))).await;
        decided.map_err(|_| Problem::unavailable("the policy could not be asked; try again"))
    }

    fn time<T>(&self, decide: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let decided = decide();
        self.is_quick.store(start.elapsed() < QUICK, Relaxed);
        decided
    }
}
