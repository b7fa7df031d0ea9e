//! Everything at one moment.

use crate::attempt::{Attempt, Gateway};
use crate::case::{Case, Digest};
use crate::ledger::Ledger;
use crate::promise::{History, Promise};

/// Everything at one moment: the registry, the ledger, and how far each request is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// What the tag is at the registry.
    pub tag: Option<Digest>,
    /// Whether the rule is active.
    pub is_protected: bool,
    /// What the gateways remember.
    pub ledger: Ledger,
    /// The requests.
    pub attempts: Vec<Attempt>,
    /// Which request has the lock: in the database, or in the memory of a gateway that is alone.
    pub lock: Option<u8>,
    /// How often a gateway may still be killed.
    pub kills: u8,
    /// How often a lock may still be lost.
    pub lost_locks: u8,
    /// What is remembered of the past.
    pub history: History,
}

impl World {
    /// The world before the first request.
    pub fn new(case: &Case) -> Self {
        let attempts = (0..).zip(&case.requests).map(|(number, request)| Attempt::new(number, *request)).collect();
        let kept = case.tag.filter(|_| case.is_protected);
        Self {
            tag: case.tag,
            is_protected: case.is_protected,
            ledger: Ledger { rows: Vec::new(), bound: case.tag },
            attempts,
            lock: None,
            kills: case.kills,
            lost_locks: case.lost_locks,
            history: History { kept, broken: None },
        }
    }

    /// Whether a request in this gateway has its locks, which no other of the same gateway gets then.
    pub fn is_busy(&self, gateway: Gateway) -> bool {
        self.attempts.iter().any(|attempt| attempt.has_locks() && attempt.gateway == gateway)
    }

    /// The promise that is broken, if one is.
    pub fn broken(&self, case: &Case) -> Option<Promise> {
        self.history.broken.or_else(|| self.is_stuck(case).then_some(Promise::NeverStuck))
    }

    /// Whether a write would stay open if nobody did anything until the limit has passed, and read the registry then.
    fn is_stuck(&self, case: &Case) -> bool {
        if self.attempts.iter().any(Attempt::is_live) {
            return false;
        }
        let mut ledger = self.ledger.clone();
        ledger.rows.iter_mut().filter(|row| row.may_become_old(case)).for_each(|row| row.is_old = true);
        ledger.settle(self.tag, ledger.seen(), u8::MAX, case);
        !ledger.rows.is_empty()
    }

    /// The world after a change of one request.
    #[must_use]
    pub fn with(&self, number: u8, change: impl FnOnce(&mut Attempt)) -> Self {
        let mut world = self.clone();
        if let Some(attempt) = world.attempts.iter_mut().find(|attempt| attempt.number == number) {
            change(attempt);
        }
        world
    }

    /// Gives back the lock of a request, if it still has it.
    pub fn unlock(&mut self, number: u8) {
        if self.lock == Some(number) {
            self.lock = None;
        }
    }
}
