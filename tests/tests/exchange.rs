//! What holds for every text of another registry, and for every way there and back.
#![cfg(test)]

use proptest::prelude::*;
use serde_json::{Value, json};
use tagseal_engine::Policy;
use tagseal_engine::convert::{Converted, export, import};
use tagseal_engine::diagnostic::{Diagnostic, Severity};
use tagseal_engine::refusal::RefusalCode;
use tagseal_tests::answer;
use tagseal_tests::generate::{event, exchange, text, tries};

const PROD: &str = r#"{"namespace": "prod"}"#;

fn compile(document: &str) -> Result<Policy, TestCaseError> {
    Policy::compile(document.to_owned()).map_err(|problems| TestCaseError::fail(format!("{document}\n{problems:?}")))
}

/// What an import comes to, and what has to hold of it. None where it is refused.
fn imported(format: &str, text: &str, options: &str) -> Result<Option<Converted>, TestCaseError> {
    let (severity, diagnostics, converted) = match import(format, text, options) {
        Ok(converted) => {
            compile(&converted.text)?;
            (Severity::Warning, converted.losses.clone(), Some(converted))
        }
        Err(refusal) => {
            prop_assert_eq!(refusal.code, RefusalCode::Invalid, "{}", text);
            prop_assert!(!refusal.diagnostics.is_empty(), "{}", text);
            (Severity::Problem, refusal.diagnostics, None)
        }
    };
    for diagnostic in &diagnostics {
        prop_assert_eq!(diagnostic.severity, severity, "{}", text);
        prop_assert!(is_in(diagnostic, text), "{} is not in {}", diagnostic, text);
    }
    Ok(converted)
}

/// Whether the place of a diagnostic is in a text.
fn is_in(diagnostic: &Diagnostic, text: &str) -> bool {
    let line = text.split('\n').nth(diagnostic.line as usize - 1);
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&(diagnostic.column as usize)))
}

/// What an export comes to. None where the format can't say it.
fn exported(format: &str, document: &str, options: &str) -> Result<Option<Converted>, TestCaseError> {
    match export(format, document, options) {
        Ok(converted) => Ok(Some(converted)),
        Err(refusal) => {
            prop_assert_eq!(refusal.code, RefusalCode::NotExpressible, "{}\n{}", document, refusal);
            prop_assert!(
                refusal.diagnostics.iter().all(|diagnostic| diagnostic.is_problem() && is_in(diagnostic, document))
            );
            prop_assert!(!refusal.diagnostics.is_empty());
            Ok(None)
        }
    }
}

/// The losses that a pattern's meaning or spelling caused. The note about an import as a whole is not one of them.
fn pattern_losses(converted: &Converted) -> usize {
    converted.losses.iter().filter(|loss| loss.pointer.to_lowercase().ends_with("pattern")).count()
}

fn value(text: &str) -> Result<Value, TestCaseError> {
    serde_json::from_str(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))
}

/// Whether two documents decide alike, but for the pair that they name.
fn decide_alike(one: &str, other: &str, events: &[String]) -> Result<(), TestCaseError> {
    let [one, other] = [compile(one)?, compile(other)?];
    for event in events {
        let [one, other] = [&one, &other].map(|policy| answer::read(&policy.evaluate_json(event)));
        let [one, other] = [one.map_err(TestCaseError::fail)?, other.map_err(TestCaseError::fail)?].map(essence);
        prop_assert_eq!(one, other, "{}", event);
    }
    Ok(())
}

/// The outcome of each tag and of the whole, and why.
fn essence(decision: Value) -> Vec<Value> {
    let tags = decision["tags"].as_array().cloned().unwrap_or_default();
    let part = |decision: &Value| json!([decision["outcome"], decision["code"], decision["precondition"]]);
    tags.iter().chain([&decision]).map(part).collect()
}

fn events() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(event::event().prop_map(|event| event::text(&event)), 1..8)
}

/// A document of the first rule alone.
fn first_rule(mut document: Value) -> Option<Value> {
    document["rules"].as_array_mut()?.truncate(1);
    document["rules"][0].is_object().then_some(document)
}

