//! What the tests of all formats ask.

use super::converted::Converted;
use super::export::export;
use super::import::import;
use crate::diagnostic::Diagnostic;
use crate::policy::compiled::Policy;
use crate::refusal::RefusalCode;

/// An import that succeeds.
#[track_caller]
pub(super) fn imported(format: &str, text: &str, options: &str) -> Converted {
    import(format, text, options).unwrap_or_else(|refusal| panic!("{refusal}\n{:#?}", refusal.diagnostics))
}

/// An export that succeeds.
#[track_caller]
pub(super) fn exported(format: &str, document: &str, options: &str) -> Converted {
    export(format, document, options).unwrap_or_else(|refusal| panic!("{refusal}\n{:#?}", refusal.diagnostics))
}

/// What a document answers to deletes of tags: `repository:tag` and the code.
#[track_caller]
pub(super) fn assert_deletes(document: &str, expected: &[(&str, &str)]) {
    let policy = Policy::compile(document.to_owned()).unwrap_or_else(|problems| panic!("{document}\n{problems:#?}"));
    for (reference, code) in expected {
        let (repository, tag) = reference.split_once(':').unwrap();
        let event = format!(r#"{{"delete-tag": {{"repository": "{repository}", "tag": "{tag}"}}}}"#);
        let answer = policy.evaluate_json(&event);
        assert!(answer.contains(&format!(r#""code":"{code}""#)), "{reference}: not {code}: {answer}\n{document}");
    }
}

/// Checks diagnostics, each by its place and a part of its message.
#[track_caller]
pub(super) fn assert_reported(diagnostics: &[Diagnostic], expected: &[(&str, &str)]) {
    let found: Vec<_> = diagnostics.iter().map(|found| (&*found.pointer, &*found.message)).collect();
    let alike = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.0 == expected.0 && found.1.contains(expected.1));
    assert!(alike, "{diagnostics:#?}\nis not\n{expected:#?}");
}

/// The problems for which an import is refused.
#[track_caller]
pub(super) fn assert_refused(format: &str, text: &str, options: &str, expected: &[(&str, &str)]) {
    let refusal = import(format, text, options).map_err(|refusal| (refusal.code, refusal.diagnostics));
    let Err((RefusalCode::Invalid, diagnostics)) = refusal else { panic!("{text}\n{refusal:#?}") };
    assert!(diagnostics.iter().all(Diagnostic::is_problem), "{diagnostics:#?}");
    assert_reported(&diagnostics, expected);
}
