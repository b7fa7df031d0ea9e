//! What holds for every change to the rules of every document: the engine against a slow ledger of plain values.
#![cfg(test)]

mod change;
mod layout;
mod ledger;
mod spelling;

use change::{Change, Written, change, stored};
use layout::{Layout, layout};
use ledger::{Ledger, Made, Refused};
use proptest::prelude::*;
use serde_json::{Value, json};
use spelling::{Spelling, check_kept};
use std::path::Path;
use std::sync::LazyLock;
use tagseal::{Cache, Component, RulesError, Settings};
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::Diagnostic;
use tagseal_engine::manage::{self, Changed};
use tagseal_engine::refusal::Refusal;
use tagseal_tests::generate::{document, event, text, tries};

fn compile(document: &str) -> Result<Policy, TestCaseError> {
    Policy::compile(document.to_owned()).map_err(|problems| TestCaseError::fail(format!("{document}\n{problems:?}")))
}

fn value(text: &str) -> Result<Value, TestCaseError> {
    serde_json::from_str(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))
}

fn events() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(event::well_formed().prop_map(|event| event::text(&event)), 1..6)
}

/// A document in use as it is spelled, and what is done to it one after another.
fn histories(longest: usize) -> impl Strategy<Value = (Value, Layout, Vec<Change>)> {
    (stored(), layout(), prop::collection::vec(change(), 1..longest))
}

