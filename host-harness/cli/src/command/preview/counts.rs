//! How many tags there are of each kind, in each namespace and in all.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::change::Change;
use crate::command::tag_state::TagState;

/// The most namespaces that are counted one by one, however many a registry has.
const MAX_NAMESPACES: usize = 100_000;

/// How many tags there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) tags: u64,
    pub(super) immutable: u64,
    /// Immutable, but can be deleted.
    pub(super) deletable: u64,
    pub(super) exempt: u64,
    pub(super) mutable: u64,
    /// None where nothing is compared.
    #[serde(flatten)]
    pub(super) changes: Option<Changes>,
}

/// How many tags change in each way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Changes {
    pub(super) becomes_immutable: u64,
    pub(super) becomes_mutable: u64,
    pub(super) allows_deletion: u64,
    pub(super) denies_deletion: u64,
    /// Of the others, those that another rule or pair decides.
    pub(super) other_rule: u64,
}

/// The counts of all namespaces.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) all: Counts,
    /// What counts begin with.
    none: Counts,
    /// Repositories of one component have no namespace.
    namespaces: BTreeMap<Option<Box<str>>, Counts>,
    /// Of the namespaces after the first ones, where there are too many.
    others: Counts,
}

impl Counts {
    fn add(&mut self, state: &TagState, change: Option<Change>) {
        self.tags += 1;
        self.immutable += u64::from(!state.moves);
        self.deletable += u64::from(!state.moves && state.can_go);
        self.exempt += u64::from(state.is_exempt());
        self.mutable += u64::from(state.moves && !state.is_exempt());
        if let (Some(changes), Some(change)) = (&mut self.changes, change) {
            changes.add(change);
        }
    }

    /// The figures of a row: what changes, or else what is.
    fn figures(&self) -> [u64; 5] {
        match &self.changes {
            Some(changes) => [
                self.tags,
                changes.becomes_immutable,
                changes.becomes_mutable,
                changes.allows_deletion,
                changes.denies_deletion,
            ],
            None => [self.tags, self.immutable, self.deletable, self.exempt, self.mutable],
        }
    }
}

impl Changes {
    /// The kinds of changes that there are: `3 immutable now, deletion allowed for 1`.
    pub(super) fn words(&self) -> String {
        let kinds = [
            (self.becomes_immutable, format!("{} immutable now", self.becomes_immutable)),
            (self.becomes_mutable, format!("{} mutable now", self.becomes_mutable)),
            (self.allows_deletion, format!("deletion allowed for {}", self.allows_deletion)),
            (self.denies_deletion, format!("deletion denied for {}", self.denies_deletion)),
            (self.other_rule, format!("{} by another rule than before", self.other_rule)),
        ];
        kinds.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn add(&mut self, change: Change) {
        match change {
            Change::BecomesImmutable => self.becomes_immutable += 1,
            Change::BecomesMutable => self.becomes_mutable += 1,
            Change::AllowsDeletion => self.allows_deletion += 1,
            Change::DeniesDeletion => self.denies_deletion += 1,
            Change::OtherRule => self.other_rule += 1,
            Change::Same => {}
        }
    }
}

impl Tally {
    /// Makes counts of nothing yet, with or without changes.
    pub(super) fn new(changes: Option<Changes>) -> Self {
        let none = Counts { changes, ..Counts::default() };
        Self { all: none.clone(), others: none.clone(), namespaces: BTreeMap::new(), none }
    }

    /// Counts a tag of a namespace.
    pub(super) fn add(&mut self, namespace: Option<&str>, state: &TagState, change: Option<Change>) {
        self.all.add(state, change);
        self.of(namespace.map(Box::from)).add(state, change);
    }

    fn of(&mut self, namespace: Option<Box<str>>) -> &mut Counts {
        if self.namespaces.len() >= MAX_NAMESPACES && !self.namespaces.contains_key(&namespace) {
            return &mut self.others;
        }
        self.namespaces.entry(namespace).or_insert_with(|| self.none.clone())
    }

