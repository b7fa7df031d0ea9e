//! Rules of other registries, turned into policy documents and back.
//!
//! An import carries over all that it can, refuses what it can't understand, and tells each thing that means something else
//! afterwards, by its place in the imported text. An export says exactly what the document says, or refuses.
//!
//! Formats are answers of APIs, as they come: fields that no rule depends on are passed over, null is no value.
//!
//! | format | answer | out | what becomes the namespace |
//! |---|---|---|---|
//! | `tcr` | `DescribeImmutableTagRules`; rules alone, requests, Terraform's blocks | yes | `NsName` |
//! | `harbor` | `GET …/immutabletagrules` of one project | yes | the project, which has to be told |
//! | `swr` | the same, of one or more namespaces | | `namespace_name` |
//! | `ecr` | `DescribeRepositories` | | the first component of the name, `*` where it has but one |
//! | `google` | `projects.locations.repositories` | | the project |
//! | `alibaba` | `ListRepository` | | `RepoNamespaceName` |
//! | `oracle` | `GetContainerRepository` | | the tenancy's namespace |
//! | `nexus` | repositories of format `docker` | | the repository where it is part of the path, else `*` |

mod alibaba;
mod doublestar;
mod draft;
mod ecr;
mod google;
mod grouping;
mod harbor;
mod listing;
mod nexus;
mod options;
mod oracle;
mod outward;
mod print;
mod tcr;

use crate::diagnostic::{Diagnostic, Severity};
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::source::{self, Kind, Node, Place, Report, list, shown};
use crate::survey;
use draft::Draft;
use options::Options;

/// What an import or an export comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The policy document, or the text for the other registry.
    pub text: String,
    /// What means something else now, by its place in the text that was given. All are warnings.
    pub losses: Vec<Diagnostic>,
}

/// The formats that are imported.
const IMPORTED: &[&str] = &["tcr", "harbor", "swr", "ecr", "google", "alibaba", "oracle", "nexus"];
/// The formats that are exported.
const EXPORTED: &[&str] = &["tcr", "harbor"];

/// Reads a text of another registry into its rules.
type Reader = fn(Node<'_>, &Options, &mut Report) -> Option<Draft>;

fn reader(format: &str) -> Option<Reader> {
    Some(match format {
        "tcr" => tcr::read,
        "harbor" => harbor::read_project,
        "swr" => harbor::read_namespaces,
        "ecr" => ecr::read,
        "google" => google::read,
        "alibaba" => alibaba::read,
        "oracle" => oracle::read,
        "nexus" => nexus::read,
        _ => return None,
    })
}

/// Turns the text of another registry into a policy document that compiles.
///
/// Options, in JSON: `{"namespace": "prod", "instance": "registry-prod"}`. The namespace is that of rules that name none,
/// and has to be the same where they name one; the instance is written into the document.
///
/// # Errors
///
/// - `unknown-format`: `quay`, whose rules are regular expressions
/// - `invalid`: options or a text that can't be read, with every problem and its place in the one or the other
#[inline(never)]
pub fn import(format: &str, text: &str, options: &str) -> Result<Converted, Refusal> {
    let reader = reader(format).ok_or_else(|| unknown(format, "imported", IMPORTED))?;
    let options = Options::read(options)?;
    let mut report = Report::default();
    let draft = source::open(text, Kind::TEXT, &mut report).and_then(|root| reader(root, &options, &mut report));
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
    Refusal::with_problems(Code::Invalid, "text", report.diagnostics(text, Severity::Problem))
}

/// Gives an id to each rule that has none.
fn number(draft: &mut Draft) {
    let mut last = draft.rules.iter().filter_map(|rule| rule.id).max().unwrap_or(0);
    for rule in draft.rules.iter_mut().filter(|rule| rule.id.is_none()) {
        last += 1;
        rule.id = Some(last);
    }
}

/// Checks the document that an import comes to: what our own limits and rules refuse is a problem of the text.
fn check(document: &str, draft: &Draft, report: &mut Report) {
    if !Policy::checks(document) {
        for Diagnostic { pointer, message, mend, .. } in survey::problems(document) {
            report.problem(&draft.place(&pointer), message, &mend);
        }
    }
}

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
    if !EXPORTED.contains(&format) {
        return Err(unknown(format, "exported", EXPORTED));
    }
    let options = Options::read(options)?;
    let mut report = Report::default();
    let root = source::open(document, Kind::DOCUMENT, &mut report).filter(|_| Policy::checks(document));
    let Some(draft) = root.and_then(|root| Draft::of_document(&root, &mut report)) else {
        return Err(Refusal::with_problems(Code::InvalidDocument, "document", survey::problems(document)));
    };
    let rules = outward::chosen(&draft, &options, format == "harbor", &mut report)?;
    let text = if format == "harbor" { harbor::write(&rules, &mut report) } else { tcr::write(&rules, &mut report) };
    if report.has_problems() {
        return Err(outward::not_expressible(format, report.diagnostics(document, Severity::Problem)));
    }
    Ok(Converted { text, losses: report.diagnostics(document, Severity::Warning) })
}

