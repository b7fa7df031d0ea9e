//! Writes that were forwarded and whose outcome is not known: what they admit, and what settles them.

use std::time::Duration;

use tagseal_distribution::reference::{Digest, Repository, Tag};

/// A gateway that was seen this recently is taken for one that is alive.
const LIVELY: Duration = Duration::from_secs(15);

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Binds a tag to a manifest.
    Push {
        /// The tag.
        tag: Tag,
        /// The digests of the manifest, in every algorithm. The first is the one that is remembered.
        digests: [Digest; 2],
        /// The manifests that it refers to.
        parts: Parts,
    },
    /// Removes a tag.
    DeleteTag(Tag),
    /// Removes a manifest, and all its tags.
    DeleteManifest(Digest),
}

/// The manifests that a manifest refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// These, by digest as it writes them. Those that are indexes refer to more.
    Listed(Vec<String>),
    /// Any, as far as is known.
    Any,
}

/// What a tag or manifest was at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// This manifest. For a delete of a manifest: it was there.
    Digest(Digest),
    /// It is not known.
    Unknown,
}

/// A write that is about to be forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWrite {
    /// Where.
    pub repository: Repository,
    /// What it does.
    pub effect: Effect,
    /// Whether an enabled rule protects its tag.
    pub is_protected: bool,
    /// Who asked for it.
    pub actor: String,
}

/// A write in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWrite {
    /// Its number.
    pub id: i64,
    /// What was asked for.
    pub write: NewWrite,
    /// What the tag or manifest was when it was forwarded. Unknown until then.
    pub before: State,
    /// How many others with the same effect were open at any time while it was.
    pub rivals: i64,
    /// How it is with its gateway.
    pub waiting: Waiting,
    /// When it was claimed: milliseconds of the database's clock since 1970.
    pub begun: i64,
    /// What the registry answered, in words, if its gateway has stopped waiting.
    pub answer: String,
}

/// How it is with the gateway of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// This gateway waits for the registry's answer.
    Here,
    /// Another gateway, last seen alive so long ago, waits for it as far as is known.
    Elsewhere(Duration),
    /// Nobody waits any more, since so long.
    Left(Duration),
}

impl OpenWrite {
    /// Whether the registry can't carry it out any more, by the limit. Without a limit, it always can.
    pub fn is_old(&self, limit: Option<Duration>) -> bool {
        match (self.waiting, limit) {
            (Waiting::Left(since) | Waiting::Elsewhere(since), Some(limit)) => since > limit,
            (Waiting::Here, _) | (_, None) => false,
        }
    }

    /// Whether its end may be near: a gateway that was alive a short while ago waits for its answer.
    pub fn is_under_way(&self) -> bool {
        match self.waiting {
            Waiting::Here => true,
            Waiting::Elsewhere(seen) => seen < LIVELY,
            Waiting::Left(_) => false,
        }
    }

    /// Whether a read that shows a state of its tag has settled it: what is there can have come from it alone.
    ///
    /// `own_rivals` is how many of its rivals are claims of the reader itself, which were not forwarded before the read.
    pub(crate) fn is_shown_by(&self, found: &State, own_rivals: i64) -> bool {
        let had_another_state = match (&self.before, found) {
            (State::Unknown, _) | (_, State::Unknown) => false,
            (before, found) => !before.is(found),
        };
        had_another_state && self.write.effect.makes(found) && self.rivals <= own_rivals
    }

    /// Whether it lets another write be claimed while it is open.
    pub(crate) fn admits(&self, other: &NewWrite) -> bool {
        match (&self.write.effect, &other.effect) {
            _ if !other.is_protected => true,
            // Whether an open push is in the way of a delete of a manifest is for its judgement to say.
            (Effect::Push { .. }, Effect::DeleteManifest(_)) => true,
            (Effect::DeleteManifest(digest), Effect::Push { digests, parts, .. }) => {
                !digests.contains(digest) && !parts.may_need(digest)
            }
            (Effect::DeleteManifest(_), _) => true,
            (Effect::Push { tag, digests, .. }, Effect::Push { tag: other_tag, digests: other_digests, .. }) => {
                tag != other_tag || digests == other_digests
            }
            (Effect::Push { tag, .. } | Effect::DeleteTag(tag), Effect::DeleteTag(other_tag))
            | (Effect::DeleteTag(tag), Effect::Push { tag: other_tag, .. }) => tag != other_tag,
            (Effect::DeleteTag(_), Effect::DeleteManifest(_)) => true,
        }
    }

    /// Whether it is a push that needs a manifest, or is of it.
    pub fn may_bind(&self, digest: &Digest) -> Option<&Tag> {
        match &self.write.effect {
            Effect::Push { tag, digests, parts } if digests.contains(digest) || parts.may_need(digest) => Some(tag),
            Effect::Push { .. } | Effect::DeleteTag(_) | Effect::DeleteManifest(_) => None,
        }
    }
}

impl Effect {
    /// The tag that it writes. A delete of a manifest has none of its own.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Push { tag, .. } | Self::DeleteTag(tag) => Some(tag),
            Self::DeleteManifest(_) => None,
        }
    }

    /// Whether a state is what it makes of its tag or manifest.
    pub(crate) fn makes(&self, found: &State) -> bool {
        match (self, found) {
            (Self::Push { digests, .. }, State::Digest(found)) => digests.contains(found),
            (Self::DeleteTag(_) | Self::DeleteManifest(_), State::Absent) => true,
            _ => false,
        }
    }
}

