//! The answer to an event, and the words that it uses.

use serde::Serialize;

/// Whether the event may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It may, under the precondition of each tag.
    Allow,
    /// It may not, and no part of it may.
    Deny,
}

/// What must still hold for a tag at the moment in which the host commits a write.
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
pub enum DecisionCode {
    /// No rule protects the tag, or no tag is touched.
    Unprotected,
    /// Protected, and absent until now.
    FirstPush,
    /// Protected, and already what is pushed.
    SameDigest,
    /// A rule would protect the tag, but exempts this kind of tag.
    Exempt,
    /// Every rule that protects the tag allows its deletion.
    DeletionAllowed,
    /// A rule would deny it, but an override for the tag is active.
    Override,
    /// Denied: a rule protects the tag.
    Immutable,
    /// Denied: the tag was deleted, and its name is used up.
    Retired,
    /// Denied: a rule protects what the host could not look up.
    StateUnknown,
    /// Denied: the event is not a valid event.
    Malformed,
}

impl DecisionCode {
    /// The word itself: `first-push`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::FirstPush => "first-push",
            Self::SameDigest => "same-digest",
            Self::Exempt => "exempt",
            Self::DeletionAllowed => "deletion-allowed",
            Self::Override => "override",
            Self::Immutable => "immutable",
            Self::Retired => "retired",
            Self::StateUnknown => "state-unknown",
            Self::Malformed => "malformed",
        }
    }

    /// Whether it is a permission or a denial.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Immutable | Self::Retired | Self::StateUnknown | Self::Malformed => Outcome::Deny,
            Self::Unprotected
            | Self::FirstPush
            | Self::SameDigest
            | Self::Exempt
            | Self::DeletionAllowed
            | Self::Override => Outcome::Allow,
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
    pub code: DecisionCode,
    /// The id of the rule that decided. `None` where no rule did.
    pub rule: Option<u64>,
    /// The namespace of that rule, `*` for the rule of the whole instance. `None` where no rule decided.
    pub namespace: Option<String>,
    /// The lowest index of the rule's selector pairs that match.
    pub pair: Option<u32>,
    /// What must still hold when the write commits.
    pub precondition: Precondition,
}

/// The answer to an event. Serialises to its JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision<T = TagDecision> {
    /// Whether it may happen.
    pub outcome: Outcome,
    /// Why: the code of the event itself when it is refused as a whole, else that of its first denied tag, else that of its first tag.
    pub code: DecisionCode,
    /// The id of the rule that decided. `None` where no rule did.
    pub rule: Option<u64>,
    /// The namespace of that rule, `*` for the rule of the whole instance. `None` where no rule decided.
    pub namespace: Option<String>,
    /// The lowest index of the rule's selector pairs that match.
    pub pair: Option<u32>,
    /// The revision of the document that decided, 0 where it has none.
    pub revision: u64,
    /// For people: one line of printable ASCII, at most 600 characters. Empty when allowed.
    pub message: String,
    /// The decision for each tag of the event, in its order. Empty for a malformed event.
    pub tags: Vec<T>,
}
