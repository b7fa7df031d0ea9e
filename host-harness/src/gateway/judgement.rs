//! What the policy was asked and what it said, for those who want to follow.

use tokio::sync::broadcast;

use crate::contract::{Decision, Event};

/// Judgements that a follower may be behind.
const MOST: usize = 1024;

/// What the policy was asked, and what it said.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What was about to happen.
    pub event: Event,
    /// Whether it may.
    pub decision: Decision,
}

/// Tells judgements to whoever follows.
#[derive(Debug)]
pub(crate) struct Judgements(broadcast::Sender<Judgement>);

impl Default for Judgements {
    fn default() -> Self {
        Self(broadcast::channel(MOST).0)
    }
}

impl Judgements {
    /// Tells a judgement, if anybody follows.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event, decision: &Decision) {
        if self.0.receiver_count() > 0 {
            // The last follower may leave between the two.
            let _ = self.0.send(Judgement { event: event(), decision: decision.clone() });
        }
    }

    /// Follows from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Judgement> {
        self.0.subscribe()
    }
}
