//! What becomes of a tag when one policy replaces another.

use serde::Serialize;

use super::verdict::Verdict;

/// What becomes of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Change {
    /// It moves, and will not.
    Frozen,
    /// It does not move, and will.
    Thawed,
    /// It does not move, but can be deleted and pushed again from now on.
    Loosened,
    /// It does not move, and can't be deleted any more.
    Tightened,
    /// Another rule or pair says the same.
    Rule,
    /// Nothing.
    Same,
}

impl Change {
    pub(super) fn between(old: &Verdict, new: &Verdict) -> Self {
        match (old.moves, new.moves) {
            (true, false) => Self::Frozen,
            (false, true) => Self::Thawed,
            (false, false) if !old.can_go && new.can_go => Self::Loosened,
            (false, false) if old.can_go && !new.can_go => Self::Tightened,
            _ if (&old.code, &old.by) != (&new.code, &new.by) => Self::Rule,
            _ => Self::Same,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Thawed => "thawed",
            Self::Loosened => "loosened",
            Self::Tightened => "tightened",
            Self::Rule => "rule",
            Self::Same => "same",
        }
    }

    /// Whether it takes protection away.
    pub(super) fn is_loss(self) -> bool {
        matches!(self, Self::Thawed | Self::Loosened)
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict::By;
    use super::*;

    fn verdict(code: &str, rule: u64, can_go: bool) -> Verdict {
        let by = (rule > 0).then(|| By { rule, namespace: "prod".into(), pair: Some(0) });
        Verdict { code: code.into(), by, moves: code != "immutable", can_go }
    }

    #[test]
    fn a_change_is_named_by_what_can_be_done_before_and_after() {
        let (free, exempt) = (verdict("unprotected", 0, true), verdict("exempt", 1, true));
        let (kept, deletable) = (verdict("immutable", 1, false), verdict("immutable", 1, true));
        let other = verdict("immutable", 2, false);
        for (old, new, expected) in [
            (&free, &kept, Change::Frozen),
            (&free, &deletable, Change::Frozen),
            (&exempt, &kept, Change::Frozen),
            (&kept, &free, Change::Thawed),
            (&deletable, &exempt, Change::Thawed),
            (&kept, &deletable, Change::Loosened),
            (&deletable, &other, Change::Tightened),
            (&kept, &other, Change::Rule),
            (&free, &exempt, Change::Rule),
            (&free, &free, Change::Same),
            (&kept, &kept, Change::Same),
        ] {
            assert_eq!(Change::between(old, new), expected, "{old:?} to {new:?}");
        }
    }
}
