//! Components that mean harm, or are none: each ends in its typed error, within its deadline, and the next call works.
#![cfg(test)]

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};
use tagseal::contract::{Decision, DeleteTag, Event, Operation, Outcome, Write};
use tagseal::{COMPONENT, Cache, CallError, CompileError, Component, LoadError, Policy, RulesError, Settings};
use tagseal_test_support::hostile::{assemble, text};

const DECISION_DEADLINE: Duration = Duration::from_millis(50);
const COMPILE_DEADLINE: Duration = Duration::from_millis(200);
const MEMORY: usize = 64 << 20;
/// How wasmtime calls the trap of a component that gives up.
const UNREACHABLE: &str = "wasm trap: wasm `unreachable` instruction executed";
const ANSWER: usize = 1 << 20;

/// How long a call may take that ends at its deadline, on a machine with more to do.
const PATIENCE: Duration = Duration::from_secs(5);

fn settings() -> Settings {
    Settings::default()
        .with_compile_deadline(COMPILE_DEADLINE)
        .with_decision_deadline(DECISION_DEADLINE)
        .with_max_memory_bytes(MEMORY)
        .with_max_answer_bytes(ANSWER)
        .with_cache(Cache::Off)
}

#[track_caller]
fn load(name: &str) -> Component {
    let loaded = Component::from_bytes(&assemble(name), settings());
    loaded.unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

#[track_caller]
fn compile(name: &str) -> Policy {
    load(name).compile("{}").unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What does no harm.
fn push() -> Event {
    let write = Write { repository: "prod/app".into(), digest: "sha256:aa".into(), tags: vec![] };
    Event { operation: Operation::Write(write), context: vec![] }
}

/// What makes a component do the harm that it is written to do.
fn delete() -> Event {
    let delete = DeleteTag { repository: "prod/app".into(), tag: "v1".into(), remembers: false };
    Event { operation: Operation::DeleteTag(delete), context: vec![] }
}

#[track_caller]
fn assert_allowed(decision: &Decision) {
    assert_eq!(decision.outcome, Outcome::Allow, "{decision:?}");
}

/// Asks three times for harm, each time followed by a harmless question to the same policy.
#[track_caller]
fn assert_harm(name: &str, expected: &CallError) {
    let policy = compile(name);
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(policy.try_evaluate(&delete()).as_ref(), Err(expected), "{name}");
        assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
        assert_allowed(&policy.try_evaluate(&push()).unwrap_or_else(|failure| panic!("{name}, then: {failure}")));
    }
    assert_denied(name, &policy.evaluate(&delete()), expected);
    assert_allowed(&policy.evaluate(&push()));
}

/// The one denial that stands for every failure.
#[track_caller]
fn assert_denied(name: &str, decision: &Decision, failure: &CallError) {
    assert_eq!(decision.outcome, Outcome::Deny, "{name}");
    assert_eq!((decision.code.as_str(), decision.rule, decision.pair), ("unavailable", None, None), "{name}");
    assert_eq!((decision.revision, decision.tags.len()), (7, 0), "{name}");
    assert!(decision.message.contains(&failure.to_string()), "{name}: {}", decision.message);
    assert!(decision.message.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {}", decision.message);
    assert!(decision.message.len() <= 600, "{name}: {}", decision.message);
}

#[track_caller]
fn assert_compile_fails(name: &str, expected: CallError) {
    let component = load(name);
    for _ in 0..2 {
        let start = Instant::now();
        assert_eq!(component.compile("{}").unwrap_err(), CompileError::Call(expected.clone()), "{name}");
        assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
    }
    assert_allowed(&compile("behaved").evaluate(&push()));
}

#[test]
fn a_component_that_means_no_harm_is_answered() {
    let policy = compile("behaved");
    assert_eq!((policy.revision(), policy.warnings()), (7, Ok(vec![])));
    assert_allowed(&policy.evaluate(&push()));
    assert_allowed(&policy.evaluate(&delete()));
    assert_eq!(policy.evaluate_batch(&[push(), delete()]), Ok(vec![]));
    assert_eq!(policy.evaluate_json("{}"), Ok(String::new()));
    assert_eq!(policy.explain_json("{}"), Ok(String::new()));
    assert_eq!(policy.close(), Ok(()));
    let component = load("behaved");
    assert_eq!(component.list_rules("{}", "{}"), Ok(String::new()));
    let changed = component.change_rules("{}", "{}").unwrap();
    assert_eq!((changed.document.as_str(), changed.rules.len(), changed.revision), ("", 0, 0));
    for converted in [component.import_rules("tcr", "{}", "{}"), component.export_rules("tcr", "{}", "{}")] {
        assert_eq!(converted.map(|it| (it.text, it.losses)), Ok((String::new(), vec![])));
    }
}

#[test]
fn a_call_that_never_ends_is_ended_at_its_deadline() {
    for name in ["endless_loop", "endless_loop_on_return"] {
        assert_harm(name, &CallError::Deadline(DECISION_DEADLINE));
    }
}

#[test]
fn a_deadline_holds_after_a_silence() {
    let policy = compile("endless_loop");
    thread::sleep(Duration::from_millis(400));
    assert_eq!(policy.try_evaluate(&delete()), Err(CallError::Deadline(DECISION_DEADLINE)));
}

#[test]
fn a_deadline_is_not_early() {
    let policy = compile("endless_loop");
    let start = Instant::now();
    assert_eq!(policy.try_evaluate(&delete()), Err(CallError::Deadline(DECISION_DEADLINE)));
    assert!(start.elapsed() >= DECISION_DEADLINE, "{:?}", start.elapsed());
}

#[test]
fn a_document_that_is_compiled_for_ever_is_ended_at_its_deadline() {
    for name in ["endless_loop_in_compile", "endless_loop_in_start"] {
        assert_compile_fails(name, CallError::Deadline(COMPILE_DEADLINE));
    }
}

#[test]
fn a_component_that_never_takes_its_event_is_ended_at_its_deadline() {
    let policy = compile("endless_loop_in_realloc");
    assert_eq!(policy.try_evaluate(&push()), Err(CallError::Deadline(DECISION_DEADLINE)));
    assert_eq!(policy.try_evaluate(&push()), Err(CallError::Deadline(DECISION_DEADLINE)));
    assert_allowed(&compile("behaved").evaluate(&push()));
}

#[test]
fn memory_over_the_cap_is_refused() {
    for name in ["memory_bomb", "table_bomb"] {
        assert_harm(name, &CallError::Memory(MEMORY));
    }
    assert_compile_fails("memory_bomb_in_compile", CallError::Memory(MEMORY));
}

#[test]
fn a_trap_ends_its_own_call_alone() {
    for (name, trap) in [
        ("trap", UNREACHABLE),
        ("division", "wasm trap: integer divide by zero"),
        ("stack_overflow", "wasm trap: call stack exhausted"),
    ] {
        assert_harm(name, &CallError::Trap(trap.to_owned()));
    }
    for name in ["trap_in_compile", "trap_in_start"] {
        assert_compile_fails(name, CallError::Trap(UNREACHABLE.to_owned()));
    }
}

#[test]
fn an_answer_that_is_too_large_is_not_taken() {
    for name in ["giant_string", "giant_list"] {
        assert_harm(name, &CallError::Answer(ANSWER));
    }
}

#[test]
fn an_answer_that_breaks_the_contract_is_not_taken() {
    for name in ["answer_outside_memory", "answer_not_text", "answer_not_an_outcome"] {
        assert_harm(name, &CallError::Answer(ANSWER));
    }
    let policy = compile("realloc_outside_memory");
    assert_eq!(policy.try_evaluate(&push()), Err(CallError::Answer(ANSWER)));
    assert_eq!(policy.evaluate(&push()).outcome, Outcome::Deny);
}

#[test]
fn a_policy_that_fails_when_it_is_dropped_is_gone_all_the_same() {
    for (name, expected) in [
        ("trap_on_drop", CallError::Trap(UNREACHABLE.to_owned())),
        ("endless_loop_on_drop", CallError::Deadline(DECISION_DEADLINE)),
    ] {
        let component = load(name);
        let policy = component.compile("{}").unwrap();
        assert_allowed(&policy.evaluate(&push()));
        assert_eq!(policy.close(), Err(expected), "{name}");
        drop(component.compile("{}").unwrap());
        assert_allowed(&component.compile("{}").unwrap().evaluate(&push()));
    }
}

#[test]
fn harm_done_to_some_calls_does_not_touch_the_others() {
    let policy = compile("trap");
    thread::scope(|scope| {
        for worker in 0..8 {
            let policy = &policy;
            scope.spawn(move || {
                for turn in 0..50 {
                    if (worker + turn) % 5 == 0 {
                        let failed = policy.try_evaluate(&delete());
                        assert_eq!(failed, Err(CallError::Trap(UNREACHABLE.to_owned())));
                    } else {
                        assert_allowed(&policy.try_evaluate(&push()).unwrap());
                    }
                }
            });
        }
    });
}

/// Asks twice for rules, for a change of them, and for those of another registry, each time followed by a question that does
/// no harm.
#[track_caller]
fn assert_rules_fail(name: &str, expected: &CallError) {
    let component = load(name);
    let expected = RulesError::Call(expected.clone());
    for _ in 0..2 {
        let start = Instant::now();
        assert_eq!(component.list_rules("{}", "{}").as_ref(), Err(&expected), "{name}");
        assert_eq!(component.change_rules("{}", "{}").as_ref(), Err(&expected), "{name}");
        assert_eq!(component.import_rules("tcr", "{}", "{}").as_ref(), Err(&expected), "{name}");
        assert_eq!(component.export_rules("tcr", "{}", "{}").as_ref(), Err(&expected), "{name}");
        assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
        assert_allowed(&component.compile("{}").unwrap().evaluate(&push()));
    }
}

/// Asks twice for reasons, each time followed by a question to the same policy that does no harm.
#[track_caller]
fn assert_explaining_fails(name: &str, expected: &CallError) {
    let policy = compile(name);
    for _ in 0..2 {
        assert_eq!(policy.explain_json("{}").as_ref(), Err(expected), "{name}");
        assert_allowed(&policy.try_evaluate(&push()).unwrap_or_else(|failure| panic!("{name}, then: {failure}")));
    }
}

#[test]
fn harm_done_to_those_who_ask_for_rules_is_ended() {
    for (name, expected) in [
        ("endless_loop_in_rules", CallError::Deadline(COMPILE_DEADLINE)),
        ("trap_in_rules", CallError::Trap(UNREACHABLE.to_owned())),
        ("memory_bomb_in_rules", CallError::Memory(MEMORY)),
        ("giant_rules", CallError::Answer(ANSWER)),
    ] {
        assert_rules_fail(name, &expected);
        assert_explaining_fails(name, &expected);
    }
    assert_rules_fail("giant_refusal", &CallError::Answer(ANSWER));
}

#[test]
fn rules_are_not_asked_for_where_no_instance_starts() {
    for (name, expected) in [
        ("endless_loop_in_start", CallError::Deadline(COMPILE_DEADLINE)),
        ("trap_in_start", CallError::Trap(UNREACHABLE.to_owned())),
    ] {
        let component = load(name);
        assert_eq!(component.list_rules("{}", "{}"), Err(RulesError::Call(expected.clone())), "{name}");
        assert_eq!(component.change_rules("{}", "{}"), Err(RulesError::Call(expected.clone())), "{name}");
        assert_eq!(component.import_rules("tcr", "{}", "{}"), Err(RulesError::Call(expected.clone())), "{name}");
        assert_eq!(component.export_rules("tcr", "{}", "{}"), Err(RulesError::Call(expected)), "{name}");
    }
}

#[track_caller]
fn refusal(name: &str, bytes: &[u8]) -> LoadError {
    Component::from_bytes(bytes, settings()).expect_err(name)
}

#[test]
fn a_component_that_imports_anything_is_refused() {
    let imports = |name: &str| match refusal(name, &wat::parse_str(text(name)).unwrap()) {
        LoadError::Imports(imports) => imports,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(imports("import_wasi"), ["wasi:cli/environment@0.2.0", "wasi:random/insecure-seed@0.2.4"]);
    assert_eq!(imports("import_unused"), ["tagseal:policy/tag-policy@0.2.0"]);
}

#[test]
fn a_component_of_another_world_is_refused() {
    let missing = |bytes: &[u8]| match refusal("another world", bytes) {
        LoadError::World(missing) => missing,
        other => panic!("{other}"),
    };
    assert_eq!(missing(&wat::parse_str(text("other_world")).unwrap()), ["tagseal:policy/tag-policy@0.2.0"]);

    // One line of the good world is changed at a time.
    let change = |from: &str, to: &str| {
        let world = text("world").replace(";; PARTS", &text("behaved"));
        assert!(world.contains(from), "{from}");
        missing(&wat::parse_str(world.replace(from, to)).unwrap())
    };
    assert_eq!(change("tag-policy@0.2.0", "tag-policy@1.0.0"), ["tagseal:policy/tag-policy@0.2.0"]);
    assert_eq!(change("[method]policy.revision", "[method]policy.version"), ["[method]policy.revision"]);
    assert_eq!(
        change(r#"(param "event" string) (result string)"#, r#"(param "event" (list u8)) (result string)"#),
        ["[method]policy.evaluate-json"],
    );
    assert_eq!(
        change(r#"(enum "allow" "deny")"#, r#"(enum "deny" "allow")"#),
        ["[method]policy.evaluate", "[method]policy.evaluate-batch"],
    );
    assert_eq!(
        change(r#"(field "line" u32)"#, r#"(field "row" u32)"#),
        [
            "[static]policy.compile",
            "[method]policy.warnings",
            "list-rules",
            "change-rules",
            "import-rules",
            "export-rules"
        ],
    );
    assert_eq!(change(r#"(field "document" string)"#, r#"(field "text" string)"#), ["change-rules"]);
    assert_eq!(change(r#"(result (result string "#, r#"(result (result (list u8) "#), ["list-rules"]);
    assert_eq!(change("policy.explain-json", "policy.explain"), ["[method]policy.explain-json"]);
    assert_eq!(change(r#"(field "losses" (list $"#, r#"(field "lost" (list $"#), ["import-rules", "export-rules"]);
}

#[test]
fn a_component_that_starts_with_too_much_memory_is_refused() {
    match refusal("initial_memory", &assemble("initial_memory")) {
        LoadError::Memory { starts, allowed } => assert_eq!((starts, allowed), (512 << 20, MEMORY)),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_no_component_is_refused() {
    let good = assemble("behaved");
    let half = &good[..good.len() / 2];
    let core = wat::parse_str(text("core_module")).unwrap();
    for bytes in [&core[..], half, &good[..8], &[], b"\0asm", b"#!/bin/sh", text("world").as_bytes(), &[0xff; 4096]] {
        let refusal = refusal("no component", bytes);
        let expected = if bytes.len() == 8 { "another world" } else { "not a WebAssembly component" };
        assert!(refusal.to_string().contains(expected), "{:?}: {refusal}", &bytes[..bytes.len().min(8)]);
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let settings = settings().with_max_component_bytes(1000);
    match Component::from_bytes(&assemble("behaved"), settings) {
        Err(LoadError::Size { allowed: 1000, .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// The list of broken input that the tests of every host read.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct BadInput {
    components: BTreeMap<String, String>,
    not_components: Vec<String>,
    cut_after_per_mille: Vec<usize>,
    junk_bytes: usize,
    allowing_document: String,
    documents: Vec<String>,
    events: Vec<String>,
}

fn bad_input() -> BadInput {
    serde_json::from_str(include_str!("../hostile/bad-input.json")).unwrap()
}

/// The word of the list for why a component is refused.
fn word(refusal: &LoadError) -> &'static str {
    match refusal {
        LoadError::NotAComponent(_) => "not-a-component",
        LoadError::Imports(_) => "imports",
        LoadError::World(_) => "interface",
        LoadError::Size { .. } => "size",
        _ => "another reason",
    }
}

#[test]
fn bad_components_are_refused() {
    let list = bad_input();
    assert!(!list.components.is_empty());
    for (name, expected) in &list.components {
        let refusal = refusal(name, &wat::parse_str(text(name)).unwrap());
        assert_eq!(word(&refusal), expected, "{name}: {refusal}");
    }
    for text in &list.not_components {
        assert_eq!(word(&refusal(text, text.as_bytes())), "not-a-component", "{text:?}");
    }
}

#[test]
fn a_component_that_is_cut_anywhere_is_refused() {
    for per_mille in bad_input().cut_after_per_mille {
        let cut = &COMPONENT[..COMPONENT.len() * per_mille / 1000];
        let refusal = refusal("cut off", cut);
        assert!(["not-a-component", "interface"].contains(&word(&refusal)), "{per_mille}: {refusal}");
    }
}

#[test]
fn junk_is_no_component_whatever_its_size() {
    let mut junk = vec![0xff; bad_input().junk_bytes];
    for start in [&[][..], &COMPONENT[..8]] {
        junk[..start.len()].copy_from_slice(start);
        assert_eq!(word(&refusal("junk", &junk)), "size");
        let refusal = Component::from_bytes(&junk, settings().with_max_component_bytes(1 << 30)).unwrap_err();
        assert_eq!(word(&refusal), "not-a-component", "{refusal}");
    }
}

/// The built-in component, with deadlines that a busy machine can keep.
fn built_in() -> Component {
    let patient = Settings::default().with_compile_deadline(60 * PATIENCE).with_decision_deadline(60 * PATIENCE);
    Component::from_bytes(COMPONENT, patient).unwrap()
}

#[test]
fn bad_documents_are_invalid() {
    let list = bad_input();
    let component = built_in();
    for text in list.documents.iter().chain([&"x".repeat(list.junk_bytes)]) {
        match component.compile(text).unwrap_err() {
            CompileError::Diagnostics(problems) => assert!(!problems.is_empty()),
            other => panic!("{text:.80}: {other}"),
        }
    }
}

/// The policy has no rules, so it allows whatever it understands.
#[test]
fn bad_events_are_denied() {
    let list = bad_input();
    let policy = built_in().compile(&list.allowing_document).unwrap();
    for text in list.events.iter().chain([&"x".repeat(list.junk_bytes)]) {
        let answer = policy.evaluate_json(text).unwrap();
        assert!(answer.starts_with(r#"{"outcome":"deny","code":"malformed""#), "{answer}");
    }
}
