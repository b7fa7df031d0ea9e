//! Changes, made in the text of a document.

use super::change_text::Change;
use super::edit_list::{append, remove};
use super::edit_override;
use super::edit_rule::configure;
use super::free_ids::free_id;
use super::invalid::invalid_document;
use super::operation::{ChangeOperation, NewRule};
use super::raw_document::{RawDocument, RawRule};
use super::splice::Splice;
use super::style::Style;
use crate::limits;
use crate::policy::compiled::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::field::{DocumentField, RuleField};
use crate::words::Word;
use serde_json::Value;

/// A document after a change.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) document: String,
    pub(super) revision: u64,
    /// The ids of the rules that the change was for, and each rule as it is in the document now. `None` after a delete.
    pub(super) rules: Vec<(u64, Option<String>)>,
}

/// Makes a change. Where it succeeds, everything that it touched has been checked, and the rest of the document has not.
pub(super) fn apply(document: &RawDocument<'_>, change: &Change<'_>) -> Result<Edited, Refusal> {
    check_revision(document, change)?;
    let mut splice = Splice::new(document.text);
    let mut next_id = document.next_id;
    let rules = match &change.operation {
        ChangeOperation::Create(rules) => {
            let id = free_id(document, change, rules)?;
            next_id = id + rules.len() as u64;
            create(document, id, rules, &mut splice)
        }
        ChangeOperation::Configure { id, set } => {
            let (index, rule) = find(document, *id)?;
            let Some(text) = configure(document, change, index, rule, set, &mut splice)? else {
                return Ok(unchanged(document, rule));
            };
            vec![(*id, Some(text))]
        }
        ChangeOperation::Delete { id } => {
            let (index, _) = find(document, *id)?;
            document.rule_list().iter().for_each(|list| remove(list, index, &mut splice));
            vec![(*id, None)]
        }
        ChangeOperation::Override { tag, added } => {
            edit_override::add(document, change, tag, added, &mut splice)?;
            Vec::new()
        }
        ChangeOperation::EndOverride { tag } => {
            edit_override::end(document, tag, &mut splice)?;
            Vec::new()
        }
    };
    let revision = next_revision(document, change)?;
    write_head(document, revision, next_id, &mut splice);
    match splice.finish() {
        Some(document) if document.len() <= limits::MAX_DOCUMENT_BYTES => Ok(Edited { document, revision, rules }),
        _ => {
            let message = format!("the document would be longer than {} bytes", limits::MAX_DOCUMENT_BYTES);
            Err(change.refuse(message, "split the instance"))
        }
    }
}

/// The document as it is, for a change of a rule that already is what the change makes of it.
fn unchanged(document: &RawDocument<'_>, rule: &RawRule<'_>) -> Edited {
    let rules = vec![(rule.id, Some(rule.text.to_owned()))];
    Edited { document: document.text.to_owned(), revision: document.revision, rules }
}

/// Adds rules, the first of which gets an id, and the others the ids after it.
fn create(
    document: &RawDocument<'_>,
    first_id: u64,
    rules: &[NewRule],
    splice: &mut Splice<'_>,
) -> Vec<(u64, Option<String>)> {
    let with_id = |(id, NewRule { rule, .. }): (u64, &NewRule)| {
        let mut rule = rule.clone();
        rule.insert(RuleField::Id.text().to_owned(), id.into());
        Value::from(rule)
    };
    let values: Vec<_> = (first_id..).zip(rules).map(with_id).collect();
    let texts = append(document, DocumentField::Rules, document.rule_list(), &values, splice);
    (first_id..).zip(texts.into_iter().map(Some)).collect()
}

fn next_revision(document: &RawDocument<'_>, change: &Change<'_>) -> Result<u64, Refusal> {
    let revision = document.revision + 1;
    if revision > limits::MAX_INTEGER {
        return Err(change.refuse(format!("the revision would pass {}", limits::MAX_INTEGER), "begin a new document"));
    }
    Ok(revision)
}

fn check_revision(document: &RawDocument<'_>, change: &Change<'_>) -> Result<(), Refusal> {
    match change.revision {
        Some(revision) if revision != document.revision => {
            let message = format!(
                "the document has revision {} and the change is for {revision}; read the rules again, and make the change again",
                document.revision
            );
            Err(Refusal::new(RefusalCode::Stale, None, message))
        }
        _ => Ok(()),
    }
}

/// The rule with an id, and its index.
fn find<'o, 'a>(document: &'o RawDocument<'a>, id: u64) -> Result<(usize, &'o RawRule<'a>), Refusal> {
    let found = document.rules.iter().enumerate().find(|(_, rule)| rule.id == id);
    let (index, rule) = found.ok_or_else(|| {
        let message = format!("there is no rule {id}; list the rules to see which there are");
        Refusal::new(RefusalCode::NotFound, Some(id), message)
    })?;
    // A document in which it is changed or removed could be valid though this one is not.
    let alone = format!(r#"{{"version": 1, "rules": [{}]}}"#, rule.text);
    let twins = document.rules.iter().filter(|other| other.namespace == rule.namespace).count();
    if twins == 1 && Policy::is_valid(&alone) { Ok((index, rule)) } else { Err(invalid_document(document.text)) }
}

/// Writes revision and next id. Where they are missing, they are added after what names the document.
fn write_head(document: &RawDocument<'_>, revision: u64, next_id: u64, splice: &mut Splice<'_>) {
    let head = &document.head;
    let style = Style::of(head);
    let end = |field: DocumentField| head.member(field.text()).map(|member| member.place.end);
    let anchor = end(DocumentField::Instance).or(end(DocumentField::Version)).unwrap_or_default();
    let next_anchor = end(DocumentField::Revision).unwrap_or(anchor);
    for (field, number, anchor) in
        [(DocumentField::Revision, revision, anchor), (DocumentField::NextId, next_id, next_anchor)]
    {
        match head.member(field.text()) {
            Some(member) => splice.replace(member.place.clone(), number.to_string()),
            None => splice.insert(anchor, [head.comma(), &*style.member(field.text(), &number.into(), None)].concat()),
        }
    }
}