impl Parts {
    /// Whether a manifest may be among them.
    pub fn may_need(&self, digest: &Digest) -> bool {
        match self {
            Self::Listed(parts) => parts.iter().any(|part| part == digest.as_str()),
            Self::Any => true,
        }
    }
}

impl State {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            // Digests in different algorithms may be of the same manifest.
            (Self::Digest(one), Self::Digest(other)) => one == other || one.algorithm() != other.algorithm(),
            (one, other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use tagseal_distribution::reference::Algorithm;

    use super::*;

    fn digests(content: &str) -> [Digest; 2] {
        [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| algorithm.digest(content.as_bytes()))
    }

    fn state(content: &str) -> State {
        let [digest, _] = digests(content);
        State::Digest(digest)
    }

    fn push(tag: &str, content: &str) -> Effect {
        Effect::Push { tag: Tag::parse(tag).unwrap(), digests: digests(content), parts: Parts::Listed(Vec::new()) }
    }

    fn delete(tag: &str) -> Effect {
        Effect::DeleteTag(Tag::parse(tag).unwrap())
    }

    fn delete_manifest(content: &str) -> Effect {
        let [digest, _] = digests(content);
        Effect::DeleteManifest(digest)
    }

    fn new(effect: Effect) -> NewWrite {
        let repository = Repository::parse("prod/app").unwrap();
        NewWrite { repository, effect, is_protected: true, actor: String::new() }
    }

    fn open(effect: Effect, before: State, rivals: i64) -> OpenWrite {
        let waiting = Waiting::Left(Duration::from_secs(60));
        OpenWrite { id: 1, write: new(effect), before, rivals, waiting, begun: 0, answer: String::new() }
    }

    #[test]
    fn what_an_open_write_admits() {
        let table = [
            (push("v1", "a"), push("v1", "a"), true),
            (push("v1", "a"), push("v1", "b"), false),
            (push("v1", "a"), push("v2", "b"), true),
            (push("v1", "a"), delete("v1"), false),
            (push("v1", "a"), delete("v2"), true),
            (push("v1", "a"), delete_manifest("a"), true),
            (delete("v1"), push("v1", "a"), false),
            (delete("v1"), delete("v1"), false),
            (delete("v1"), delete("v2"), true),
            (delete_manifest("a"), push("v1", "a"), false),
            (delete_manifest("a"), push("v1", "b"), true),
            (delete_manifest("a"), delete("v1"), true),
        ];
        for (first, second, admitted) in table {
            let open = open(first, State::Unknown, 0);
            assert_eq!(open.admits(&new(second.clone())), admitted, "{:?} {second:?}", open.write.effect);
        }
    }

    #[test]
    fn while_a_delete_of_a_manifest_is_open_no_index_that_needs_it_is_pushed() {
        let [part, _] = digests("a");
        let open = open(delete_manifest("a"), State::Unknown, 0);
        let index = |parts| match push("v1", "index") {
            Effect::Push { tag, digests, .. } => new(Effect::Push { tag, digests, parts }),
            other => new(other),
        };
        assert!(!open.admits(&index(Parts::Listed(vec![part.to_string()]))));
        assert!(!open.admits(&index(Parts::Any)));
        assert!(open.admits(&index(Parts::Listed(vec!["sha256:other".to_owned()]))));
    }

    #[test]
    fn a_read_settles_a_write_only_when_what_it_shows_can_have_come_from_it_alone() {
        let table = [
            (push("v1", "a"), State::Absent, 0, state("a"), true),
            (push("v1", "a"), state("b"), 0, state("a"), true),
            (push("v1", "a"), State::Absent, 1, state("a"), false),
            (push("v1", "a"), state("a"), 0, state("a"), false),
            (push("v1", "a"), State::Unknown, 0, state("a"), false),
            (push("v1", "a"), State::Absent, 0, State::Absent, false),
            (push("v1", "a"), State::Absent, 0, state("b"), false),
            (push("v1", "a"), State::Absent, 0, State::Unknown, false),
            (delete("v1"), state("a"), 0, State::Absent, true),
            (delete("v1"), State::Absent, 0, State::Absent, false),
            (delete("v1"), state("a"), 0, state("b"), false),
            (delete_manifest("a"), state("a"), 0, State::Absent, true),
            (delete_manifest("a"), state("a"), 1, State::Absent, false),
        ];
        for (effect, before, rivals, found, settled) in table {
            let open = open(effect, before, rivals);
            assert_eq!(open.is_shown_by(&found, 0), settled, "{open:?} {found:?}");
            assert!(settled || rivals == 0 || open.is_shown_by(&found, rivals), "the reader's own claim is no rival");
        }
    }

    #[test]
    fn a_write_is_old_once_the_limit_has_passed_since_nobody_waits() {
        let mut write = open(push("v1", "a"), State::Absent, 0);
        assert!(write.is_old(Some(Duration::from_secs(59))));
        assert!(!write.is_old(Some(Duration::from_secs(61))));
        assert!(!write.is_old(None));
        write.waiting = Waiting::Here;
        assert!(!write.is_old(Some(Duration::ZERO)));
    }
}
