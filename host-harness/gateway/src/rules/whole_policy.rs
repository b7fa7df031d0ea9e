//! The policy document as a whole: shown, and replaced by another one.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::Json;
use super::condition::{Conditions, EntityTag};
use super::problem::{INVALID, ProblemDetails, problems};
use crate::policy_document::PolicyDocument;
use tagseal::CompileError;

/// A document that is on disk and active.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) revision: u64,
    pub(super) tag: EntityTag,
    /// Whether it is another one than before.
    pub(super) is_new: bool,
}

/// The ids of a document.
#[derive(Default, Deserialize)]
struct Ids {
    #[serde(rename = "next-id")]
    next: Option<u64>,
    #[serde(default)]
    rules: Vec<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

impl Ids {
    /// Reads them from a document that was compiled, so it can be read.
    fn of(document: &str) -> Self {
        serde_json::from_str(document).unwrap_or_default()
    }

    /// The id that the next new rule gets.
    fn next(&self) -> u64 {
        let greatest = self.rules.iter().map(|rule| rule.id).max().unwrap_or_default();
        self.next.unwrap_or(greatest.saturating_add(1))
    }
}

/// Replaces the document of a policy file, if the conditions hold for the old one. The new one gets the next revision, unless
/// nothing else in it is new.
pub(super) fn replace(file: &PolicyDocument, body: &Json, conditions: &Conditions) -> Result<Replaced, ProblemDetails> {
    let component = file.component();
    file.change(|old| {
        conditions.check(&EntityTag::of(old.revision, &old.text)).map_err(ProblemDetails::from)?;
        // Places of problems are those in the body as it was sent.
        component.compile(body.text()).map_err(invalid)?;
        let unreadable = || ProblemDetails::request("send one JSON object");
        let body = with_unused_ids(body.text(), &old.text).ok_or_else(unreadable)?;
        if with_number(&body, "revision", old.revision).as_deref() == Some(old.text.as_str()) {
            let tag = EntityTag::of(old.revision, &old.text);
            return Ok((None, Replaced { revision: old.revision, tag, is_new: false }));
        }
        let revision = old.revision.saturating_add(1);
        let new = with_number(&body, "revision", revision).ok_or_else(unreadable)?;
        component.compile(&new).map_err(invalid)?;
        let tag = EntityTag::of(revision, &new);
        Ok((Some(new), Replaced { revision, tag, is_new: true }))
    })
}

/// Raises the `next-id` of a document to that of the old one, so that a new rule never gets the id that another one had.
fn with_unused_ids(document: &str, old: &str) -> Option<String> {
    let next = Ids::of(old).next();
    if Ids::of(document).next() >= next { Some(document.to_owned()) } else { with_number(document, "next-id", next) }
}

/// Writes the number of a field into a document, and changes nothing else in it.
fn with_number(document: &str, field: &str, number: u64) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(document).ok()?;
    let Some(old) = fields.get(field) else {
        let (before, after) = document.split_once('{')?;
        let comma = if after.trim_ascii_start().starts_with('}') { "" } else { ", " };
        return Some(format!("{before}{{\"{field}\": {number}{comma}{}", after.trim_ascii_start()));
    };
    // The value is a part of the document, so its place is the distance between the two.
    let start = old.get().as_ptr().addr().checked_sub(document.as_ptr().addr())?;
    let (before, rest) = document.split_at_checked(start)?;
    let after = rest.get(old.get().len()..)?;
    Some(format!("{before}{number}{after}"))
}

/// Makes problem details of a document that was sent and is invalid.
fn invalid(error: CompileError) -> ProblemDetails {
    match error {
        CompileError::Diagnostics(diagnostics) => {
            let problems = problems(diagnostics);
            ProblemDetails::problems(StatusCode::UNPROCESSABLE_ENTITY, INVALID, "the body", problems)
        }
        error @ CompileError::Call(_) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_gets_another_revision_and_nothing_else() {
        let table = [
            (r#"{"version": 1, "revision": 7, "rules": []}"#, Some(r#"{"version": 1, "revision": 8, "rules": []}"#)),
            ("{\n  \"revision\" : 100\n}\n", Some("{\n  \"revision\" : 8\n}\n")),
            (r#"{"note": "\"revision\": 7", "revision":7}"#, Some(r#"{"note": "\"revision\": 7", "revision":8}"#)),
            (r#" {"version": 1}"#, Some(r#" {"revision": 8, "version": 1}"#)),
            ("{}", Some(r#"{"revision": 8}"#)),
            ("[]", None),
            ("", None),
        ];
        for (document, expected) in table {
            assert_eq!(with_number(document, "revision", 8).as_deref(), expected, "{document}");
        }
    }

    #[test]
    fn the_next_id_is_never_less_than_that_of_the_document_before() {
        let old = r#"{"rules": [{"id": 2}], "next-id": 6}"#;
        let table = [
            (r#"{"rules": [{"id": 1}]}"#, old, r#"{"next-id": 6, "rules": [{"id": 1}]}"#),
            (r#"{"rules": [], "next-id": 3}"#, old, r#"{"rules": [], "next-id": 6}"#),
            (r#"{"rules": [{"id": 5}]}"#, old, r#"{"rules": [{"id": 5}]}"#),
            (r#"{"rules": [], "next-id": 9}"#, old, r#"{"rules": [], "next-id": 9}"#),
            (r#"{"rules": []}"#, r#"{"rules": [{"id": 2}, {"id": 7}]}"#, r#"{"next-id": 8, "rules": []}"#),
            (r#"{"rules": []}"#, r#"{"rules": []}"#, r#"{"rules": []}"#),
        ];
        for (document, old, expected) in table {
            assert_eq!(with_unused_ids(document, old).as_deref(), Some(expected), "{document} {old}");
        }
    }
}
