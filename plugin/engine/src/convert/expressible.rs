//! What a rule must be so that another registry can have it.

use super::doublestar::difference::{Difference, Extent};
use super::doublestar::translate::translate;
use super::draft::{Draft, Pattern, Rule, Selector};
use super::options::Options;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::limits;
use crate::pattern::parse::{shape, shape_of};
use crate::pattern::shape::Shape;
use crate::pattern::subject::Subject;
use crate::pattern::written::WrittenPattern;
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};

/// The rules that are asked for: those of the options' namespace or all. Where only one can be written, it has to be clear
/// which.
pub(super) fn chosen<'a>(
    draft: &'a Draft,
    options: &Options,
    only_one: bool,
    report: &mut Report,
) -> Result<Vec<&'a Rule>, Refusal> {
    let Some(namespace) = &options.namespace else {
        return if only_one && draft.rules.len() > 1 {
            Err(several(draft.rules.len()))
        } else {
            Ok(draft.rules.iter().collect())
        };
    };
    let rules: Vec<_> = draft.rules.iter().filter(|rule| rule.namespace == *namespace).collect();
    if rules.is_empty() {
        let message = format!("the document has no rule for namespace `{namespace}`; name one that it has");
        return Err(Refusal::new(RefusalCode::NotFound, None, message));
    }
    for rule in draft.rules.iter().filter(|rule| rule.namespace == WHOLE_INSTANCE && rule.enabled) {
        let message = format!("{} protects tags of namespace `{namespace}` too, and would be left out", called(rule));
        report.problem(&rule.place, message, "export a document without it");
    }
    Ok(rules)
}

fn several(count: usize) -> Refusal {
    let message = format!("the document has {count} rules, and the format takes those of one namespace");
    let help = "give the option `namespace`";
    let problem = Diagnostic {
        severity: Severity::Problem,
        pointer: String::new(),
        line: 1,
        column: 1,
        message: message.clone(),
        help: help.into(),
    };
    Refusal {
        code: RefusalCode::Invalid,
        message: format!("{message}; {help}"),
        rule: None,
        diagnostics: vec![problem],
    }
}

/// The refusal of a document that says more than a format can.
pub(super) fn not_expressible(format: &str, diagnostics: Vec<Diagnostic>) -> Refusal {
    let head = format!("format `{format}` cannot say what the document says");
    Refusal::headed(RefusalCode::NotExpressible, &head, diagnostics)
}

/// What a rule is called: `rule 1 (namespace prod)`.
pub(super) fn called(rule: &Rule) -> String {
    format!("rule {} (namespace {})", rule.id.unwrap_or_default(), rule.namespace)
}

/// Reports overrides, which no other registry has. Without them more is denied.
pub(super) fn check_overrides(draft: &Draft, report: &mut Report) {
    if let Some(place) = &draft.overrides {
        report.warning(place, "the overrides are not exported".into(), "keep the document");
    }
}

/// Reports what no other registry has.
pub(super) fn check(rule: &Rule, report: &mut Report) {
    let name = called(rule);
    // What is not checked here can be said, or each format has its own limits for it.
    let Rule { place, id: _, namespace, enabled: _, deletion, exempt, note, pairs: _ } = rule;
    if namespace == WHOLE_INSTANCE {
        let message = format!("{name} is for the whole instance, and the format has rules of namespaces alone");
        report.problem(place, message, "write a rule for each namespace");
    }
    match deletion.value {
        Deletion::Deny => {}
        Deletion::Allow | Deletion::Retire => {
            let message = format!("{name} allows deletion, which the format can't say");
            report.problem(&deletion.place, message, "write `deny`, or leave it out");
        }
    }
    if exempt.value != ExemptSets::default() {
        let message = format!("{name} exempts sets of tags, which the format can't say");
        report.problem(&exempt.place, message, "leave it out");
    }
    if let Some(place) = note {
        report.warning(place, format!("the note of {name} is not exported"), "keep the document");
    }
}

