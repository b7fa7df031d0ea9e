//! What a change of the policy does, by rule.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::change::Change;
use super::counts::Changes;
use crate::command::tag_state::TagState;
use crate::command::terminal::printable;

/// The changes of each rule that decides before or after.
#[derive(Default)]
pub(super) struct RuleChanges(BTreeMap<RuleKey, Changes>);

/// A rule of one of the two policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct RuleKey {
    policy: Side,
    rule: u64,
    namespace: String,
}

/// One of the two policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Old,
    New,
}

/// The changes of a rule in JSON, for machines.
#[derive(Serialize)]
pub(super) struct RuleChangesText<'a> {
    #[serde(flatten)]
    key: &'a RuleKey,
    #[serde(flatten)]
    changes: &'a Changes,
}

impl RuleChanges {
    /// Counts a change: for the new rule that decides, or for the old one where no new rule does.
    pub(super) fn add(&mut self, change: Change, old: &TagState, new: &TagState) {
        let new = new.by.as_ref().map(|by| (Side::New, by));
        let old = old.by.as_ref().map(|by| (Side::Old, by));
        let decided = if change == Change::BecomesMutable { old.or(new) } else { new.or(old) };
        if let (Some((policy, by)), true) = (decided, change != Change::Same) {
            let key = RuleKey { policy, rule: by.rule, namespace: by.namespace.clone() };
            self.0.entry(key).or_default().add(change);
        }
    }

    /// Writes a line for each rule: `rule 5 (namespace dev): 3 immutable now`.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        for (RuleKey { policy, rule, namespace }, changes) in &self.0 {
            let policy = if *policy == Side::Old { " of the old policy" } else { "" };
            writeln!(to, "rule {rule} (namespace {}){policy}: {}", printable(namespace), changes.words())?;
        }
        Ok(())
    }

    /// The changes of each rule in JSON, for machines.
    pub(super) fn in_json(&self) -> Vec<RuleChangesText<'_>> {
        self.0.iter().map(|(key, changes)| RuleChangesText { key, changes }).collect()
    }
}
