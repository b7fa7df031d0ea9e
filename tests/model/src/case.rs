//! What is explored: the requests, what may go wrong, and which step of the protocol is left out.

use std::fmt;

/// One of two images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    /// The first.
    A,
    /// The other.
    B,
}

/// What a client asks for, about the one tag. A client that tries again is a second request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// To push an image under the tag.
    Push(Digest),
    /// To push an image under the tag, with an override that is active.
    Override(Digest),
    /// To delete the tag.
    DeleteTag,
    /// To delete a manifest, and the tag with it if it is that manifest.
    DeleteManifest(Digest),
}

impl Request {
    /// Whether it is a push or an override.
    pub fn is_push(self) -> bool {
        matches!(self, Self::Push(_) | Self::Override(_))
    }
}

/// What the rule says about deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deletion {
    /// The tag can't be deleted.
    Deny,
    /// The tag can be deleted, and its name be used again.
    Allow,
    /// The tag can be deleted, but only the same image may come back.
    Retire,
}

/// A step of the protocol that is left out or done wrongly, to see that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Omission {
    /// The claim is written once the registry has answered, not before the request is forwarded.
    ClaimBeforeForward,
    /// A write is decided by the rules that were active before its claim was written.
    RulesAfterClaim,
    /// The registry is read before the claim is written, not after.
    ReadAfterClaim,
    /// What was read early counts, whatever was pushed since: nobody looks into the journal or the ledger under the locks.
    EarlyReadConfirmed,
    /// What was read early counts although a write was open that may set the tag: nobody asks the ledger, neither before the
    /// read nor under the locks.
    EarlyReadAsksLedger,
    /// A read settles every write whose effect it shows.
    CarefulReads,
    /// A read settles a write although the tag was the same before it.
    StateBefore,
    /// A read settles a write although another one with the same effect was open.
    Rivals,
    /// A read settles writes that were claimed after it.
    ReadAfterWrite,
    /// A push of the digest that the tag has leaves no claim.
    ClaimOfSameDigest,
    /// A delete leaves no claim.
    ClaimOfDelete,
    /// A write that no rule protects leaves no claim.
    ClaimOfUnprotected,
    /// Any answer of the registry settles the write, also a 5xx.
    UnclearStaysOpen,
    /// An answer settles all writes of the tag, not only its own.
    OwnAnswerOnly,
    /// An answer binds the tag although somebody else has settled its write before.
    SettledByOthers,
    /// The claims of a gateway are gone when it starts again.
    ClaimSurvivesRestart,
    /// The limit counts from the start of a write, not from when its gateway stopped waiting.
    LimitFromTheEnd,
    /// An override ignores open writes.
    OverrideWaits,
    /// A delete of a tag ignores open pushes.
    DeleteWaits,
    /// A delete of a manifest ignores open pushes.
    ManifestDeleteSeesPushes,
    /// A delete of a manifest looks at open pushes when it is decided, not when it was claimed.
    PushesSeenAtClaim,
    /// A push ignores open deletes of tags.
    PushSeesDeletes,
    /// A push ignores open deletes of its manifest.
    PushSeesManifestDeletes,
    /// A tag that was bound and is absent may be used again.
    Memory,
    /// A write of a killed gateway never counts as too old.
    Limit,
}

/// What is explored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What clients ask for, in any order and at any time.
    pub requests: Vec<Request>,
    /// What the rule says about deletes.
    pub deletion: Deletion,
    /// What the tag is at first.
    pub tag: Option<Digest>,
    /// Whether the rule is active from the start. If not, it becomes active at any time.
    pub is_protected: bool,
    /// How often a gateway may be killed.
    pub kills: u8,
    /// How often a gateway may lose its locks in the database and not notice. A gateway that is alone has them in its own memory.
    pub lost_locks: u8,
    /// Whether there is one gateway, whose ledger nobody shares. Otherwise there are two.
    pub is_alone: bool,
    /// What is left out of the protocol.
    pub omission: Option<Omission>,
}

impl Case {
    /// These requests about a tag that is absent and protected, with one kill and one lost lock, and nothing left out.
    pub fn new(requests: &[Request], deletion: Deletion) -> Self {
        let requests = requests.to_vec();
        let (is_protected, is_alone) = (true, false);
        Self { requests, deletion, tag: None, is_protected, kills: 1, lost_locks: 1, is_alone, omission: None }
    }

    /// The same about a tag that is this image at first.
    #[must_use]
    pub fn with_tag(self, digest: Digest) -> Self {
        Self { tag: Some(digest), ..self }
    }

    /// The same where the rule comes later.
    #[must_use]
    pub fn with_later_rule(self) -> Self {
        Self { is_protected: false, ..self }
    }

    /// The same with one gateway. Its locks are in its own memory, and can't be lost.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { is_alone: true, lost_locks: 0, ..self }
    }

    /// The same with a step left out.
    #[must_use]
    pub fn without(self, omission: Omission) -> Self {
        Self { omission: Some(omission), ..self }
    }

    /// Whether this step is left out.
    pub fn omits(&self, omission: Omission) -> bool {
        self.omission == Some(omission)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, deletion, tag, is_protected, kills, lost_locks, is_alone, omission } = self;
        write!(
            formatter,
            "requests {requests:?}, deletion {deletion:?}, the tag is {tag:?} at first, protected from the start: \
             {is_protected}, kills {kills}, lost locks {lost_locks}, one gateway alone: {is_alone}, left out: {omission:?}"
        )
    }
}
