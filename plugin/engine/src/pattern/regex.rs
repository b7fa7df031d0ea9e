//! Regular expressions: always matched against a whole name, in time that is linear in the length of the name.
//!
//! An expression is compiled to a deterministic automaton whose every state and transition is computed in advance. One that
//! would need too many of them is refused when the document is validated. So no name, however long or odd, makes a match
//! cost more than a few steps a byte.

use super::fault::PatternFault;
use crate::limits;
use crate::reference::is_name_byte;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A regular expression, compiled.
#[derive(Debug)]
pub(crate) struct Regex {
    dfa: DFA,
    /// The states and transitions. Those of a regular expression are all there, so a match adds none.
    cache: RefCell<Cache>,
    transitions: usize,
}

/// How much memory the states may take while they are computed: far more than those that the limits allow ever do.
const STATE_BYTES: usize = 64 << 20;
/// How much memory the expression may take before its states are computed, likewise.
const NFA_BYTES: usize = 1 << 20;
/// How much memory the states of a glob may take for each byte of its expression, and the glob before its states are computed.
const GLOB_STATE_BYTES: usize = 512;
const GLOB_NFA_BYTES: usize = 10 << 20;
/// How deep groups may nest.
const MAX_NESTING: u32 = 64;

impl Regex {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// - `` (empty), `é`, more than 512 bytes
    /// - `a)`, `[z-a]`, `\p{L}`, `(?=a)`: not an expression of the `regex` crate with Unicode off
    /// - `(?u)a`: another flag than `i`, `m`, `s`, `U` and `x`
    /// - `[ab]*a[ab]{20}`: too many states or transitions
    pub(crate) fn compile(text: &str) -> Result<Self, PatternFault> {
        check_text(text)?;
        let dfa = build(text)?;
        let mut cache = dfa.create_cache();
        let transitions = explore(&dfa, &mut cache).ok_or(PatternFault::RegexTooLarge)?;
        Ok(Self { dfa, cache: RefCell::new(cache), transitions })
    }

    /// Compiles the regular expression that globset makes of a glob. Its states are computed when names need them, and
    /// dropped when they are too many: globs were never refused for what they need.
    pub(crate) fn of_glob(text: &str) -> Option<Self> {
        let config = config().cache_capacity(GLOB_STATE_BYTES * text.len());
        let syntax = syntax::Config::new().utf8(false).dot_matches_new_line(true);
        let thompson = thompson::Config::new().utf8(false).nfa_size_limit(Some(GLOB_NFA_BYTES));
        let dfa = DFA::builder().configure(config).syntax(syntax).thompson(thompson).build(text).ok()?;
        let cache = RefCell::new(dfa.create_cache());
        Some(Self { dfa, cache, transitions: 0 })
    }

    /// How many transitions it has: the measure of what it needs.
    pub(crate) fn transitions(&self) -> usize {
        self.transitions
    }

    /// Whether it matches a whole name. `None` where that could not be found out.
    pub(crate) fn is_match(&self, name: &str) -> Option<bool> {
        let mut cache = self.cache.try_borrow_mut().ok()?;
        let mut state = self.dfa.start_state_forward(&mut cache, &whole(name)).ok()?;
        for byte in name.bytes() {
            state = self.dfa.next_state(&mut cache, state, byte).ok()?;
            if state.is_dead() {
                return Some(false);
            }
        }
        // Matches are reported one step late, so the end of the name is a step as well.
        Some(self.dfa.next_eoi_state(&mut cache, state).ok()?.is_match())
    }
}

/// What is searched: from the first byte of a name on.
fn whole(name: &str) -> Input<'_> {
    Input::new(name).anchored(Anchored::Yes)
}

fn check_text(text: &str) -> Result<(), PatternFault> {
    if text.is_empty() {
        return Err(PatternFault::EmptyRegex);
    }
    if text.len() > limits::MAX_PATTERN_BYTES {
        return Err(PatternFault::TooLong);
    }
    if let Some(character) = text.chars().find(|character| !character.is_ascii()) {
        return Err(PatternFault::NotAscii(character));
    }
    match unknown_flag(text) {
        Some(flag) => Err(PatternFault::RegexFlag(flag)),
        None => Ok(()),
    }
}

