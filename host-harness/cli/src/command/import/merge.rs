//! Imported rules that are added to a policy file: all of them, or none.

use std::io::Write as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::contract::Diagnostic;
use tagseal::{CallError, Component, Settings};

use super::given_text::{GivenText, names};
use crate::command::Ending;
use crate::command::document::tally;
use crate::command::excerpt;
use crate::command::fault::Fault;
use crate::command::request::Request;
use crate::command::rules::change::{ChangeOptions, ReportStyle};
use crate::command::rules::change_error::ChangeError;

/// An imported rule.
struct ImportedRule {
    /// The index of the text that it comes from.
    text: usize,
    namespace: String,
    rule: String,
}

/// Adds the rules of imported documents to a policy file.
pub(super) fn merge(
    component: &Component,
    policy: &Path,
    dry_run: bool,
    texts: &[GivenText],
    documents: &[String],
) -> Result<Ending, Fault> {
    let rules = documents.iter().enumerate().map(|(text, document)| read(text, document));
    let rules: Vec<ImportedRule> = rules.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    if rules.is_empty() {
        writeln!(anstream::stdout(), "nothing to import: the rules of {} are empty", names(texts))?;
        return Ok(Ending::Fine);
    }
    let all = rules.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>().join(", ");
    let options = ChangeOptions::for_file(policy, dry_run);
    let style = ReportStyle::Name("imported");
    let made = options.try_make(component, &style, |_, _| {
        let mut request = Request::new();
        request.add(&format!("{{\"merge\": {{\"rules\": [{all}]}}}}"));
        Ok(request)
    });
    let made = made.map_err(|error| report(error, &options.name(), texts, &rules))?;
    options.report(&made, &style)?;
    Ok(Ending::Fine)
}

/// Reads the rules of a document that the component has made.
fn read(text: usize, document: &str) -> Result<Vec<ImportedRule>, CallError> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        rules: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Rule {
        namespace: String,
    }
    let broken = |_| CallError::Answer(Settings::default().max_answer_bytes);
    let Document { rules } = serde_json::from_str(document).map_err(broken)?;
    let imported = rules.into_iter().map(|rule| {
        let Rule { namespace } = serde_json::from_str(rule.get()).map_err(broken)?;
        Ok(ImportedRule { text, namespace, rule: rule.get().to_owned() })
    });
    imported.collect()
}

/// Shows each problem at its place in the texts that were given.
fn report(error: ChangeError, policy: &str, texts: &[GivenText], rules: &[ImportedRule]) -> Fault {
    let Some((code, problems)) = error.request_problems() else { return error.report(policy) };
    let mut placed = Vec::new();
    for problem in problems {
        let Some(rule) = rule_of(problem, rules) else { return error.report(policy) };
        let Some(text) = texts.get(rule.text) else { return error.report(policy) };
        let (line, column) = text.place_of_namespace(&rule.namespace);
        placed.push((text, Diagnostic { line, column, pointer: String::new(), ..problem.clone() }));
    }
    if placed.is_empty() {
        return error.report(policy);
    }
    let mut out = anstream::stderr().lock();
    for (GivenText { document, .. }, problem) in &placed {
        // If standard error is closed, the exit code still shows the failure.
        let _ = excerpt::show(&document.name, &document.text, std::slice::from_ref(problem), &mut out);
    }
    let message = format!("{}; nothing was imported, and {policy} stays as it is", tally(problems));
    Fault::declined(code, message)
}

/// The rule that a problem is about: `/merge/rules/3/namespace`.
fn rule_of<'a>(problem: &Diagnostic, rules: &'a [ImportedRule]) -> Option<&'a ImportedRule> {
    let index = problem.pointer.strip_prefix("/merge/rules/")?.split('/').next()?;
    rules.get(index.parse::<usize>().ok()?)
}
