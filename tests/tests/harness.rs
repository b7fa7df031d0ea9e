//! What a registry relies on when it embeds the library: instances, deadlines, caps, the cache.
#![cfg(test)]

use std::fs::{self, Permissions};
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tagseal::contract::{Converted, Current, DeleteTag, Event, Operation, Outcome, TagWrite, Write};
use tagseal::{Cache, CacheError, CallError, CompileError, Component, LoadError, Policy, RulesError, Settings};
use tagseal_test_support::hostile::assemble;

fn settings() -> Settings {
    Settings::default().with_cache(Cache::Folder(temporary("compiled")))
}

fn instances(count: usize) -> Settings {
    settings().with_max_instances(NonZeroUsize::new(count).unwrap())
}

/// A folder of this suite, with what an earlier run left in it.
fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("harness").join(name)
}

/// A policy with this many rules, each the preset of its namespace: `n0`, `n1`, …
#[track_caller]
fn preset(settings: Settings, rules: usize) -> Policy {
    Component::embedded(settings).unwrap().compile(&document(rules)).unwrap()
}

fn document(rules: usize) -> String {
    let rules: Vec<_> = (0..rules)
        .map(|rule| format!(r#"{{"id": {}, "namespace": "n{rule}", "preset": "latest"}}"#, rule + 1))
        .collect();
    format!(r#"{{"version": 1, "instance": "test", "revision": 3, "rules": [{}]}}"#, rules.join(",\n"))
}

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

/// Other content for a tag that is there: allowed only where no rule protects it.
fn overwrite(repository: &str, tag: &str) -> Event {
    let tags = vec![TagWrite { tag: tag.into(), current: Current::Digest(digest("a")) }];
    let write = Write { repository: repository.into(), digest: digest("b"), tags };
    Event { operation: Operation::Write(write), context: vec![] }
}

#[test]
fn a_policy_is_shared_by_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Component>();
    shared::<Policy>();
}

#[test]
fn threads_decide_in_parallel_and_alike() {
    let policy = preset(instances(3), 100);
    let events: Vec<_> =
        (0..200).map(|turn| overwrite(&format!("n{turn}/app"), if turn % 3 == 0 { "latest" } else { "v1" })).collect();
    let expected = policy.evaluate_batch(&events).unwrap();
    assert!(expected.iter().any(|decision| decision.outcome == Outcome::Allow));
    assert!(expected.iter().any(|decision| decision.outcome == Outcome::Deny));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let decisions: Vec<_> = events.iter().map(|event| policy.evaluate(event)).collect();
                    assert_eq!(decisions, expected);
                }
            });
        }
    });
    assert!((1..=3).contains(&policy.instances()), "{}", policy.instances());
}

#[test]
fn one_thread_needs_one_instance() {
    let policy = preset(instances(8), 1);
    for _ in 0..100 {
        policy.try_evaluate(&overwrite("n0/app", "v1")).unwrap();
    }
    assert_eq!(policy.instances(), 1);
}

#[test]
fn an_answer_at_once_comes_from_an_idle_instance_or_not_at_all() {
    let denied = preset(instances(1), 1).evaluate_at_once(&overwrite("n0/app", "v1")).unwrap();
    assert_eq!((denied.outcome, denied.code.as_str()), (Outcome::Deny, "immutable"));

    let settings = instances(1).with_decision_deadline(Duration::from_secs(2));
    let policy = Component::from_bytes(&assemble("endless_loop"), settings).unwrap().compile("{}").unwrap();
    let delete = DeleteTag { repository: "prod/app".into(), tag: "v1".into(), remembers: false };
    let delete = Event { operation: Operation::DeleteTag(delete), context: vec![] };
    thread::scope(|scope| {
        let busy = scope.spawn(|| policy.evaluate(&delete));
        while policy.evaluate_at_once(&overwrite("n0/app", "v1")).is_some() {
            assert!(!busy.is_finished(), "the only instance was busy, and no error came");
        }
        assert_eq!(busy.join().unwrap().code, "unavailable");
    });
}

#[test]
fn no_thread_is_left_waiting_while_others_are_served() {
    let policy = preset(instances(1).with_decision_deadline(Duration::from_millis(500)), 1);
    let end = Instant::now() + Duration::from_secs(2);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while Instant::now() < end {
                    policy.try_evaluate(&overwrite("n0/app", "v1")).unwrap();
                }
            });
        }
    });
    assert_eq!(policy.instances(), 1);
}

