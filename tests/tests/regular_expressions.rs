//! What the worst regular expressions cost: each is refused, or a decision with it costs at most 50 ordinary ones, and one
//! with a rule full of them at most 500. Costs are fuel, which counts instructions, so they are the same on every machine.
#![cfg(test)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::Path;
use tagseal::contract::{Current, Event};
use tagseal::{Cache, CompileError, Component, Policy, Settings};
use tagseal_tests::generate::tries;
use tagseal_tests::hostile_regex::{HOSTILE, Side, document, pattern};

/// More fuel than anything uses: it is counted here, not limited.
const PLENTY: u64 = 1 << 60;
/// How many ordinary decisions one with a hostile expression may cost.
const MAX_DECISIONS: u64 = 50;
/// How many ordinary decisions one with a rule full of hostile expressions may cost.
const MAX_DECISIONS_OF_A_RULE: u64 = 500;
/// How many expressions a rule may have.
const MAX_EXPRESSIONS: usize = 32;
/// How much fuel compiling an expression may use, or refusing it. The worst one, `(?:.?){900}`, uses 332 million, and
/// `tagseal check` of it takes 50 ms longer than of `v.*`, on a virtual machine with two cores. The aim is a tenth of a second.
const MAX_COMPILE_FUEL: u64 = 400_000_000;

/// What names are made of, again and again, up to their greatest length.
const UNITS: [&str; 9] = ["a", "ab", "aab", "abc", "abcdefghijkl", "a1", "a-b.", "aaaaaaaab", "zx0"];

fn component() -> Component {
    let cache = Cache::Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join("regular-expressions"));
    let settings = Settings::default().with_fuel(PLENTY).with_max_instances(NonZeroUsize::MIN).with_cache(cache);
    Component::embedded(settings).unwrap()
}

/// Pushes of other content with the longest names: a tag of 128 bytes, and a repository of 255.
fn events() -> Vec<Event> {
    let long = |unit: &str, length: usize| format!("{}x", unit.repeat(length).get(..length - 1).unwrap());
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let event = |unit| Event::write(long(unit, 255), digest("a")).tag(long(unit, 128), Current::Digest(digest("b")));
    UNITS.map(event).into()
}

/// What each of the decisions costs.
fn costs(policy: &Policy) -> impl Iterator<Item = u64> {
    events().into_iter().map(|event| {
        let before = policy.fuel();
        let decision = policy.try_evaluate(&event).unwrap();
        assert_ne!(decision.code, "malformed", "{event:?}");
        policy.fuel() - before
    })
}

/// What the most expensive of the decisions costs.
fn cost(policy: &Policy) -> u64 {
    costs(policy).max().unwrap()
}

/// What an ordinary decision costs at least: one by a rule with one glob.
fn ordinary(component: &Component) -> u64 {
    let of = |side| costs(&component.compile(&document(side, &json!("v*"))).unwrap()).min().unwrap();
    [Side::Repositories, Side::Tags].map(of).into_iter().min().unwrap()
}

/// Compiles a rule with some patterns. `None` where it is refused because an expression needs too much.
fn compile(component: &Component, side: Side, patterns: &Value) -> Option<Policy> {
    match component.compile(&document(side, patterns)) {
        Ok(policy) => Some(policy),
        Err(CompileError::Diagnostics(problems)) => {
            let is_size = problems.iter().all(|problem| problem.message.contains("too many states"));
            assert!(is_size, "{patterns}: {problems:?}");
            None
        }
        Err(error) => panic!("{patterns}: {error}"),
    }
}

