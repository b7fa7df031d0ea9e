//! Finds the rule of a namespace among a million.

use crate::selector::{Arena, Span};

/// The rules of named namespaces, by name.
///
/// Sorted by a hash of the name, with a table of where each run of hashes begins: one step for nearly every name, and no
/// more than a binary search for names chosen to collide. The hash is the same everywhere, and no order depends on it.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    entries: Vec<Entry>,
    /// For each value of the hash's upper bits, the first entry that has it or a greater one.
    runs: Vec<u32>,
    shift: u32,
}

/// A namespace and the index of its rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Span,
    pub(crate) rule: u32,
    hash: u32,
}

impl Entry {
    /// Of a name that is in the arena.
    pub(crate) fn new(arena: &Arena, name: Span, rule: u32) -> Self {
        Self { name, rule, hash: hash(arena.text(name)) }
    }
}

impl Namespaces {
    /// Of entries in any order. None where a name is there twice.
    pub(crate) fn new(arena: &Arena, mut entries: Vec<Entry>) -> Option<Self> {
        entries.sort_unstable_by(|one, other| {
            one.hash.cmp(&other.hash).then_with(|| arena.text(one.name).cmp(arena.text(other.name)))
        });
        let twice = |pair: &[Entry]| match pair {
            [one, other] => one.hash == other.hash && arena.text(one.name) == arena.text(other.name),
            _ => false,
        };
        if entries.windows(2).any(twice) {
            return None;
        }
        let bits = entries.len().max(2).ilog2();
        let shift = u32::BITS - bits;
        let mut runs = Vec::with_capacity((1 << bits) + 1);
        for (entry, at) in entries.iter().zip(0..) {
            runs.resize(runs.len().max((entry.hash >> shift) as usize + 1), at);
        }
        runs.resize((1 << bits) + 1, u32::try_from(entries.len()).ok()?);
        Some(Self { entries, runs, shift })
    }

    /// The index of the rule of a namespace.
    pub(crate) fn find(&self, arena: &Arena, name: &str) -> Option<u32> {
        let hash = hash(name);
        let run = (hash >> self.shift) as usize;
        let (start, end) = (*self.runs.get(run)?, *self.runs.get(run + 1)?);
        let entries = self.entries.get(start as usize..end as usize)?;
        let found = entries
            .binary_search_by(|entry| entry.hash.cmp(&hash).then_with(|| arena.text(entry.name).cmp(name)))
            .ok()?;
        entries.get(found).map(|entry| entry.rule)
    }
}

/// FNV-1a of a name, its upper bits mixed in from the lower ones.
fn hash(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)).wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 1_000] {
            let mut arena = Arena::default();
            let spans: Vec<_> = (0..count).map(|number| arena.add(&format!("n{number}")).unwrap()).collect();
            let entries = spans.iter().zip(0..).map(|(span, rule)| Entry::new(&arena, *span, rule)).collect();
            let namespaces = Namespaces::new(&arena, entries).unwrap();
            for number in 0..count {
                assert_eq!(namespaces.find(&arena, &format!("n{number}")), Some(number), "of {count}");
            }
            assert_eq!(namespaces.find(&arena, "n"), None);
        }
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let mut arena = Arena::default();
        let [one, other] = ["prod", "prod"].map(|name| arena.add(name).unwrap());
        let entries = vec![Entry::new(&arena, one, 0), Entry::new(&arena, other, 1)];
        assert!(Namespaces::new(&arena, entries).is_none());
    }
}
