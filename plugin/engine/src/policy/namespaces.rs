//! Finds the rule of a namespace among a million.

use super::arena::{Arena, Span};
use crate::pattern::text_match::is_same;

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

/// Up to so many entries, looking at each is faster than a search.
const FEW: usize = 8;

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
    /// Sorts entries. Returns `None` where a name is given twice.
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
    #[inline]
    pub(crate) fn find(&self, arena: &Arena, name: &str) -> Option<u32> {
        let name = name.as_bytes();
        let hash = hash(name);
        let run = (hash >> self.shift) as usize;
        let (start, end) = (*self.runs.get(run)?, *self.runs.get(run + 1)?);
        let entries = self.entries.get(start as usize..end as usize)?;
        let found = if entries.len() <= FEW {
            entries.iter().find(|entry| entry.hash == hash && is_same(arena.text(entry.name), name))
        } else {
            let order = |entry: &Entry| entry.hash.cmp(&hash).then_with(|| arena.text(entry.name).cmp(name));
            entries.binary_search_by(order).ok().and_then(|found| entries.get(found))
        };
        found.map(|entry| entry.rule)
    }
}

/// A hash of a name, whose upper bits are as good as any.
#[inline]
fn hash(name: &[u8]) -> u32 {
    // Fibonacci hashing, by the word: by the byte, each step would wait for the one before.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 32)
    };
    let (words, rest) = name.as_chunks::<8>();
    let last = rest.iter().fold(rest.len() as u64, |word, byte| (word << 8) | u64::from(*byte));
    let hash = words.iter().map(|word| u64::from_le_bytes(*word)).fold(0, mix);
    (mix(hash, last).wrapping_mul(FACTOR) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 100_000] {
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