#[test]
fn a_call_waits_no_longer_than_its_deadline() {
    let settings = instances(1).with_decision_deadline(Duration::from_millis(100));
    let policy = Component::from_bytes(&assemble("endless_loop"), settings).unwrap().compile("{}").unwrap();
    let delete = DeleteTag { repository: "prod/app".into(), tag: "v1".into(), remembers: false };
    let delete = Event { operation: Operation::DeleteTag(delete), context: vec![] };
    let failures: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| policy.try_evaluate(&delete).unwrap_err())).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let deadline = Duration::from_millis(100);
    assert!(failures.contains(&CallError::Deadline(deadline)), "{failures:?}");
    assert!(failures.contains(&CallError::Busy(deadline)), "{failures:?}");
    assert_eq!(policy.evaluate(&overwrite("n0/app", "v1")).outcome, Outcome::Allow);
}

#[test]
fn an_instance_that_has_outgrown_its_document_is_replaced() {
    let policy = preset(instances(1).with_max_growth_bytes(1 << 20), 10);
    let before = policy.memory();
    assert!(before > 0);
    let events = vec![overwrite("n0/app", "v1"); 20_000];
    assert_eq!(policy.evaluate_batch(&events).unwrap().len(), events.len());
    assert_eq!(policy.try_evaluate(&overwrite("n0/app", "v1")).unwrap().code, "immutable");
    assert_eq!(policy.memory(), before);
}

#[test]
fn an_instance_that_has_not_is_kept() {
    let policy = preset(instances(1), 10);
    let before = policy.memory();
    policy.evaluate_batch(&vec![overwrite("n0/app", "v1"); 20_000]).unwrap();
    assert!(policy.memory() > before);
}

#[test]
fn fuel_is_counted_alike_and_limited() {
    let policy = preset(instances(1).with_fuel(u64::MAX / 2), 10);
    let larger = preset(instances(1).with_fuel(u64::MAX / 2), 100);
    assert!(larger.fuel() > 2 * policy.fuel(), "to compile ten times the rules: {} {}", policy.fuel(), larger.fuel());
    let used = |event: &Event| {
        let before = policy.fuel();
        policy.try_evaluate(event).unwrap();
        policy.fuel() - before
    };
    let event = overwrite("n0/app", "v1");
    used(&event);
    let first = used(&event);
    assert!(first > 100, "{first}");
    assert_eq!(used(&event), first);
    assert_ne!(used(&overwrite("other/app", "v1")), first);

    let little = settings().with_fuel(1000);
    let failed = Component::embedded(little).unwrap().compile(&document(10)).unwrap_err();
    assert_eq!(failed, CompileError::Call(CallError::Fuel(1000)));
}

#[test]
fn fuel_is_not_counted_without_a_limit() {
    let policy = preset(settings(), 1);
    policy.try_evaluate(&overwrite("n0/app", "v1")).unwrap();
    assert_eq!(policy.fuel(), 0);
}

#[test]
fn a_document_that_does_not_check_has_its_problems_told() {
    let component = Component::embedded(settings()).unwrap();
    for document in ["", "[", "{}", r#"{"version": 1, "instance": "test", "rules": [{}]}"#] {
        match component.compile(document) {
            Err(CompileError::Diagnostics(problems)) => assert!(!problems.is_empty(), "{document}"),
            other => panic!("{document}: {other:?}"),
        }
    }
    assert_eq!(component.compile(&document(1)).unwrap().revision(), 3);
}

#[test]
fn a_document_that_does_not_fit_is_a_failure() {
    let document = document(100_000);
    let small = Component::embedded(settings().with_max_memory_bytes(8 << 20)).unwrap();
    assert_eq!(small.compile(&document).unwrap_err(), CompileError::Call(CallError::Memory(8 << 20)));

    let deadline = Duration::from_millis(2);
    let hasty = Component::embedded(settings().with_compile_deadline(deadline)).unwrap();
    assert_eq!(hasty.compile(&document).unwrap_err(), CompileError::Call(CallError::Deadline(deadline)));
    assert_eq!(small.compile(&self::document(1)).unwrap().revision(), 3);
}

