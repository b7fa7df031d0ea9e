//! How many tags there are of each kind, in each namespace and in all.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::change::Change;
use super::verdict::Verdict;

/// Most namespaces that are counted by themselves, however many a registry has.
const MOST: usize = 100_000;

/// How many tags there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) tags: u64,
    pub(super) immutable: u64,
    /// Immutable, but can be deleted.
    pub(super) deletable: u64,
    pub(super) exempt: u64,
    pub(super) free: u64,
    /// None where nothing is compared.
    #[serde(flatten)]
    pub(super) changes: Option<Changes>,
}

/// How many tags change in each way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Changes {
    pub(super) frozen: u64,
    pub(super) thawed: u64,
    pub(super) loosened: u64,
    pub(super) tightened: u64,
    /// Of the others, those that another rule or pair decides.
    pub(super) rule: u64,
}

/// The counts of all namespaces.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) all: Counts,
    /// What counts begin with.
    none: Counts,
    /// Repositories of one component have no namespace.
    namespaces: BTreeMap<Option<Box<str>>, Counts>,
    /// Of namespaces that came when there were too many.
    others: Counts,
}

impl Counts {
    fn add(&mut self, verdict: &Verdict, change: Option<Change>) {
        self.tags += 1;
        self.immutable += u64::from(!verdict.moves);
        self.deletable += u64::from(!verdict.moves && verdict.can_go);
        self.exempt += u64::from(verdict.is_exempt());
        self.free += u64::from(verdict.moves && !verdict.is_exempt());
        if let (Some(changes), Some(change)) = (&mut self.changes, change) {
            changes.add(change);
        }
    }

    /// The figures of a row: what changes, or else what is.
    fn figures(&self) -> Vec<u64> {
        match &self.changes {
            Some(Changes { frozen, thawed, loosened, tightened, rule: _ }) => {
                vec![self.tags, *frozen, *thawed, *loosened, *tightened]
            }
            None => vec![self.tags, self.immutable, self.deletable, self.exempt, self.free],
        }
    }
}

impl Changes {
    fn add(&mut self, change: Change) {
        match change {
            Change::Frozen => self.frozen += 1,
            Change::Thawed => self.thawed += 1,
            Change::Loosened => self.loosened += 1,
            Change::Tightened => self.tightened += 1,
            Change::Rule => self.rule += 1,
            Change::Same => {}
        }
    }
}

impl Tally {
    /// Counts of nothing yet: what is, or what changes too.
    pub(super) fn new(changes: Option<Changes>) -> Self {
        let none = Counts { changes, ..Counts::default() };
        Self { all: none.clone(), others: none.clone(), namespaces: BTreeMap::new(), none }
    }

    /// Counts a tag of a namespace.
    pub(super) fn add(&mut self, namespace: Option<&str>, verdict: &Verdict, change: Option<Change>) {
        self.all.add(verdict, change);
        self.of(namespace.map(Box::from)).add(verdict, change);
    }

    fn of(&mut self, namespace: Option<Box<str>>) -> &mut Counts {
        if self.namespaces.len() >= MOST && !self.namespaces.contains_key(&namespace) {
            return &mut self.others;
        }
        self.namespaces.entry(namespace).or_insert_with(|| self.none.clone())
    }

    /// Writes the counts of each namespace for people, one a row.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let heads = match self.all.changes {
            Some(_) => ["tags", "frozen", "thawed", "loosened", "tightened"],
            None => ["tags", "immutable", "deletable", "exempt", "free"],
        };
        writeln!(to, "{}", row("namespace", heads.map(str::to_owned)))?;
        let named =
            self.namespaces.iter().map(|(namespace, counts)| (namespace.as_deref().unwrap_or("(none)"), counts));
        let others = (self.others.tags > 0).then_some(("(others)", &self.others));
        named
            .chain(others)
            .try_for_each(|(name, counts)| writeln!(to, "{}", row(name, counts.figures().iter().map(u64::to_string))))
    }

    /// What machines are told of each namespace.
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

fn row(name: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells: String = cells.into_iter().map(|cell| format!("{cell:>11}")).collect();
    format!("{name:<24}{cells}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: &str, can_go: bool) -> Verdict {
        Verdict { code: code.into(), by: None, moves: code != "immutable", can_go }
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
            tally.add(namespace, &verdict(code, can_go), None);
        }
        let counts = |tags, immutable, deletable, exempt, free| Counts {
            tags,
            immutable,
            deletable,
            exempt,
            free,
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
        for number in 0..MOST + 5 {
            tally.add(Some(&number.to_string()), &verdict("immutable", false), Some(Change::Frozen));
        }
        tally.add(Some("0"), &verdict("immutable", false), Some(Change::Frozen));
        assert_eq!((tally.namespaces.len(), tally.others.tags, tally.all.tags), (MOST, 5, MOST as u64 + 6));
        assert_eq!(tally.namespaces[&Some("0".into())].tags, 2);
    }
}