    /// Writes the counts of each namespace for people, one a row.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let heads = match self.all.changes {
            Some(_) => ["tags", "becomes immutable", "becomes mutable", "allows deletion", "denies deletion"],
            None => ["tags", "immutable", "deletable", "exempt", "mutable"],
        };
        let widths = heads.map(|head| head.len().max(9) + 2);
        writeln!(to, "{}", row("namespace", &widths, heads.map(str::to_owned)))?;
        let named =
            self.namespaces.iter().map(|(namespace, counts)| (namespace.as_deref().unwrap_or("(none)"), counts));
        let others = (self.others.tags > 0).then_some(("(others)", &self.others));
        named.chain(others).try_for_each(|(name, counts)| {
            writeln!(to, "{}", row(name, &widths, counts.figures().map(|figure| figure.to_string())))
        })
    }

    /// The counts of each namespace in JSON, for machines.
    pub(super) fn in_json(&self) -> Vec<OfNamespace<'_>> {
        let named = self.namespaces.iter();
        named.map(|(namespace, counts)| OfNamespace { namespace: namespace.as_deref(), counts }).collect()
    }

    /// The counts of namespaces that are not counted by themselves. None where there are none.
    pub(super) fn others(&self) -> Option<&Counts> {
        (self.others.tags > 0).then_some(&self.others)
    }
}

/// The counts of a namespace, for machines.
#[derive(Serialize)]
pub(super) struct OfNamespace<'a> {
    namespace: Option<&'a str>,
    #[serde(flatten)]
    counts: &'a Counts,
}

fn row(name: &str, widths: &[usize], cells: [String; 5]) -> String {
    let cells: String = widths.iter().zip(cells).map(|(width, cell)| format!("{cell:>width$}")).collect();
    format!("{name:<24}{cells}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(code: &str, can_go: bool) -> TagState {
        TagState { code: code.into(), by: None, moves: code != "immutable", can_go }
    }

    #[test]
    fn every_tag_is_counted_once_in_its_namespace_and_in_all() {
        let mut tally = Tally::new(None);
        for (namespace, code, can_go) in [
            (Some("prod"), "immutable", false),
            (Some("prod"), "immutable", true),
            (Some("prod"), "exempt", true),
            (Some("dev"), "unprotected", true),
            (None, "unprotected", true),
        ] {
            tally.add(namespace, &state(code, can_go), None);
        }
        let counts = |tags, immutable, deletable, exempt, mutable| Counts {
            tags,
            immutable,
            deletable,
            exempt,
            mutable,
            changes: None,
        };
        assert_eq!(tally.all, counts(5, 2, 1, 1, 2));
        let namespaces: Vec<_> = tally.namespaces.into_iter().collect();
        let expected = [
            (None, counts(1, 0, 0, 0, 1)),
            (Some("dev"), counts(1, 0, 0, 0, 1)),
            (Some("prod"), counts(3, 2, 1, 1, 0)),
        ];
        assert_eq!(namespaces, expected.map(|(name, counts)| (name.map(Box::from), counts)));
    }

    #[test]
    fn more_namespaces_than_are_kept_are_counted_together() {
        let mut tally = Tally::new(Some(Changes::default()));
        for number in 0..MAX_NAMESPACES + 5 {
            tally.add(Some(&number.to_string()), &state("immutable", false), Some(Change::BecomesImmutable));
        }
        tally.add(Some("0"), &state("immutable", false), Some(Change::BecomesImmutable));
        assert_eq!(
            (tally.namespaces.len(), tally.others.tags, tally.all.tags),
            (MAX_NAMESPACES, 5, MAX_NAMESPACES as u64 + 6)
        );
        assert_eq!(tally.namespaces[&Some("0".into())].tags, 2);
    }
}
