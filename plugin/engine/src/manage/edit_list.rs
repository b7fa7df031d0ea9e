//! Elements that are added to a list of a document, or removed from it.

use super::raw_document::RawDocument;
use super::raw_list::RawList;
use super::raw_object::RawObject;
use super::splice::Splice;
use super::style::{Style, line};
use crate::rule::field::DocumentField;
use crate::words::Word;
use serde_json::Value;

/// Adds elements after the last one of a list, written like that one, and returns their texts.
pub(super) fn append(
    document: &RawDocument<'_>,
    field: DocumentField,
    list: Option<RawList<'_>>,
    elements: &[Value],
    splice: &mut Splice<'_>,
) -> Vec<String> {
    match list.and_then(|list| Some((list.elements.len().checked_sub(1)?, list))) {
        Some((last, list)) => append_after(document, &list, last, elements, splice),
        None => write_list(document, field, elements, splice),
    }
}

fn append_after(
    document: &RawDocument<'_>,
    list: &RawList<'_>,
    last: usize,
    elements: &[Value],
    splice: &mut Splice<'_>,
) -> Vec<String> {
    let object = list.element(last).and_then(RawObject::read);
    let object = object.as_ref().unwrap_or(&document.head);
    let style = Style::of(object);
    let lead = match (last, list.lead(last)) {
        (0, "") => style.comma.to_owned(),
        (0, lead) => [",", lead].concat(),
        (_, lead) => lead.to_owned(),
    };
    let write = |element: &Value| match line(object.close) {
        Some(line) if object.open().contains('\n') => style.broken(element, line),
        _ => style.value(element, line(&lead)),
    };
    let texts: Vec<_> = elements.iter().map(write).collect();
    let end = list.elements.get(last).map_or(0, |place| place.end);
    texts.iter().for_each(|text| splice.insert(end, [&*lead, text].concat()));
    texts
}

/// Writes a whole list, like the document around it, and returns the texts of its elements.
fn write_list(
    document: &RawDocument<'_>,
    field: DocumentField,
    elements: &[Value],
    splice: &mut Splice<'_>,
) -> Vec<String> {
    let style = Style::of(&document.head);
    let outer = line(document.head.comma());
    let inner = outer.map(|line| style.deeper(line));
    let texts: Vec<_> = elements.iter().map(|element| style.value(element, inner.as_deref())).collect();
    let list = match (outer, &inner) {
        (Some(outer), Some(inner)) => ["[", inner, &texts.join(&[",", inner].concat()), outer, "]"].concat(),
        _ => ["[", &texts.join(style.comma), "]"].concat(),
    };
    match document.head.member(field.text()) {
        Some(member) => splice.replace(member.place.clone(), list),
        // After the rules, which are always there.
        None => {
            let rules = document.head.member(DocumentField::Rules.text());
            let member = [document.head.comma(), &style.name(field.text()), &list].concat();
            splice.insert(rules.map_or(0, |rules| rules.place.end), member);
        }
    }
    texts
}

/// Removes an element from a list, and the comma that is no longer needed.
pub(super) fn remove(list: &RawList<'_>, index: usize, splice: &mut Splice<'_>) {
    let place = |index: usize| list.elements.get(index).cloned().unwrap_or_default();
    let part = match index {
        0 if list.elements.len() == 1 => list.place.start + 1..list.place.end.saturating_sub(1),
        0 => place(0).start..place(1).start,
        index => place(index - 1).end..place(index).end,
    };
    splice.replace(part, String::new());
}
