//! What the gateway promises, and what must be remembered of the past to see that a promise breaks.

use std::fmt;

use crate::case::{Deletion, Digest};

/// What the gateway promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// A protected tag does not move to another digest.
    NeverMoves,
    /// A protected tag that can't be deleted does not lose its image.
    NeverLost,
    /// A tag that was pushed and acknowledged is not removed by a delete from before.
    NeverVanishes,
    /// Once the late-write limit has passed, a read settles every write.
    NeverStuck,
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NeverMoves => "a protected tag moved",
            Self::NeverLost => "a protected tag that can't be deleted lost its image",
            Self::NeverVanishes => "a tag that was just pushed was removed by a delete from before",
            Self::NeverStuck => "a write stays open although the limit has passed",
        })
    }
}

/// What is remembered of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    /// What the tag was under the rule last.
    pub kept: Option<Digest>,
    /// The promise that was broken.
    pub broken: Option<Promise>,
}

impl History {
    /// The registry carries out a push. Whether it was decided under the rule, and whether an override allowed it.
    pub fn pushed(&mut self, digest: Digest, is_protected: bool, is_override: bool) {
        if !is_override && self.kept.is_some_and(|kept| kept != digest) {
            self.broken = Some(Promise::NeverMoves);
        }
        if is_protected {
            self.kept = Some(digest);
        }
    }

    /// The registry carries out a delete that removes the tag. Whether a push was acknowledged since it was forwarded.
    pub fn deleted(&mut self, deletion: Deletion, is_overtaken: bool) {
        match deletion {
            _ if is_overtaken => self.broken = Some(Promise::NeverVanishes),
            Deletion::Deny if self.kept.is_some() => self.broken = Some(Promise::NeverLost),
            Deletion::Allow => self.kept = None,
            Deletion::Deny | Deletion::Retire => {}
        }
    }
}
