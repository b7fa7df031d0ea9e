//! A look-up that begins while the manifest of a push arrives.
//!
//! The order of a push is: take the locks, claim, read the registry, decide. A claim needs the digest, and so the whole
//! manifest, and nobody may hold a lock while a client sends. So what is read here is read too early, and counts only where
//! nothing can have changed it since. That can be known of one answer alone, in front of a registry that has one gateway: the
//! tag was absent, and until the locks were taken no push of it was under way, in doubt or carried out. What is read late counts
//! in all other cases.

use std::collections::{BTreeSet, HashMap};

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::gateway::{Gateway, Peer};
use super::look_up::{LookUp, TagState};
use super::protection::{NO_MANIFEST, protected_tags};
use super::push_journal::Watch;
use tagseal::contract::{Current, Event};
use tagseal_distribution::reference::{Repository, Tag};
use tagseal_distribution::request::Push;

/// A look-up that has begun before the claim of its push.
#[derive(Debug)]
pub(crate) struct EarlyLookUp {
    tags: BTreeSet<Tag>,
    watch: Watch,
    /// Whether all tags are absent. It ends with the push.
    is_absent: JoinHandle<bool>,
}

impl Gateway {
    /// Begins to look up the tags of a push, if they are likely to be pushed for the first time.
    pub(crate) fn look_up_early(&self, push: &Push, peer: &Peer) -> Option<EarlyLookUp> {
        let Push { repository, tags, .. } = push;
        if tags.is_empty() || self.0.ledger.is_shared() {
            return None;
        }
        let watch = self.0.push_journal.watch(repository);
        let (gateway, peer) = (self.clone(), peer.clone());
        let (of, named) = (repository.clone(), tags.clone());
        let look_up = async move { gateway.are_absent(&of, &named, &peer).await.unwrap_or(false) };
        let is_absent = tokio::spawn(look_up.in_current_span());
        Some(EarlyLookUp { tags: tags.clone(), watch, is_absent })
    }

    /// Returns whether tags are absent that a rule protects, in a repository of which the ledger knows all tags.
    async fn are_absent(&self, repository: &Repository, tags: &BTreeSet<Tag>, peer: &Peer) -> Option<bool> {
        // Which tags are protected does not depend on the digest.
        let event = Event::write(repository.as_str(), NO_MANIFEST);
        let event = tags.iter().fold(event, |event, tag| event.tag(tag.as_str(), Current::Unknown));
        let decision = self.0.active_policy.evaluator().ok()?.decide(event).await.ok()?;
        if protected_tags(&decision).is_empty() || !self.0.ledger.is_adopted(repository).await.ok()? {
            return None;
        }
        if !self.0.ledger.open_writes(repository, Some(tags)).await.ok()?.is_empty()
            || !self.known_digests(repository, tags).await.ok()?.is_empty()
        {
            return None;
        }
        let look_up = LookUp { known: HashMap::new(), is_adopted: true, ..self.look_up(repository, peer) };
        let states = look_up.states(tags).await.ok()?;
        Some(states.iter().all(|(_, state)| *state == TagState::Absent))
    }
}

impl EarlyLookUp {
    /// Returns the tags with their states, if these still are what was read. To be called under the locks of the tags, by a push
    /// in whose way nothing is.
    pub(crate) async fn states(mut self) -> Option<Vec<(Tag, TagState)>> {
        let is_absent = (&mut self.is_absent).await.unwrap_or(false);
        let is_sure = is_absent && self.watch.pushed().is_disjoint(&self.tags);
        is_sure.then(|| self.tags.iter().map(|tag| (tag.clone(), TagState::Absent)).collect())
    }
}

impl Drop for EarlyLookUp {
    fn drop(&mut self) {
        self.is_absent.abort();
    }
}