/// Returns a flag that is not allowed: `u` in `(?u)` or `(?i-u:a)`. What only looks like one, in a class, is refused too.
fn unknown_flag(text: &str) -> Option<char> {
    text.match_indices("(?").find_map(|(at, start)| {
        let rest = text.get(at + start.len()..)?;
        let flags = rest.split_once([')', ':']).map(|(flags, _)| flags)?;
        let is_flags = flags.chars().all(|flag| flag.is_ascii_alphabetic() || flag == '-');
        flags.chars().find(|flag| is_flags && !"imsUx-".contains(*flag))
    })
}

fn build(text: &str) -> Result<DFA, PatternFault> {
    // To clear the states once is to have too many of them.
    let config = config().cache_capacity(STATE_BYTES).minimum_cache_clear_count(Some(0));
    let syntax = syntax::Config::new().unicode(false).utf8(false).nest_limit(MAX_NESTING);
    let thompson = thompson::Config::new().utf8(false).nfa_size_limit(Some(NFA_BYTES));
    let mut builder = DFA::builder();
    let dfa = builder.configure(config).syntax(syntax).thompson(thompson).build(text).map_err(|error| fault(&error))?;
    let has_room = dfa.get_nfa().states().len() <= limits::MAX_REGEX_NFA_STATES;
    if has_room { Ok(dfa) } else { Err(PatternFault::RegexTooLarge) }
}

/// The settings of every automaton.
fn config() -> dfa::Config {
    // All ways to match are followed, so that the longest one is among them.
    DFA::config().match_kind(MatchKind::All).skip_cache_capacity_check(true)
}

/// Why an expression could not be built: it is invalid, or too large.
fn fault(error: &dyn std::error::Error) -> PatternFault {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    // A syntax error shows the expression over several lines, and says on the last one what is wrong.
    match text.rsplit_once("error: ") {
        Some((_, what)) => PatternFault::InvalidRegex(what.trim().to_owned()),
        None => PatternFault::RegexTooLarge,
    }
}

/// Computes every state and transition that a name can reach. Returns how many transitions there are, or `None` where there
/// are too many, or where computing them would take too long.
fn explore(dfa: &DFA, cache: &mut Cache) -> Option<usize> {
    let bytes = distinct_bytes(dfa);
    let mut known = Known::new(cache);
    let start = dfa.start_state_forward(cache, &whole("")).ok()?;
    known.insert(start);
    let mut open = vec![start];
    let mut count = 1;
    while let Some(state) = open.pop() {
        // Each transition walks through all that its state stands for.
        let steps = known.bytes(dfa, cache).saturating_mul(bytes.len());
        let has_room = count * bytes.len() <= limits::MAX_REGEX_TRANSITIONS && count <= limits::MAX_REGEX_STATES;
        if !has_room || steps > limits::MAX_REGEX_STEPS {
            return None;
        }
        known.insert(dfa.next_eoi_state(cache, state).ok()?);
        for byte in &bytes {
            let next = dfa.next_state(cache, state, *byte).ok()?;
            if !is_end(next) && known.insert(next) {
                open.push(next);
                count += 1;
            }
        }
    }
    Some(count * bytes.len())
}

/// The states that have been computed.
struct Known {
    // Filled one by one: a set that is made of a list sorts it, which is code that nothing else here needs.
    states: BTreeSet<LazyStateID>,
    /// The memory of a cache without them.
    empty_bytes: usize,
}

impl Known {
    fn new(cache: &Cache) -> Self {
        Self { states: BTreeSet::new(), empty_bytes: cache.memory_usage() }
    }

    /// Adds a state. Returns whether it is new.
    fn insert(&mut self, state: LazyStateID) -> bool {
        self.states.insert(state)
    }

    /// How many bytes the states stand for: about one for each place in the expression that a state stands for. It is the
    /// same on every machine, so the memory that each state takes anyway is left out: its row of transitions, and what points to
    /// it.
    fn bytes(&self, dfa: &DFA, cache: &Cache) -> usize {
        let pointer = size_of::<&[u8]>();
        let row = (1 << dfa.byte_classes().stride2()) * size_of::<LazyStateID>();
        let each = row + pointer + pointer + size_of::<LazyStateID>();
        cache.memory_usage().saturating_sub(self.empty_bytes + self.states.len() * each)
    }
}

/// Whether nothing can come after a state.
fn is_end(state: LazyStateID) -> bool {
    state.is_dead() || state.is_quit()
}

