//! The policy that decides now.

use std::sync::{Arc, PoisonError, RwLock};

use super::ask::Evaluator;
use super::document_facts::DocumentFacts;
use super::measurement;
use tagseal::Policy;
use tagseal_distribution::error_response::ErrorResponse;

/// The policy that decides now. Clones share it.
///
/// There may be none yet, because it is kept where it could not be read so far. Until there is one, every write is refused.
#[derive(Clone, Debug, Default)]
pub struct ActivePolicy {
    evaluator: Arc<RwLock<Option<Evaluator>>>,
    facts: Arc<RwLock<Arc<DocumentFacts>>>,
}

impl ActivePolicy {
    /// Makes a policy the active one.
    pub fn new(policy: Policy) -> Self {
        measurement::active_policy(policy.revision());
        Self { evaluator: Arc::new(RwLock::new(Some(Evaluator::new(policy)))), facts: Arc::default() }
    }

    /// Makes a place for a policy that is not known yet.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Returns the policy that decides now, if there is one.
    pub fn policy(&self) -> Option<Policy> {
        let evaluator = self.evaluator.read().unwrap_or_else(PoisonError::into_inner);
        evaluator.as_ref().map(|evaluator| evaluator.policy().clone())
    }

    /// Returns what evaluates events now. A request that asks more than one question asks the same evaluator.
    ///
    /// # Errors
    ///
    /// No policy is known yet.
    pub(crate) fn evaluator(&self) -> Result<Evaluator, ErrorResponse> {
        let evaluator = self.evaluator.read().unwrap_or_else(PoisonError::into_inner).clone();
        evaluator.ok_or_else(|| ErrorResponse::unavailable("the gateway could not read its policy yet; try again"))
    }

    /// Returns what an audit has to know of the document, if that is known.
    pub(crate) fn facts(&self) -> Arc<DocumentFacts> {
        Arc::clone(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what an audit has to know of the document of the active policy.
    pub(crate) fn describe(&self, document: &str) {
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(DocumentFacts::of(document));
    }

    /// Replaces the policy, from the next request on.
    pub fn replace(&self, policy: Policy) {
        measurement::active_policy(policy.revision());
        *self.evaluator.write().unwrap_or_else(PoisonError::into_inner) = Some(Evaluator::new(policy));
    }
}