/// Returns the pattern of doublestar that means the same as those of a selector. Reports it where there is no such pattern.
pub(super) fn pattern(
    rule: &Rule,
    selector: &Selector,
    subject: Subject,
    report: &mut Report,
) -> Option<(SelectorField, String)> {
    let Some((side, patterns)) = selector.only_side() else {
        let message =
            format!("a selector of {} has `matches` and `excludes`, and the format takes one of them", called(rule));
        report.problem(&selector.place, message, "write one of them");
        return None;
    };
    let is_everything = |pattern: &Pattern| shape_of(pattern.text.written(), subject) == Ok(Shape::Everything);
    let text = match patterns {
        [pattern] => spelled(rule, pattern, subject, report)?,
        patterns if patterns.iter().any(is_everything) => "**".into(),
        patterns => joined(rule, selector, patterns, subject, report)?,
    };
    Some((side, text))
}

/// A pattern as doublestar writes it.
fn spelled(rule: &Rule, pattern: &Pattern, subject: Subject, report: &mut Report) -> Option<String> {
    let text = match pattern.text.written() {
        WrittenPattern::Text(text) => text,
        WrittenPattern::Regex(text) => {
            let message =
                format!("`{}` of {} is a regular expression, which the format doesn't have", shown(text), called(rule));
            report.problem(&pattern.place, message, "write a glob");
            return None;
        }
    };
    let found = [text.to_owned(), text.replace("[!", "[^")].into_iter().find_map(|candidate| {
        let same = shape(&candidate, subject) == shape(text, subject);
        same.then(|| kept(&candidate)).flatten().map(|differences| (candidate, differences))
    });
    let Some((spelling, differences)) = found.filter(|_| !is_version(text, subject)) else {
        let why = otherwise(text, subject);
        let message = format!("no pattern of the format means what `{}` of {} does: {why}", shown(text), called(rule));
        report.problem(&pattern.place, message, "write a simpler pattern");
        return None;
    };
    for difference in differences {
        report.warning(&pattern.place, difference.message(text), difference.help());
    }
    Some(spelling)
}

/// Returns where older versions alone read a pattern differently. Returns `None` where newer ones do too.
fn kept(text: &str) -> Option<Vec<Difference>> {
    let translation = translate(text).ok().filter(|translation| translation.pattern == text)?;
    let differences = translation.differences;
    differences.iter().all(|difference| difference.extent() == Extent::Older).then_some(differences)
}

/// Why no pattern of doublestar means the same.
fn otherwise(text: &str, subject: Subject) -> String {
    if is_version(text, subject) {
        return "it is a version class".into();
    }
    match translate(text) {
        Err(fault) => fault.explain().0,
        Ok(translation) => {
            let differences: Vec<_> = translation.differences.iter().map(|it| it.message(text)).collect();
            differences.join("; ")
        }
    }
}

fn is_version(text: &str, subject: Subject) -> bool {
    matches!(shape(text, subject), Ok(Shape::Version(_)))
}

/// Several patterns as alternatives in braces.
fn joined(
    rule: &Rule,
    selector: &Selector,
    patterns: &[Pattern],
    subject: Subject,
    report: &mut Report,
) -> Option<String> {
    // All patterns are written before an invalid one ends it, so that all their problems are reported.
    let spellings: Vec<_> = patterns.iter().map(|pattern| spelled(rule, pattern, subject, report)).collect();
    let spellings: Vec<_> = spellings.into_iter().collect::<Option<_>>()?;
    let joined = format!("{{{}}}", spellings.join(","));
    let simple = spellings.iter().all(|spelling| !spelling.contains(['/', '{', '}', ',']));
    let differences = kept(&joined).filter(|_| simple && joined.len() <= limits::MAX_PATTERN_BYTES);
    let Some(differences) = differences else {
        let message =
            format!("the {} patterns of a selector of {} don't make one of the format", patterns.len(), called(rule));
        report.problem(&selector.place, message, "write one pattern, or patterns without `/`, `,` and braces");
        return None;
    };
    for difference in differences {
        report.warning(&selector.place, difference.message(&joined), difference.help());
    }
    Some(joined)
}
