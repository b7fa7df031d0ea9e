//! A push with its manifest, and the event that it is for the policy.

use std::collections::BTreeSet;

use super::ledger::{Effect, NewWrite};
use super::look_up::TagState;
use super::pushed_manifest::PushedManifest;
use tagseal::contract::{Current, Event};
use tagseal_distribution::reference::{Algorithm, Digest, Reference, Tag};
use tagseal_distribution::request::Push;

/// A push, with its manifest.
#[derive(Debug)]
pub(crate) struct PushRequest {
    pub(crate) push: Push,
    pub(crate) manifest: PushedManifest,
}

impl PushRequest {
    /// Returns the digest of the manifest, in the algorithm of the path.
    pub(crate) fn digest(&self) -> &Digest {
        match &self.push.reference {
            Reference::Digest(digest) => digest,
            Reference::Tag(_) => self.manifest.digest(Algorithm::Sha256),
        }
    }

    /// Makes the event for the policy. The state of a tag that is not among those given is unknown.
    pub(crate) fn event(&self, states: &[(Tag, TagState)]) -> Event {
        let current_algorithm = states.iter().find_map(|(_, state)| match state {
            TagState::Manifest { digest, .. } | TagState::Remembered(digest) | TagState::Retired(digest) => {
                Some(digest.algorithm())
            }
            TagState::Absent | TagState::Unreadable(_) | TagState::Unknown(_) => None,
        });
        // The policy compares digests as strings, so the pushed content is named in the algorithm of the current one.
        let digest = current_algorithm.map_or_else(|| self.digest(), |algorithm| self.manifest.digest(algorithm));
        let current = |tag: &Tag| match states.iter().find(|(named, _)| named == tag) {
            Some((_, state)) => self.current(state, digest),
            None => Current::Unknown,
        };
        let tags = self.push.tags.iter();
        tags.fold(Event::write(self.push.repository.as_str(), digest.as_str()), |event, tag| {
            event.tag(tag.as_str(), current(tag))
        })
    }

    /// Returns the current state of a tag for the policy. `pushed` is the digest of the pushed content.
    fn current(&self, state: &TagState, pushed: &Digest) -> Current {
        match state {
            TagState::Absent => Current::Absent,
            TagState::Unreadable(_) | TagState::Unknown(_) => Current::Unknown,
            TagState::Remembered(digest) => Current::Digest(self.named(digest, pushed)),
            TagState::Retired(digest) => Current::Retired(self.named(digest, pushed)),
            TagState::Manifest { digest, media_type } if self.manifest.is(digest) => {
                // The same bytes under another media type are another image for those who pull it.
                let is_same = self.manifest.is_declared_as(media_type.as_deref());
                if is_same { Current::Digest(pushed.to_string()) } else { Current::Unknown }
            }
            TagState::Manifest { digest, .. } => Current::Digest(digest.to_string()),
        }
    }

    /// Names a digest as the pushed one is named, if it is of the same content.
    fn named(&self, digest: &Digest, pushed: &Digest) -> String {
        if self.manifest.is(digest) { pushed.to_string() } else { digest.to_string() }
    }

    /// Returns the writes that it makes, one for each tag. `protected` are the tags that a rule protects.
    pub(crate) fn writes(&self, protected: &BTreeSet<Tag>, actor: &str) -> Vec<NewWrite> {
        let write = |tag: &Tag| NewWrite {
            repository: self.push.repository.clone(),
            effect: Effect::Push { tag: tag.clone(), digests: self.manifest.digests(), parts: self.manifest.parts() },
            is_protected: protected.contains(tag),
            actor: actor.to_owned(),
        };
        self.push.tags.iter().map(write).collect()
    }
}
