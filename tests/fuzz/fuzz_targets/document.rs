//! Any text as a policy document.
//!
//! The fast reader and the located one must agree: in a build with assertions, the engine panics where the fast reader
//! refuses a document in which the located one finds no problem, or the other way round.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::{Diagnostic, Severity};
use tagseal_engine::manage;

fuzz_target!(|text: &str| {
    let listed = manage::list(text, "{}");
    match Policy::compile(text.to_owned()) {
        Ok(policy) => {
            assert_places(text, &policy.warnings(), Severity::Warning);
            assert!(listed.is_ok(), "a valid document can't be listed: {listed:?}");
            let decision = policy.evaluate_json(r#"{"delete-tag": {"repository": "prod/app", "tag": "v1"}}"#);
            assert!(decision.contains("\"outcome\""), "{decision}");
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a document is refused without a reason");
            assert_places(text, &problems, Severity::Problem);
            assert!(listed.is_err(), "an invalid document can be listed: {problems:?}");
        }
    }
});

/// Asserts that each diagnostic has a place in the text, and says what is wrong and what helps.
fn assert_places(text: &str, diagnostics: &[Diagnostic], severity: Severity) {
    let lines: Vec<&str> = text.split('\n').collect();
    for diagnostic in diagnostics {
        assert_eq!(diagnostic.severity, severity, "{diagnostic}");
        assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty(), "{diagnostic:?}");
        let line = usize::try_from(diagnostic.line - 1).ok().and_then(|line| lines.get(line));
        let column = usize::try_from(diagnostic.column).expect("a column");
        let length = line.expect("a line of the text").chars().count();
        assert!((1..=length + 1).contains(&column), "{diagnostic} is not in the text");
    }
}