proptest! {
    #![proptest_config(tries(1_500))]

    #[test]
    fn no_text_is_too_odd_for_an_import(
        (format, good) in exchange::text(),
        changes in prop::collection::vec(text::change(), 0..6),
        noise in ".{0,40}",
    ) {
        for text in [text::changed(&good, &changes), noise] {
            imported(format, &text, "{}")?;
            imported(format, &text, PROD)?;
        }
    }

    #[test]
    fn good_texts_are_imported_or_refused_for_a_reason((format, good) in exchange::text()) {
        imported(format, &good, if format == "harbor" { PROD } else { "{}" })?;
    }

    #[test]
    fn no_text_is_too_odd_for_an_export(
        document in exchange::modest_document(),
        changes in prop::collection::vec(text::change(), 1..6),
    ) {
        let text = text::changed(&document.to_string(), &changes);
        for format in ["tcr", "harbor"] {
            if let Err(refusal) = export(format, &text, "{}") {
                let expected = [RefusalCode::InvalidDocument, RefusalCode::NotExpressible, RefusalCode::Invalid];
                prop_assert!(expected.contains(&refusal.code), "{}", refusal);
                prop_assert!(refusal.diagnostics.iter().all(Diagnostic::is_problem));
            }
        }
    }

    #[test]
    fn what_tcr_says_comes_back_to_the_letter(answer in exchange::tcr_answer()) {
        let Some(there) = imported("tcr", &answer.to_string(), "{}")? else { return Ok(()) };
        let back = exported("tcr", &there.text, "{}")?;
        if pattern_losses(&there) == 0 {
            let back = back.ok_or_else(|| TestCaseError::fail(format!("{answer} does not come back")))?;
            prop_assert_eq!(pattern_losses(&back), 0);
            let unsaid = |rule: &Value| rule["RepositoryPattern"] == "" || rule["TagPattern"] == "";
            let rules = &answer["Response"]["Rules"];
            if !rules.as_array().unwrap().iter().any(unsaid) {
                prop_assert_eq!(&value(&back.text)?["Response"]["Rules"], rules);
            }
        } else if let Some(back) = back {
            let again = imported("tcr", &back.text, "{}")?;
            prop_assert_eq!(again.map(|again| again.text), Some(there.text));
        }
    }

    #[test]
    fn what_harbor_says_comes_back_to_the_letter(rules in exchange::harbor_rules()) {
        let Some(there) = imported("harbor", &rules.to_string(), PROD)? else { return Ok(()) };
        let back = exported("harbor", &there.text, "{}")?;
        let all = rules.as_array().unwrap();
        let enabled = all.iter().filter(|rule| rule["disabled"] == false).cloned().collect::<Vec<_>>();
        let kept = if enabled.is_empty() { rules.clone() } else { Value::from(enabled) };
        if pattern_losses(&there) == 0 {
            let back = back.ok_or_else(|| TestCaseError::fail(format!("{rules} does not come back")))?;
            let written = value(&back.text)?;
            if !rules.to_string().contains(r#""pattern":"""#) {
                prop_assert_eq!(written, kept);
            }
        } else if let Some(back) = back {
            let again = imported("harbor", &back.text, PROD)?;
            prop_assert_eq!(again.map(|again| again.text), Some(there.text));
        }
    }

    #[test]
    fn what_tcr_can_say_of_a_document_it_decides(document in exchange::modest_document(), events in events()) {
        let document = document.to_string();
        let Some(there) = exported("tcr", &document, "{}")? else { return Ok(()) };
        let back = imported("tcr", &there.text, "{}")?;
        let back = back.ok_or_else(|| TestCaseError::fail(format!("{} is refused", there.text)))?;
        decide_alike(&document, &back.text, &events)?;
        let again = exported("tcr", &back.text, "{}")?;
        prop_assert_eq!(again.map(|again| again.text), Some(there.text));
    }

    #[test]
    fn what_harbor_can_say_of_a_rule_it_decides(document in exchange::modest_document(), events in events()) {
        let Some(document) = first_rule(document) else { return Ok(()) };
        let namespace = json!({ "namespace": document["rules"][0]["namespace"] }).to_string();
        let document = document.to_string();
        let Some(there) = exported("harbor", &document, "{}")? else { return Ok(()) };
        let back = imported("harbor", &there.text, &namespace)?;
        let back = back.ok_or_else(|| TestCaseError::fail(format!("{} is refused", there.text)))?;
        decide_alike(&document, &back.text, &events)?;
        let again = exported("harbor", &back.text, "{}")?;
        prop_assert_eq!(again.map(|again| again.text), Some(there.text));
    }
}