/// The refusal of a format that is not among those known.
fn unknown(format: &str, converted: &str, known: &[&str]) -> Refusal {
    let known = list(known);
    let message = match format {
        "docker-hub" | "dockerhub" | "gitlab" | "quay" => format!(
            "rules of `{format}` are regular expressions, for which there is no selector yet; write them as globs, or in one \
             of the formats that are {converted}: {known}"
        ),
        _ => format!("format `{}` cannot be {converted}; name {known}", shown(format)),
    };
    Refusal::new(Code::UnknownFormat, None, message)
}

/// Tells that deletes are denied, of a registry that does not say whether it does.
fn warn_of_deletion(draft: Draft, report: &mut Report) -> Draft {
    if !draft.rules.is_empty() {
        let message = "tags can't be deleted here, and whether they can there the text does not say".into();
        report.warning(&Place::default(), message, "give a rule `\"deletion\": \"allow\"` where they should");
    }
    draft
}

#[cfg(test)]
mod sample {
    use super::*;

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
        let policy =
            Policy::compile(document.to_owned()).unwrap_or_else(|problems| panic!("{document}\n{problems:#?}"));
        for (reference, code) in expected {
            let (repository, tag) = reference.split_once(':').unwrap();
            let event = format!(r#"{{"delete-tag": {{"repository": "{repository}", "tag": "{tag}"}}}}"#);
            let answer = policy.evaluate_json(&event);
            assert!(answer.contains(&format!(r#""code":"{code}""#)), "{reference}: not {code}: {answer}\n{document}");
        }
    }

    /// What is told, each as its place and the beginning of its message.
    #[track_caller]
    pub(super) fn assert_told(diagnostics: &[Diagnostic], expected: &[(&str, &str)]) {
        let told: Vec<_> = diagnostics.iter().map(|told| (&*told.pointer, &*told.message)).collect();
        let alike = told.len() == expected.len()
            && told.iter().zip(expected).all(|(told, expected)| told.0 == expected.0 && told.1.contains(expected.1));
        assert!(alike, "{diagnostics:#?}\nis not\n{expected:#?}");
    }

    /// The problems for which an import is refused.
    #[track_caller]
    pub(super) fn assert_refused(format: &str, text: &str, options: &str, expected: &[(&str, &str)]) {
        let refusal = import(format, text, options).map_err(|refusal| (refusal.code, refusal.diagnostics));
        let Err((Code::Invalid, diagnostics)) = refusal else { panic!("{text}\n{refusal:#?}") };
        assert!(diagnostics.iter().all(Diagnostic::is_problem), "{diagnostics:#?}");
        assert_told(&diagnostics, expected);
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{assert_refused, assert_told, exported, imported};
    use super::*;

    #[test]
    fn a_format_that_is_not_known_is_named_with_those_that_are() {
        let table = [
            ("Harbor", "format `Harbor` cannot be imported; name `tcr`, `harbor`"),
            ("quay", "rules of `quay` are regular expressions"),
            ("docker-hub", "rules of `docker-hub` are regular expressions"),
            ("gitlab", "rules of `gitlab` are regular expressions"),
        ];
        for (format, message) in table {
            let refusal = import(format, "[]", "{}").unwrap_err();
            assert_eq!(refusal.code, Code::UnknownFormat);
            assert!(refusal.message.starts_with(message), "{refusal}");
        }
        let refusal = export("ecr", "{}", "{}").unwrap_err();
        assert_eq!(refusal.code, Code::UnknownFormat);
        assert_eq!(refusal.message, "format `ecr` cannot be exported; name `tcr` or `harbor`");
    }

    #[test]
    fn options_are_read_to_the_letter() {
        for (options, pointer) in [
            ("", ""),
            ("[]", ""),
            (r#"{"name": "prod"}"#, "/name"),
            (r#"{"namespace": null}"#, "/namespace"),
            (r#"{"namespace": "a/b"}"#, "/namespace"),
            (r#"{"namespace": "*"}"#, "/namespace"),
            (r#"{"instance": "\u0000"}"#, "/instance"),
        ] {
            for refusal in [import("harbor", "[]", options), export("tcr", "{}", options)] {
                let refusal = refusal.unwrap_err();
                assert_eq!(refusal.code, Code::Invalid, "{options}");
                assert_eq!(refusal.diagnostics.first().map(|problem| &*problem.pointer), Some(pointer), "{options}");
            }
        }
        let converted = imported("harbor", "[]", r#"{"namespace": "prod", "instance": "registry-\"1\""}"#);
        assert_eq!(
            converted.text,
            "{\n  \"version\": 1,\n  \"instance\": \"registry-\\\"1\\\"\",\n  \"rules\": []\n}\n"
        );
        assert_told(&converted.losses, &[("", "nothing in the text makes a tag immutable")]);
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_place() {
        for format in IMPORTED {
            for (text, expected) in
                [("", "no JSON"), ("{\"Response\": {\"Rules\": [", "no JSON"), ("\u{feff}[]", "byte-order mark")]
            {
                let options = r#"{"namespace": "prod"}"#;
                assert_refused(format, text, options, &[("", expected)]);
            }
        }
    }

    #[test]
    fn what_our_limits_refuse_is_told_at_its_place_in_the_text() {
        let rules: Vec<_> = (0..33)
            .map(|number| {
                format!(
                    r#"{{"tag_selectors": [{{"kind": "doublestar", "decoration": "matches", "pattern": "v{number}.?"}}],
                    "scope_selectors": {{"repository": [{{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}}]}}}}"#
                )
            })
            .collect();
        let text = format!("[{}]", rules.join(","));
        let expected = [("/0", "33 patterns that need a regular expression, more than 32")];
        assert_refused("harbor", &text, r#"{"namespace": "prod"}"#, &expected);
    }

    #[test]
    fn a_document_that_does_not_check_is_not_exported() {
        let refusal = export("tcr", r#"{"version": 1, "rules": [{}]}"#, "{}").unwrap_err();
        assert_eq!(refusal.code, Code::InvalidDocument);
        assert_eq!(refusal.diagnostics.len(), 3, "{:#?}", refusal.diagnostics);
    }

    #[test]
    fn an_export_of_a_namespace_is_of_its_rule_alone() {
        let document = r#"{"version": 1, "rules": [
            {"id": 1, "namespace": "prod", "preset": "latest"},
            {"id": 2, "namespace": "dev", "enabled": false, "preset": "latest"},
            {"id": 3, "namespace": "*", "enabled": false, "preset": "latest"}
        ]}"#;
        for format in EXPORTED {
            let text = exported(format, document, r#"{"namespace": "dev"}"#).text;
            assert_eq!(text.matches("doublestar").count() + 2 * text.matches("NsName").count(), 2, "{text}");
            let refusal = export(format, document, r#"{"namespace": "test"}"#).unwrap_err();
            assert_eq!(refusal.code, Code::NotFound);
            let enabled = document.replace(r#""*", "enabled": false"#, r#""*""#);
            let refusal = export(format, &enabled, r#"{"namespace": "dev"}"#).unwrap_err();
            assert_eq!(refusal.code, Code::NotExpressible);
            assert_told(
                &refusal.diagnostics,
                &[("/rules/2", "rule 3 (namespace *) keeps tags of namespace `dev` too")],
            );
        }
        assert_eq!(export("harbor", document, "{}").unwrap_err().code, Code::Invalid);
    }
}
