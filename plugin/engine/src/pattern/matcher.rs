//! Matchers of patterns that need a regular expression: compiled when first asked, kept in a bounded cache.

use super::regex::Regex;
use globset::GlobBuilder;
use std::cell::RefCell;
use std::fmt;

/// How many bytes of pattern text the cache may hold compiled. A byte of pattern costs about half a KiB of matcher.
const MAX_CACHED_BYTES: usize = 128 << 10;

/// The patterns of a policy that need an expression, each once.
#[derive(Debug, Default)]
pub(crate) struct Matchers {
    patterns: Vec<Box<str>>,
    cache: RefCell<Cache>,
}

impl Matchers {
    /// Of distinct patterns. Their index is how they are asked for.
    pub(crate) fn new(patterns: Vec<Box<str>>) -> Self {
        let cache = RefCell::new(Cache { slots: vec![None; patterns.len()], ..Cache::default() });
        Self { patterns, cache }
    }

    /// Whether a pattern matches. `None` where that could not be found out.
    // Most patterns need no expression, and are not to pay for the room that compiling one takes on the stack.
    #[inline(never)]
    pub(crate) fn is_match(&self, index: u32, subject: &str) -> Option<bool> {
        let index = index as usize;
        let mut cache = self.cache.try_borrow_mut().ok()?;
        if let Some(matcher) = cache.find(index) {
            return matcher.is_match(subject);
        }
        let pattern = self.patterns.get(index)?;
        let matcher = compile(pattern)?;
        let verdict = matcher.is_match(subject)?;
        cache.keep(Entry { index, weight: pattern.len(), asked: false, matcher });
        Some(verdict)
    }
}

/// Compiles a pattern. globset reads it, and writes what it means as a regular expression. Its own matchers are not used: they
/// bring several ways to search long texts, which names are not, and would make the component a fifth larger.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).empty_alternates(true).build();
    Regex::of_glob(glob.ok()?.regex())
}

/// Compiled matchers, at most `MAX_CACHED_BYTES` of patterns: the one that goes is the next in turn that was not asked
/// since the last turn ("second chance"). What is kept changes how long an answer takes, and never the answer.
#[derive(Default)]
struct Cache {
    /// For each pattern, where in `entries` its matcher is.
    slots: Vec<Option<u32>>,
    entries: Vec<Entry>,
    weight: usize,
    turn: usize,
}

struct Entry {
    index: usize,
    weight: usize,
    asked: bool,
    matcher: Regex,
}

impl Cache {
    fn find(&mut self, index: usize) -> Option<&Regex> {
        let slot = (*self.slots.get(index)?)?;
        let entry = self.entries.get_mut(slot as usize)?;
        entry.asked = true;
        Some(&entry.matcher)
    }

    fn keep(&mut self, entry: Entry) {
        while self.weight + entry.weight > MAX_CACHED_BYTES && !self.entries.is_empty() {
            self.turn();
        }
        self.weight += entry.weight;
        self.place(entry.index, Some(self.entries.len()));
        self.entries.push(entry);
    }

    /// Gives the entry whose turn it is a second chance, or drops it.
    fn turn(&mut self) {
        if self.turn >= self.entries.len() {
            self.turn = 0;
        }
        match self.entries.get_mut(self.turn) {
            Some(entry) if entry.asked => {
                entry.asked = false;
                self.turn += 1;
            }
            Some(_) => self.drop_entry(self.turn),
            None => {}
        }
    }

    fn drop_entry(&mut self, at: usize) {
        let dropped = self.entries.swap_remove(at);
        self.weight -= dropped.weight;
        self.place(dropped.index, None);
        if let Some(moved) = self.entries.get(at) {
            self.place(moved.index, Some(at));
        }
    }

    fn place(&mut self, index: usize, at: Option<usize>) {
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = at.and_then(|at| u32::try_from(at).ok());
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cache").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_stays_within_its_bound_and_answers_alike() {
        let patterns: Vec<Box<str>> =
            (0..600).map(|number| format!("{{{},y}}?{number}", "x".repeat(490)).into()).collect();
        let matchers = Matchers::new(patterns);
        for _ in 0..2 {
            for number in 0..600 {
                assert_eq!(matchers.is_match(number, &format!("yz{number}")), Some(true));
                assert_eq!(matchers.is_match(number, "yz"), Some(false));
                assert!(matchers.cache.borrow().weight <= MAX_CACHED_BYTES);
            }
        }
        assert!(matchers.cache.borrow().entries.len() > 200);
        assert_eq!(matchers.is_match(600, "x"), None);
    }
}
