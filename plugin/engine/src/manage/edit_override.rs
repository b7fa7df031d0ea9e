//! Overrides that are added to a document, or removed from it.

use super::change_text::Change;
use super::edit_list::{append, remove};
use super::operation::TagOfOverride;
use super::raw_document::RawDocument;
use super::splice::Splice;
use crate::limits;
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::field::DocumentField;
use serde_json::{Map, Value};

/// Adds an override.
pub(super) fn add(
    document: &RawDocument<'_>,
    change: &Change<'_>,
    tag: &TagOfOverride,
    added: &Map<String, Value>,
    splice: &mut Splice<'_>,
) -> Result<(), Refusal> {
    let TagOfOverride { repository, tag } = tag;
    if document.override_for(repository, tag).is_some() {
        let message = format!("tag `{tag}` of `{repository}` has an override already; end that one first");
        return Err(Refusal::new(RefusalCode::Conflict, None, message));
    }
    if document.overrides.len() >= limits::MAX_OVERRIDES {
        let message = format!("the document has {} overrides, and may have no more", limits::MAX_OVERRIDES);
        return Err(change.refuse(message, "end those that are over"));
    }
    append(document, DocumentField::Overrides, document.override_list(), &[Value::from(added.clone())], splice);
    Ok(())
}

/// Removes an override.
pub(super) fn end(document: &RawDocument<'_>, tag: &TagOfOverride, splice: &mut Splice<'_>) -> Result<(), Refusal> {
    let TagOfOverride { repository, tag } = tag;
    let found = document.override_for(repository, tag).zip(document.override_list());
    let ((index, _), list) = found.ok_or_else(|| {
        let message = format!(
            "there is no override for tag `{tag}` of `{repository}`; list the overrides to see which there are"
        );
        Refusal::new(RefusalCode::NotFound, None, message)
    })?;
    remove(&list, index, splice);
    Ok(())
}
