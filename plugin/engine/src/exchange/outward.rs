//! What a rule must be so that another registry can have it.

use super::doublestar::{Difference, Extent, translate};
use super::draft::{Deletion, Draft, Pattern, Rule, Selector};
use super::options::Options;
use crate::diagnostic::{Diagnostic, Severity};
use crate::glob::{Shape, Subject, shape};
use crate::limits;
use crate::refusal::{Code, Refusal};
use crate::source::{Report, shown};

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
        return Err(Refusal::new(Code::NotFound, None, message));
    }
    for rule in draft.rules.iter().filter(|rule| rule.namespace == "*" && rule.enabled) {
        let message = format!("{} keeps tags of namespace `{namespace}` too, and would be left behind", called(rule));
        report.problem(&rule.place, message, "export a document without it");
    }
    Ok(rules)
}

fn several(count: usize) -> Refusal {
    let message = format!("the document has {count} rules, and the format takes those of one namespace");
    let mend = "give the option `namespace`";
    let problem = Diagnostic {
        severity: Severity::Problem,
        pointer: String::new(),
        line: 1,
        column: 1,
        message: message.clone(),
        mend: mend.into(),
    };
    Refusal { code: Code::Invalid, message: format!("{message}; {mend}"), rule: None, diagnostics: vec![problem] }
}

/// The refusal of a document that says more than a format can.
pub(super) fn not_expressible(format: &str, diagnostics: Vec<Diagnostic>) -> Refusal {
    let head = format!("format `{format}` cannot say what the document says");
    Refusal::headed(Code::NotExpressible, &head, diagnostics)
}

/// What a rule is called: `rule 1 (namespace prod)`.
pub(super) fn called(rule: &Rule) -> String {
    format!("rule {} (namespace {})", rule.id.unwrap_or_default(), rule.namespace)
}

/// Reports what no other registry has.
pub(super) fn check(rule: &Rule, report: &mut Report) {
    let name = called(rule);
    if rule.namespace == "*" {
        let message = format!("{name} is for the whole instance, and the format has rules of namespaces alone");
        report.problem(&rule.place, message, "write a rule for each namespace");
    }
    if let Deletion::Allow(place) = &rule.deletion {
        let message = format!("{name} allows deletion, which the format can't say");
        report.problem(place, message, "write `deny`, or leave it out");
    }
    if let Some(place) = &rule.exempt {
        report.problem(place, format!("{name} leaves sets of tags alone, which the format can't say"), "leave it out");
    }
    if let Some(place) = &rule.note {
        report.warning(place, format!("the note of {name} stays behind"), "keep the document");
    }
}

/// The one pattern of doublestar that means the same as a selector's. None, and a problem, where there is none.
pub(super) fn pattern(rule: &Rule, selector: &Selector, subject: Subject, report: &mut Report) -> Option<String> {
    match &*selector.patterns {
        [pattern] => spelled(rule, pattern, subject, report),
        patterns if patterns.iter().any(|pattern| shape(&pattern.text, subject) == Ok(Shape::Everything)) => {
            Some("**".into())
        }
        patterns => joined(rule, selector, patterns, subject, report),
    }
}

/// A pattern as doublestar writes it.
fn spelled(rule: &Rule, pattern: &Pattern, subject: Subject, report: &mut Report) -> Option<String> {
    let text = &pattern.text;
    let found = [text.clone(), text.replace("[!", "[^")].into_iter().find_map(|candidate| {
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
        report.warning(&pattern.place, difference.message(text), difference.mend());
    }
    Some(spelling)
}

/// Where older versions alone read a pattern otherwise than we do. None where newer ones do too.
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
        Err(fault) => fault.told().0,
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
    // All patterns are written before one that failed ends it, so that all their problems are told.
    let spellings: Vec<_> = patterns.iter().map(|pattern| spelled(rule, pattern, subject, report)).collect();
    let spellings: Vec<_> = spellings.into_iter().collect::<Option<_>>()?;
    let joined = format!("{{{}}}", spellings.join(","));
    let simple = spellings.iter().all(|spelling| !spelling.contains(['/', '{', '}', ',']));
    let differences = kept(&joined).filter(|_| simple && joined.len() <= limits::PATTERN_BYTES);
    let Some(differences) = differences else {
        let message =
            format!("the {} patterns of a selector of {} don't make one of the format", patterns.len(), called(rule));
        report.problem(&selector.place, message, "write one pattern, or patterns without `/`, `,` and braces");
        return None;
    };
    for difference in differences {
        report.warning(&selector.place, difference.message(&joined), difference.mend());
    }
    Some(joined)
}
