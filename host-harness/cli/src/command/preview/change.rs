//! What changes for a tag when one policy replaces another.

use serde::Serialize;

use crate::command::tag_state::TagState;

/// What changes for a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    /// It could be moved, and can't be moved any more.
    BecomesImmutable,
    /// It could not be moved, and can be moved.
    BecomesMutable,
    /// It stays immutable, but can be deleted and pushed again from now on.
    AllowsDeletion,
    /// It stays immutable, and can't be deleted any more.
    DeniesDeletion,
    /// It stays what it is, by another rule or pair.
    OtherRule,
    /// Nothing changes.
    Same,
}

impl Change {
    pub(super) fn between(old: &TagState, new: &TagState) -> Self {
        match (old.moves, new.moves) {
            (true, false) => Self::BecomesImmutable,
            (false, true) => Self::BecomesMutable,
            (false, false) if !old.can_go && new.can_go => Self::AllowsDeletion,
            (false, false) if old.can_go && !new.can_go => Self::DeniesDeletion,
            _ if (&old.code, &old.by) != (&new.code, &new.by) => Self::OtherRule,
            _ => Self::Same,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::BecomesImmutable => "becomes immutable",
            Self::BecomesMutable => "becomes mutable",
            Self::AllowsDeletion => "allows deletion",
            Self::DeniesDeletion => "denies deletion",
            Self::OtherRule => "other rule",
            Self::Same => "same",
        }
    }

    /// Whether protection is lost.
    pub(super) fn is_loss(self) -> bool {
        matches!(self, Self::BecomesMutable | Self::AllowsDeletion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tag_state::By;

    fn state(code: &str, rule: u64, can_go: bool) -> TagState {
        let by = (rule > 0).then(|| By { rule, namespace: "prod".into(), pair: Some(0) });
        TagState { code: code.into(), by, moves: code != "immutable", can_go }
    }

    #[test]
    fn a_change_is_named_by_what_can_be_done_before_and_after() {
        let (free, exempt) = (state("unprotected", 0, true), state("exempt", 1, true));
        let (kept, deletable) = (state("immutable", 1, false), state("immutable", 1, true));
        let other = state("immutable", 2, false);
        for (old, new, expected) in [
            (&free, &kept, Change::BecomesImmutable),
            (&free, &deletable, Change::BecomesImmutable),
            (&exempt, &kept, Change::BecomesImmutable),
            (&kept, &free, Change::BecomesMutable),
            (&deletable, &exempt, Change::BecomesMutable),
            (&kept, &deletable, Change::AllowsDeletion),
            (&deletable, &other, Change::DeniesDeletion),
            (&kept, &other, Change::OtherRule),
            (&free, &exempt, Change::OtherRule),
            (&free, &free, Change::Same),
            (&kept, &kept, Change::Same),
        ] {
            assert_eq!(Change::between(old, new), expected, "{old:?} to {new:?}");
        }
    }
}