proptest! {
    #![proptest_config(tries(1_500))]

    #[test]
    fn each_change_makes_of_a_document_what_it_makes_of_the_ledger(
        (document, layout, changes) in histories(16),
        events in events(),
    ) {
        let mut text = layout.text(&document);
        let mut ledger = Ledger::new(&document, Spelling::of(&text).fields());
        for change in changes {
            let Written { value, text: order, is_faulty } = change.written(ledger.rules(), ledger.revision());
            let expected = if is_faulty { Err(("invalid", None)) } else { ledger.make(&value) };
            match (expected, manage::change(&text, &order)) {
                (Ok(made), Ok(changed)) => {
                    check_changed(&text, &changed, made, &ledger, &events)
                        .map_err(|error| TestCaseError::fail(format!("{order}\nmade of\n{text}\n{}\n{error}", changed.document)))?;
                    text = changed.document;
                }
                (Err(expected), Err(refusal)) => check_refused(&order, &refusal, expected)?,
                (expected, came) => prop_assert!(false, "{}\n{}\nexpected {:?}, came {:?}", text, order, expected, came),
            }
        }
    }

    #[test]
    fn a_document_that_does_not_check_is_never_changed_nor_listed(
        document in stored(),
        faults in prop::collection::vec(document::fault(), 1..3),
        layout in layout(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut broken = document.clone();
        faults.iter().for_each(|fault| document::spoil(&mut broken, fault));
        let text = layout.text(&broken);
        let Err(problems) = Policy::compile(text.clone()) else { return Ok(()) };
        let good = Ledger::new(&document, Vec::new());
        for change in changes {
            let Written { text: order, is_faulty, .. } = change.written(good.rules(), good.revision());
            let refusal = manage::change(&text, &order).map_err(|refusal| (refusal.code.word(), refusal.diagnostics));
            match refusal {
                Err(("invalid", _)) if is_faulty => {}
                refusal => prop_assert_eq!(refusal, Err(("invalid-document", problems.clone())), "{}\n{}", text, order),
            }
        }
        let refusal = manage::list(&text, "{}").map_err(|refusal| (refusal.code.word(), refusal.diagnostics));
        prop_assert_eq!(refusal, Err(("invalid-document", problems)), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd_for_a_change(
        document in stored(),
        change in change(),
        spoilings in prop::collection::vec(text::change(), 0..6),
        noise in ".{0,40}",
    ) {
        let ledger = Ledger::new(&document, Vec::new());
        let good = change.written(ledger.rules(), ledger.revision()).text;
        let document = document.to_string();
        for order in [text::changed(&good, &spoilings), noise] {
            match manage::change(&document, &order) {
                Ok(changed) => drop(compile(&changed.document)?),
                Err(refusal) => prop_assert!(refusal.diagnostics.iter().all(Diagnostic::is_problem), "{}", order),
            }
        }
    }
}

/// That a change came to what the ledger says, in these words.
fn check_changed(
    before: &str,
    changed: &Changed,
    made: Made,
    ledger: &Ledger,
    events: &[String],
) -> Result<(), TestCaseError> {
    let Changed { document, revision, rules } = changed;
    let [rule] = &**rules else { return Err(TestCaseError::fail(format!("{rules:?} is not one rule"))) };
    prop_assert_eq!((rule.id, *revision), (made.rule, ledger.revision()));
    prop_assert_eq!(&value(document)?, ledger.document());
    let after = Spelling::of(document);
    if made.is_change {
        prop_assert_eq!(&after.fields(), &ledger.fields);
        check_kept(&Spelling::of(before), &after, made)?;
    } else {
        prop_assert_eq!(document, before, "nothing was to be changed");
    }
    let (policy, plain) = (compile(document)?, compile(&ledger.document().to_string())?);
    for event in events {
        prop_assert_eq!(policy.evaluate_json(event), plain.evaluate_json(event), "{}", event);
    }
    prop_assert!(rule.rule.as_deref().is_none_or(|rule| after.rules().contains(&rule)), "{:?}", rule);
    let expected = format!("{{\"revision\": {revision}, \"rules\": [{}], \"described\": [", after.rules().join(", "));
    let listed = manage::list(document, "{}");
    prop_assert!(listed.as_ref().is_ok_and(|listed| listed.starts_with(&expected)), "{:?}", listed);
    Ok(())
}

fn check_refused(order: &str, refusal: &Refusal, (code, rule): Refused) -> Result<(), TestCaseError> {
    prop_assert_eq!((refusal.code.word(), refusal.rule), (code, rule), "{}\n{}", order, refusal);
    prop_assert_eq!(refusal.diagnostics.is_empty(), code != "invalid", "{}\n{}", order, refusal);
    prop_assert!(!refusal.message.is_empty() && !refusal.message.contains('\n'), "{}", refusal);
    for problem in &refusal.diagnostics {
        let line = order.split('\n').nth(problem.line as usize - 1);
        let is_there = line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&(problem.column as usize)));
        prop_assert!(problem.is_problem() && is_there, "{} is not in {}", problem, order);
    }
    Ok(())
}

/// The built component.
static COMPONENT: LazyLock<Component> = LazyLock::new(|| {
    let cache = Cache::Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules"));
    Component::embedded(Settings::default().with_cache(cache)).expect("the built component is one")
});

proptest! {
    #![proptest_config(tries(60))]

    #[test]
    fn the_component_answers_as_the_engine_does((document, layout, changes) in histories(10)) {
        let mut text = layout.text(&document);
        let mut ledger = Ledger::new(&document, Spelling::of(&text).fields());
        for change in changes {
            let Written { value, text: order, is_faulty } = change.written(ledger.rules(), ledger.revision());
            let engine = manage::change(&text, &order);
            prop_assert_eq!(through_component(&text, &order)?, engine_answer(&engine), "{}\n{}", text, order);
            if let Ok(changed) = engine {
                prop_assert!(!is_faulty && ledger.make(&value).is_ok(), "{}", order);
                text = changed.document;
            }
        }
    }
}

fn through_component(document: &str, order: &str) -> Result<Value, TestCaseError> {
    match COMPONENT.change_rules(document, order) {
        Ok(changed) => Ok(json!([
            changed.document,
            changed.rules.iter().map(|it| json!([it.id, it.rule, it.warnings.len()])).collect::<Vec<_>>(),
            changed.revision
        ])),
        Err(RulesError::Refused(refusal)) => {
            let problems =
                refusal.diagnostics.iter().map(|it| json!([it.pointer, it.line, it.column, it.message, it.help]));
            Ok(json!([refusal.code, refusal.message, refusal.rule, problems.collect::<Vec<_>>()]))
        }
        Err(RulesError::Call(failure)) => Err(TestCaseError::fail(failure.to_string())),
    }
}

fn engine_answer(answer: &Result<Changed, Refusal>) -> Value {
    match answer {
        Ok(Changed { document, revision, rules }) => {
            json!([
                document,
                rules.iter().map(|it| json!([it.id, it.rule, it.warnings.len()])).collect::<Vec<_>>(),
                revision
            ])
        }
        Err(Refusal { code, message, rule, diagnostics }) => {
            let problems = diagnostics.iter().map(|it| json!([it.pointer, it.line, it.column, it.message, it.help]));
            json!([code.word(), message, rule, problems.collect::<Vec<_>>()])
        }
    }
}
