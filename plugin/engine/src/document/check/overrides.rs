//! What can be wrong with overrides.

use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::limits;
use crate::reference::{Repository, Tag};
use crate::rule::tag_override::{OverrideField, is_short_text};
use crate::rule::utc_time::is_utc_time;
use crate::words::Word;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads the overrides of a document, and returns the repositories that they are for. Reports two that are for the same tag.
pub(super) fn read_overrides(node: &Node<'_>, report: &mut Report) -> Vec<String> {
    let Some(nodes) = node.elements(report) else { return Vec::new() };
    if nodes.len() > limits::MAX_OVERRIDES {
        let message = format!("{} overrides are more than {}", nodes.len(), limits::MAX_OVERRIDES);
        report.problem(&node.place, message, "remove those that have ended");
        return Vec::new();
    }
    // For each tag, where its override is.
    let mut places = BTreeMap::new();
    for node in &nodes {
        let Some((repository, tag)) = read_override(node, report) else { continue };
        let key = (repository.into_owned(), tag.into_owned());
        if let Some(other) = places.get(&key) {
            let (repository, tag) = key;
            let message = format!("conflict: tag `{tag}` of `{repository}` has an override at {other} already");
            report.problem(&node.place, message, "keep one of them");
        } else {
            places.insert(key, node.place.pointer.clone());
        }
    }
    places.into_keys().map(|(repository, _)| repository).collect()
}

/// Reads an override, and returns the repository and the tag that it is for.
pub(crate) fn read_override<'a>(node: &Node<'a>, report: &mut Report) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let fields = node.fields::<OverrideField>(report)?;
    let (mut repository, mut tag) = (None, None);
    for field in OverrideField::ALL.iter().copied() {
        let required = |report: &mut Report| read_field(field, fields.required(field.text(), report)?, report);
        match field {
            OverrideField::Repository => repository = required(report),
            OverrideField::Tag => tag = required(report),
            OverrideField::Until | OverrideField::Reason => drop(required(report)),
            OverrideField::By => drop(fields.optional(field.text()).and_then(|node| read_field(field, node, report))),
        }
    }
    Some((repository?, tag?))
}

/// Reads a field of an override.
pub(crate) fn read_field<'a>(field: OverrideField, node: &Node<'a>, report: &mut Report) -> Option<Cow<'a, str>> {
    let text = node.text(report)?;
    let is_valid = match field {
        OverrideField::Repository => Repository::parse(&text).is_some(),
        OverrideField::Tag => Tag::parse(&text).is_some(),
        OverrideField::Until => is_utc_time(&text),
        OverrideField::Reason | OverrideField::By => {
            field.max_characters().is_some_and(|most| is_short_text(&text, most))
        }
    };
    if !is_valid {
        let (message, help) = invalid(field, &text);
        report.problem(&node.place, message, &help);
        return None;
    }
    Some(text)
}

/// What is wrong with a field, and what to do about it.
fn invalid(field: OverrideField, text: &str) -> (String, String) {
    match field {
        OverrideField::Repository => (
            format!("`{}` is not a valid name of a repository", shown(text)),
            "write the full name of one repository: an override takes no patterns".into(),
        ),
        OverrideField::Tag => {
            (format!("`{}` is not a valid tag", shown(text)), "write one tag: an override takes no patterns".into())
        }
        OverrideField::Until => (
            format!("`{}` is not a time in the form `2026-12-01T18:00:00Z`", shown(text)),
            "write the end in UTC, in exactly this form".into(),
        ),
        OverrideField::Reason | OverrideField::By => {
            let most = field.max_characters().unwrap_or_default();
            let message =
                format!("`{}` is empty, longer than {most} characters, or holds a control character", field.text());
            (message, "write a short text on one line".into())
        }
    }
}
