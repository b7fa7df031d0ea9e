//! The answer to an event, and the words in which it is given.

use serde::Serialize;

/// Whether what was asked about may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It may, under the precondition of each tag.
    Allow,
    /// It may not, and no part of it may.
    Deny,
}

/// What must still hold for a tag in the instant in which the host commits a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precondition {
    /// Nothing: the decision does not depend on what the tag is now.
    Unconditional,
    /// The tag is still absent.
    Absent,
    /// The tag still has the digest that the event gave as its current one.
    Unchanged,
}

/// Why, as a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No rule protects the tag, or no tag is touched.
    Unprotected,
    /// Protected, and absent until now.
    FirstPush,
    /// Protected, and already what is pushed.
    SameDigest,
    /// A rule would protect the tag, but leaves its kind alone.
    Exempt,
    /// Every rule that protects the tag allows its deletion.
    DeletionAllowed,
    /// Denied: a rule protects the tag.
    Immutable,
    /// Denied: a rule protects what the host could not look up.
    StateUnknown,
    /// Denied: the event is not one.
    Malformed,
}

impl Code {
    /// The word itself: `first-push`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::FirstPush => "first-push",
            Self::SameDigest => "same-digest",
            Self::Exempt => "exempt",
            Self::DeletionAllowed => "deletion-allowed",
            Self::Immutable => "immutable",
            Self::StateUnknown => "state-unknown",
            Self::Malformed => "malformed",
        }
    }

    /// What it means for the one who asked.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Immutable | Self::StateUnknown | Self::Malformed => Outcome::Deny,
            Self::Unprotected | Self::FirstPush | Self::SameDigest | Self::Exempt | Self::DeletionAllowed => {
                Outcome::Allow
            }
        }
    }

    /// What must still hold when the host commits.
    pub const fn precondition(self) -> Precondition {
        match self {
            Self::FirstPush => Precondition::Absent,
            Self::SameDigest => Precondition::Unchanged,
            _ => Precondition::Unconditional,
        }
    }
}

/// What was decided for one tag of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagDecision {
    /// The tag.
    pub tag: String,
    /// Whether this tag may be written or deleted.
    pub outcome: Outcome,
    /// Why.
    pub code: Code,
    /// The id of the rule that decided, none where no rule did.
    pub rule: Option<u64>,
    /// The lowest index of the rule's selector pairs that hold.
    pub pair: Option<u32>,
    /// What must still hold when the write commits.
    pub precondition: Precondition,
}

/// The answer to an event. Serialises to its JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Whether it may happen.
    pub outcome: Outcome,
    /// Why: of the event's own refusal, else of its first denied tag, else of its first tag.
    pub code: Code,
    /// The id of the rule that decided, none where no rule did.
    pub rule: Option<u64>,
    /// The lowest index of the rule's selector pairs that hold.
    pub pair: Option<u32>,
    /// The revision of the document that decided, 0 where it has none.
    pub revision: u64,
    /// For people: one line of printable ASCII, at most 600 characters. Empty when allowed.
    pub message: String,
    /// The decision for each tag of the event, in its order. Empty for a malformed event.
    pub tags: Vec<TagDecision>,
}