/// One byte for each class of bytes of names that the expression distinguishes.
fn distinct_bytes(dfa: &DFA) -> Vec<u8> {
    let classes = dfa.byte_classes();
    let mut seen = BTreeSet::new();
    (0..=u8::MAX).filter(|byte| is_name_byte(*byte) && seen.insert(classes.get(*byte))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_whole_names() {
        let table: [(&str, &[&str], &[&str]); 12] = [
            ("v[0-9]+", &["v1", "v12"], &["v", "1", "xv1", "v1x", "V1"]),
            ("a|ab", &["a", "ab"], &["abb", "b"]),
            ("(?i)rc", &["rc", "RC", "Rc"], &["r"]),
            ("a.*b", &["ab", "a/x/b"], &["a", "ba"]),
            ("", &[], &[]),
            ("^x$", &["x"], &["xx"]),
            (r"\bx\b-y", &["x-y"], &["xy"]),
            ("(?x) a b # c", &["ab"], &["a b"]),
            ("(?U)a+", &["a", "aaa"], &["b"]),
            ("(?:a{2}){2,3}", &["aaaa", "aaaaaa"], &["aa", "aaa", "aaaaa"]),
            (r"[\w.-]{0,128}", &["v1.2-x_y"], &["a/b"]),
            ("()|b", &["b"], &["bb"]),
        ];
        for (text, matched, missed) in table.into_iter().filter(|(text, ..)| !text.is_empty()) {
            let regex = Regex::compile(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            matched.iter().for_each(|name| assert_eq!(regex.is_match(name), Some(true), "{text}: {name}"));
            missed.iter().for_each(|name| assert_eq!(regex.is_match(name), Some(false), "{text}: {name}"));
        }
    }

    #[test]
    fn an_invalid_expression_says_why() {
        for (text, expected) in [
            ("a)", "unopened group"),
            ("(a", "unclosed group"),
            ("[z-a]", "invalid character class range"),
            ("*a", "repetition operator missing expression"),
            (r"\p{L}", "Unicode not allowed here"),
            ("(?=a)", "look-around"),
            (r"(a)\1", "backreferences are not supported"),
        ] {
            let fault = Regex::compile(text).map(|_| ()).unwrap_err();
            assert!(matches!(&fault, PatternFault::InvalidRegex(what) if what.contains(expected)), "{text}: {fault:?}");
        }
        for (text, fault) in [
            ("", PatternFault::EmptyRegex),
            ("é", PatternFault::NotAscii('é')),
            ("(?u)a", PatternFault::RegexFlag('u')),
            ("(?i-u:a)", PatternFault::RegexFlag('u')),
            ("(?R)a", PatternFault::RegexFlag('R')),
            ("(?x)#[\n(?u)a", PatternFault::RegexFlag('u')),
            (&"a".repeat(limits::MAX_PATTERN_BYTES + 1), PatternFault::TooLong),
        ] {
            assert_eq!(Regex::compile(text).map(|_| ()).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn an_expression_that_would_explode_is_refused() {
        for text in [
            "[ab]*a[ab]{20}",
            "(((a{100}){100}){100}){100}",
            "([a-e]*a[a-e]{12}x)*",
            ".{0,60}a.{0,60}b.{0,60}c.{0,60}",
            "([a-z0-9]+[.-])*[a-z]{2,64}[0-9]{2,64}x.{1,80}y.{1,80}",
        ] {
            let fault = Regex::compile(text).map(|regex| regex.transitions()).unwrap_err();
            assert_eq!(fault, PatternFault::RegexTooLarge, "{text}");
        }
    }

    #[test]
    fn ordinary_expressions_are_far_from_the_limits() {
        let long: Vec<_> = (0..50).map(|number| format!("team-{number:02}x")).collect();
        for text in [
            r"v[0-9]+\.[0-9]+\.[0-9]+(-rc\.[0-9]+)?",
            ".*(?:^rel-[0-9]{4}).*",
            "[a-f0-9]{40}",
            &long.join("|"),
            "[0-9]{8}(-[a-z0-9]+){0,3}",
            "(?:(?:0|[1-9][0-9]*)\\.){2}(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?(?:_[0-9A-Za-z.-]+)?",
        ] {
            let regex = Regex::compile(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            assert!(regex.transitions() <= limits::MAX_REGEX_TRANSITIONS, "{text}: {}", regex.transitions());
        }
    }
}
