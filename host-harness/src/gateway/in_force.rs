//! The policy that decides now.

use std::sync::{Arc, PoisonError, RwLock};

use super::judge::Judge;
use crate::Policy;

/// The policy that decides now. Clones share it.
#[derive(Clone, Debug)]
pub struct InForce(Arc<RwLock<Judge>>);

impl InForce {
    /// A policy decides from now on.
    pub fn new(policy: Policy) -> Self {
        Self(Arc::new(RwLock::new(Judge::new(policy))))
    }

    /// The policy that decides now.
    pub fn policy(&self) -> Policy {
        self.judge().policy().clone()
    }

    /// Whoever decides now. A decision that takes several questions asks one judge.
    pub(crate) fn judge(&self) -> Judge {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another policy decides from the next request on.
    pub fn replace(&self, policy: Policy) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Judge::new(policy);
    }
}