#[test]
fn rules_are_listed_changed_and_explained() {
    let component = Component::embedded(settings()).unwrap();
    let changed = component.change_rules(&document(2), r#"{"disable": {"id": 2}}"#).unwrap();
    assert_eq!((changed.rules[0].id, changed.revision), (2, 4));
    let listed = component.list_rules(&changed.document, r#"{"enabled": false}"#).unwrap();
    let rule = r#"{"id": 2, "namespace": "n1", "enabled": false, "preset": "latest"}"#;
    assert!(listed.starts_with(&format!(r#"{{"revision": 4, "rules": [{rule}], "described": [{{"id":2,"#)), "{listed}");
    let policy = component.compile(&changed.document).unwrap();
    let explained = policy.explain_json(r#"{"repository": "n1/app", "tag": "v1"}"#).unwrap();
    assert!(
        explained.contains(r#""enabled":false"#) && explained.contains(r#""delete":{"outcome":"allow""#),
        "{explained}"
    );
}

#[test]
fn a_change_that_cannot_be_made_is_refused_with_all_there_is_to_know() {
    let component = Component::embedded(settings()).unwrap();
    let refused = |document: &str, change: &str| match component.change_rules(document, change) {
        Err(RulesError::Refused(refusal)) => refusal,
        other => panic!("{change}: {other:?}"),
    };
    let conflict = refused(&document(2), r#"{"create": {"namespace": "n1", "preset": "latest"}}"#);
    assert_eq!((conflict.code.as_str(), conflict.rule), ("conflict", Some(2)));
    let invalid = refused(&document(2), r#"{"delete": {"id": 0}}"#);
    assert_eq!((invalid.code.as_str(), invalid.diagnostics.len()), ("invalid", 1));
    let broken = component.list_rules("[]", "{}");
    assert!(matches!(broken, Err(RulesError::Refused(refusal)) if refusal.code == "invalid-document"));
}

#[test]
fn a_document_that_fits_may_come_back_however_short_answers_are() {
    let component = Component::embedded(settings().with_max_answer_bytes(1_000)).unwrap();
    let document = document(1_000);
    let changed = component.change_rules(&document, r#"{"delete": {"id": 7}}"#).unwrap();
    assert!(changed.document.len() > 10_000);
    assert!(component.list_rules(&document, "{}").unwrap().len() > 10_000);
}

#[test]
fn a_document_that_does_not_fit_is_not_changed() {
    let document = document(100_000);
    let change = r#"{"delete": {"id": 7}}"#;
    let small = Component::embedded(settings().with_max_memory_bytes(8 << 20)).unwrap();
    assert_eq!(small.change_rules(&document, change), Err(RulesError::Call(CallError::Memory(8 << 20))));
    assert_eq!(small.list_rules(&document, "{}"), Err(RulesError::Call(CallError::Memory(8 << 20))));
    let deadline = Duration::from_millis(2);
    let hasty = Component::embedded(settings().with_compile_deadline(deadline)).unwrap();
    assert_eq!(hasty.change_rules(&document, change), Err(RulesError::Call(CallError::Deadline(deadline))));
    assert!(small.change_rules(&self::document(7), change).is_ok());
}

#[test]
fn rules_of_another_registry_are_taken_over_and_given_back() {
    let component = Component::embedded(settings()).unwrap();
    let rule = r#"{"RepositoryPattern": "[!a]", "RepositoryDecoration": "repoMatches", "TagPattern": "v*", "TagDecoration": "matches",
        "Disabled": true, "RuleId": 3, "NsName": "prod"}"#;
    let imported = component.import_rules("tcr", &format!("[{rule}]"), r#"{"instance": "test"}"#).unwrap();
    assert_eq!(
        imported.losses.iter().map(|loss| (&*loss.pointer, loss.line)).collect::<Vec<_>>(),
        [("/0/RepositoryPattern", 1)]
    );
    assert!(imported.text.contains(r#""instance": "test""#), "{}", imported.text);
    assert!(component.compile(&imported.text).is_ok());
    let exported = component.export_rules("harbor", &imported.text, "{}").unwrap();
    assert!(exported.text.contains(r#""pattern": "[a!]""#) && exported.losses.is_empty(), "{}", exported.text);
}

#[test]
fn what_cannot_be_converted_is_refused_with_all_there_is_to_know() {
    let component = Component::embedded(settings()).unwrap();
    let refused = |answer: Result<Converted, RulesError>| match answer {
        Err(RulesError::Refused(refusal)) => (refusal.code, refusal.diagnostics.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(component.import_rules("ghcr", "[]", "{}")), ("unknown-format".into(), 0));
    assert_eq!(refused(component.import_rules("harbor", "[{}, 1]", "{}")), ("invalid".into(), 4));
    assert_eq!(refused(component.export_rules("harbor", "{}", "{}")), ("invalid-document".into(), 2));
    assert_eq!(refused(component.export_rules("tcr", &document(2), r#"{"namespace": "x"}"#)), ("not-found".into(), 0));
    let instance = document(1).replace("n0", "*");
    assert_eq!(refused(component.export_rules("tcr", &instance, "{}")), ("not-expressible".into(), 1));
}

#[test]
fn an_export_may_be_longer_than_its_document_however_short_answers_are() {
    let component = Component::embedded(settings().with_max_answer_bytes(1_000)).unwrap();
    let document = document(1_000);
    let exported = component.export_rules("tcr", &document, "{}").unwrap().text;
    assert!(exported.len() > 2 * document.len());
    let imported = component.import_rules("tcr", &exported, "{}").unwrap();
    assert_eq!((imported.text.matches("latest").count(), imported.losses.len()), (1_000, 0));
}

#[test]
fn a_component_that_does_not_fit_is_refused() {
    match Component::embedded(settings().with_max_memory_bytes(1 << 16)) {
        Err(LoadError::Memory { allowed: 65536, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let refusal = Component::from_file(Path::new("no/such.wasm"), settings()).unwrap_err();
    assert!(refusal.to_string().starts_with("the component `no/such.wasm` can't be read"), "{refusal}");
}

/// The compiled code under a folder, and when it was written. The cache also counts how often it is used, and tidies.
fn code(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut code = files(&folder.join("modules"));
    code.retain(|(path, _)| path.extension().is_none());
    code
}

/// The files under a folder, and when they were written.
fn files(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push((entry.path(), metadata.modified().unwrap()));
        }
    }
    files
}

#[test]
fn the_second_start_takes_compiled_code_from_the_cache() {
    let folder = temporary("second-start");
    drop(fs::remove_dir_all(&folder));
    let start = || {
        let settings = Settings::default().with_cache(Cache::Folder(folder.clone()));
        let start = Instant::now();
        let component = Component::embedded(settings).unwrap();
        let elapsed = start.elapsed();
        assert_eq!(component.compile(&document(1)).unwrap().evaluate(&overwrite("n0/app", "v1")).code, "immutable");
        elapsed
    };
    let first = start();
    let written = code(&folder);
    assert_eq!(written.len(), 1, "{written:?}");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let second = start();
    assert_eq!(code(&folder), written);
    assert!(second * 3 < first, "first {first:?}, second {second:?}");
}

#[test]
fn a_folder_that_others_may_write_to_holds_no_code() {
    let folder = temporary("open");
    fs::create_dir_all(&folder).unwrap();
    for mode in [0o770, 0o702, 0o777] {
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        match refused(&folder) {
            CacheError::Writable(_) => {}
            other => panic!("{mode:o}: {other}"),
        }
    }
    assert_eq!(files(&folder), []);
}

#[test]
fn a_folder_of_another_user_holds_no_code() {
    let own = temporary("foreign");
    fs::create_dir_all(&own).unwrap();
    // Only root can give a folder away. Everybody else finds one that is root's.
    let folder = if chown(&own, Some(12345), None).is_ok() { own } else { PathBuf::from("/") };
    match refused(&folder) {
        CacheError::Foreign(_) => {}
        other => panic!("{other}"),
    }
}

#[test]
fn a_folder_that_is_a_file_holds_no_code() {
    let file = temporary("file");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();
    match refused(&file) {
        CacheError::Io(path, _) => assert_eq!(path, file),
        other => panic!("{other}"),
    }
}

#[track_caller]
fn refused(folder: &Path) -> CacheError {
    match Component::embedded(Settings::default().with_cache(Cache::Folder(folder.to_owned()))) {
        Err(LoadError::Cache(error)) => error,
        other => panic!("{other:?}"),
    }
}
