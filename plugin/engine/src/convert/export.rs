//! From a policy document to the text of another registry.

use super::converted::Converted;
use super::draft::Draft;
use super::expressible;
use super::formats::writer;
use super::options::Options;
use crate::diagnostic::Severity;
use crate::document::check::document::problems;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::report::Report;
use crate::policy::compiled::Policy;
use crate::refusal::{Refusal, RefusalCode};

/// Turns a policy document into the text of another registry that says the same.
///
/// Options are those of an import. A namespace asks for the rule of that namespace alone; the instance is not asked for.
///
/// # Errors
///
/// - `unknown-format`: `ecr`, which has no rules to write
/// - `invalid`: options that can't be read; several namespaces where the format takes one
/// - `invalid-document`: a document that does not compile, with every problem
/// - `not-found`: no rule for the namespace
/// - `not-expressible`: what the format can't say, each with its rule and its place in the document
#[inline(never)]
pub fn export(format: &str, document: &str, options: &str) -> Result<Converted, Refusal> {
    let writer = writer(format)?;
    let options = Options::read(options, false)?;
    let mut report = Report::default();
    let root = open(document, TextKind::DOCUMENT, &mut report).filter(|_| Policy::is_valid(document));
    let Some(draft) = root.and_then(|root| Draft::of_document(&root, &mut report)) else {
        return Err(Refusal::with_problems(RefusalCode::InvalidDocument, "document", problems(document)));
    };
    expressible::check_overrides(&draft, &mut report);
    let rules = expressible::chosen(&draft, &options, writer.only_one, &mut report)?;
    let text = (writer.write)(&rules, &mut report);
    if report.has_problems() {
        return Err(expressible::not_expressible(format, report.diagnostics(document, Severity::Problem)));
    }
    Ok(Converted { text, losses: report.diagnostics(document, Severity::Warning) })
}
