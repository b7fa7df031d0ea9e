//! From the text of another registry to a policy document.

use super::converted::Converted;
use super::draft::Draft;
use super::error_answer;
use super::formats::imported;
use super::options::Options;
use super::print;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::check::document::{problems, warnings};
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::policy::compiled::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::field::SelectorField;
use crate::words::Word;

/// Turns the text of another registry into a policy document that compiles.
///
/// Options, in JSON: `{"namespace": "prod", "repository": "team/app", "instance": "registry-prod"}`. The namespace is that of
/// rules that name none, and has to be the same where they name one; the repository is that of texts that name none; the
/// instance is written into the document.
///
/// # Errors
///
/// - `unknown-format`: `ECR`, which is written `ecr`
/// - `invalid`: options or a text that can't be read, with every problem and its place in the one or the other
#[inline(never)]
pub fn import(format: &str, text: &str, options: &str) -> Result<Converted, Refusal> {
    let format = imported(format)?;
    let options = Options::read(options, format.takes_repository)?;
    let mut report = Report::default();
    let root = open(text, TextKind::TEXT, &mut report);
    if let Some(root) = &root {
        error_answer::check(root, &mut report);
    }
    let root = root.filter(|_| !report.has_problems());
    let draft = root.and_then(|root| (format.read)(root, &options, &mut report));
    let Some(mut draft) = draft else { return Err(refused(text, report)) };
    number(&mut draft);
    let document = print::document(&draft, options.instance.as_deref());
    check(&document, &draft, &mut report);
    if report.has_problems() {
        return Err(refused(text, report));
    }
    if draft.rules.is_empty() {
        let message = "nothing in the text makes a tag immutable, so the document has no rule".into();
        report.warning(&Place::default(), message, "check that it is what the registry answered");
    }
    Ok(Converted { text: document, losses: report.diagnostics(text, Severity::Warning) })
}

fn refused(text: &str, report: Report) -> Refusal {
    Refusal::with_problems(RefusalCode::Invalid, "text", report.diagnostics(text, Severity::Problem))
}

/// Gives an id to each rule that has none.
fn number(draft: &mut Draft) {
    let mut last = draft.rules.iter().filter_map(|rule| rule.id).max().unwrap_or(0);
    for rule in draft.rules.iter_mut().filter(|rule| rule.id.is_none()) {
        last += 1;
        rule.id = Some(last);
    }
}

/// Checks the document that an import comes to: what our own limits and rules refuse is a problem of the text, and what is
/// almost certainly not meant in a pattern was not meant in the text either.
fn check(document: &str, draft: &Draft, report: &mut Report) {
    if !Policy::is_valid(document) {
        for Diagnostic { pointer, message, help, .. } in problems(document) {
            report.problem(&draft.place(&pointer), message, &help);
        }
        return;
    }
    for Diagnostic { pointer, message, help, .. } in warnings(document) {
        if SelectorField::TEXTS.iter().any(|side| pointer.split('/').any(|step| step == *side)) {
            report.warning(&draft.place(&pointer), message, &help);
        }
    }
}