/// What it costs to compile an expression, or to refuse it.
fn compile_cost(component: &Component, side: Side, regex: &str) -> u64 {
    if let Some(policy) = compile(component, side, &pattern(regex)) {
        return policy.fuel();
    }
    // A document that is refused is read twice, and leaves no policy behind that could say what it cost. A new rule is read
    // once.
    let document: Value = serde_json::from_str(&document(side, &pattern(regex))).unwrap();
    let create = json!({ "create": { "namespace": "prod", "protects": document["rules"][0]["protects"] } });
    let before = component.fuel();
    component.change_rules(r#"{"version": 1, "rules": []}"#, &create.to_string()).unwrap_err();
    component.fuel() - before
}

#[test]
fn compiling_an_expression_or_refusing_it_costs_at_most_so_much() {
    let component = component();
    for regex in HOSTILE {
        let cost = compile_cost(&component, Side::Tags, regex);
        println!("{cost}: {regex}");
        assert!(cost <= MAX_COMPILE_FUEL, "{regex}: {cost}");
    }
}

#[test]
fn an_expression_is_refused_or_costs_at_most_fifty_decisions() {
    let component = component();
    let ordinary = ordinary(&component);
    println!("an ordinary decision: {ordinary}");
    let mut refused = 0;
    for side in [Side::Repositories, Side::Tags] {
        for regex in HOSTILE {
            let Some(policy) = compile(&component, side, &pattern(regex)) else {
                refused += 1;
                continue;
            };
            let cost = cost(&policy);
            println!("{side:?}: {cost}, {:.1} decisions: {regex}", cost as f64 / ordinary as f64);
            assert!(
                cost <= ordinary * MAX_DECISIONS,
                "{side:?}: {regex}: {cost} is more than {MAX_DECISIONS} × {ordinary}"
            );
        }
    }
    // The table is no test if it holds only what is refused, or only what is harmless.
    assert!((10..60).contains(&refused), "{refused}");
}

#[test]
fn a_rule_full_of_expressions_costs_at_most_five_hundred_decisions() {
    let component = component();
    let ordinary = ordinary(&component);
    for side in [Side::Repositories, Side::Tags] {
        for regex in HOSTILE.into_iter().filter(|regex| compile(&component, side, &pattern(regex)).is_some()) {
            // Each is another expression, and none matches before all have been asked.
            let patterns: Vec<_> =
                (0..MAX_EXPRESSIONS).map(|number| pattern(&format!("(?:{regex})_{number}"))).collect();
            let Some(policy) = compile(&component, side, &json!(patterns)) else { continue };
            let cost = cost(&policy);
            println!("{side:?}: {cost}, {:.1} decisions: 32 × {regex}", cost as f64 / ordinary as f64);
            assert!(cost <= ordinary * MAX_DECISIONS_OF_A_RULE, "{side:?}: {regex}: {cost}");
        }
    }
}

/// What hostile expressions are made of.
const PIECES: [&str; 44] = [
    "a",
    "b",
    "x",
    "0",
    "-",
    ".",
    "[ab]",
    "[a-z]",
    "[a-z0-9]",
    "[^a]",
    r"\w",
    r"\d",
    r"\b",
    "(?i:a)",
    ".?",
    "a?",
    ".*",
    "a*",
    "[ab]*",
    "(?:a|b)*",
    "(?:a|aa)+",
    "(?:a|ab|b)*",
    "(?:a*)*",
    "(?:.?){30}",
    "(?:a?){60}",
    ".{9}",
    ".{0,30}",
    ".{0,200}",
    "[ab]{8}",
    "[a-z]{0,64}",
    "a{100}",
    "a{7}",
    "(?:a{7}|a{11})*",
    "(?:b{3}|b{5})+",
    "(?:.*a)?",
    "(?:[a-c]{2}|[b-d]{3})*",
    "(?:a|b|c|d|e|f|g|h)",
    "(?:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|0|1|2|3|4|5|6|7|8|9)",
    "|",
    "|.*",
    "|a",
    "(?:.?){600}",
    ".{0,430}",
    ".{300}",
];
/// What is put around them. `%` is where.
const FRAMES: [&str; 8] = ["%", "%", "%", "(?:%)*", "(?:%){2}", "(?:%){0,9}", ".*(?:%)", "(?i)%"];

/// An expression that is not longer than one may be.
fn expression(pieces: &[&str], frame: &str) -> String {
    let room = 512 - frame.len();
    let mut text = String::new();
    for piece in pieces {
        if text.len() + piece.len() <= room {
            text += piece;
        }
    }
    frame.replacen('%', &text, 1)
}

/// Searches for the expression with the greatest cost: at random, and near the worst so far.
fn worst(cost: impl Fn(&str) -> u64) -> (u64, String) {
    let mut runner = TestRunner::new(tries(1_500));
    let candidates =
        (vec(select(&PIECES[..]), 1..12), select(&FRAMES[..]), any::<prop::sample::Index>(), any::<bool>());
    let mut worst = (0, Vec::new(), String::new());
    for _ in 0..runner.config().cases {
        let (fresh, frame, place, is_near) = candidates.new_tree(&mut runner).unwrap().current();
        let mut pieces = if is_near { worst.1.clone() } else { Vec::new() };
        let start = place.index(pieces.len() + 1);
        let end = (start + fresh.len() / 4).min(pieces.len());
        pieces.splice(start..end, fresh.into_iter().take(if is_near { 3 } else { 12 }));
        let text = expression(&pieces, frame);
        let cost = cost(&text);
        if cost > worst.0 {
            worst = (cost, pieces, text);
        }
    }
    (worst.0, worst.2)
}

/// Prints the worst that a search finds. What it finds belongs into the table of hostile expressions.
#[test]
#[ignore = "it searches for some minutes"]
fn the_worst_that_a_search_finds_is_within_the_limits() {
    let component = component();
    let is_valid = |regex: &str| {
        let found = component.compile(&document(Side::Tags, &pattern(regex)));
        found.is_ok()
            || matches!(found, Err(CompileError::Diagnostics(problems)) if problems[0].message.contains("too many"))
    };
    let (cost, regex) = worst(|regex| if is_valid(regex) { compile_cost(&component, Side::Tags, regex) } else { 0 });
    println!("to compile: {cost}: {regex}");
    assert!(cost <= MAX_COMPILE_FUEL, "{regex}: {cost}");
    let ordinary = ordinary(&component);
    let of_a_decision = |regex: &str| {
        component.compile(&document(Side::Repositories, &pattern(regex))).map_or(0, |policy| self::cost(&policy))
    };
    let (cost, regex) = worst(of_a_decision);
    println!("to decide: {cost}, {:.1} decisions: {regex}", cost as f64 / ordinary as f64);
    assert!(cost <= ordinary * MAX_DECISIONS, "{regex}: {cost}");
}
