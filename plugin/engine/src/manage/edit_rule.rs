//! Fields that are set in a rule.

use super::change_text::Change;
use super::invalid::invalid_document;
use super::raw_document::{RawDocument, RawRule};
use super::raw_object::RawObject;
use super::splice::Splice;
use super::style::{Style, line, rank};
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::field::{PairField, RuleField};
use crate::rule::preset::Preset;
use crate::words::Word;
use serde_json::{Map, Value};

/// Sets fields of a rule, and returns its new text. Returns `None` where all of them are already so.
pub(super) fn configure(
    document: &RawDocument<'_>,
    change: &Change<'_>,
    index: usize,
    rule: &RawRule<'_>,
    set: &Map<String, Value>,
    splice: &mut Splice<'_>,
) -> Result<Option<String>, Refusal> {
    check_namespace(rule, set)?;
    let set = &whole_pair(rule, change, set)?;
    let mut object = RawObject::read(rule.text).ok_or_else(|| invalid_document(document.text))?;
    let style = Style::of(&object);
    let list = document.rule_list();
    let line = line(object.comma()).or_else(|| line(list.as_ref().map_or("", |list| list.lead(index))));
    let fields = set.iter().filter_map(|(name, value)| Some((RuleField::parse(name)?, value)));
    let fields: Vec<_> = fields.filter(|(field, _)| *field != RuleField::Namespace).collect();
    if fields.iter().all(|(field, value)| is_there(&object, *field, value)) {
        return Ok(None);
    }
    for (field, value) in fields {
        match value {
            // A field that only says its default is removed too, since the rule changes anyway.
            Value::Null => object.remove(field.text()),
            value if is_there(&object, field, value) => {}
            value => put(&mut object, field, style.value(value, line)),
        }
    }
    let text = object.text();
    splice.replace(rule.place.clone(), text.clone());
    Ok(Some(text))
}

/// The fields that are set, with one half of a pair made whole by the other half that the rule has.
fn whole_pair(
    rule: &RawRule<'_>,
    change: &Change<'_>,
    set: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let mut set = set.clone();
    if let Some(Value::Object(half)) = set.get(RuleField::Protects.text()) {
        let pair = only_pair(rule).ok_or_else(|| {
            let message = format!("rule {} has more than one selector pair", rule.id);
            change.refuse(message, "write `protects` as the list of all its pairs")
        })?;
        let mut whole = pair;
        whole.extend(half.clone());
        set.insert(RuleField::Protects.text().to_owned(), Value::Array(vec![whole.into()]));
    }
    Ok(set)
}

/// The pair of a rule that has only one, as the document has it.
fn only_pair(rule: &RawRule<'_>) -> Option<Map<String, Value>> {
    let fields: Map<String, Value> = serde_json::from_str(rule.text).ok()?;
    match fields.get(RuleField::Protects.text()) {
        Some(Value::Array(pairs)) => match &**pairs {
            [Value::Object(pair)] => Some(pair.clone()),
            _ => None,
        },
        _ => {
            let preset = Preset::parse(fields.get(RuleField::Preset.text())?.as_str()?)?;
            let (repositories, tags) = preset.pair();
            // Filled one by one: a map that is made of a list sorts it, which is code that nothing else here needs.
            let mut pair = Map::new();
            for (field, (side, pattern)) in [(PairField::Repositories, repositories), (PairField::Tags, tags)] {
                let mut selector = Map::new();
                selector.insert(side.text().to_owned(), pattern.into());
                pair.insert(field.text().to_owned(), selector.into());
            }
            Some(pair)
        }
    }
}

fn check_namespace(rule: &RawRule<'_>, set: &Map<String, Value>) -> Result<(), Refusal> {
    let namespace = set.get(RuleField::Namespace.text()).and_then(Value::as_str).unwrap_or(&rule.namespace);
    if namespace == rule.namespace {
        return Ok(());
    }
    let message = format!(
        "rule {} is for namespace `{}`, which never changes; create a rule for the other namespace",
        rule.id, rule.namespace
    );
    Err(Refusal::new(RefusalCode::NamespaceFixed, Some(rule.id), message))
}

/// Whether a rule already is what setting a field would make of it.
fn is_there(rule: &RawObject<'_>, field: RuleField, value: &Value) -> bool {
    let there = rule.member(field.text()).and_then(|member| serde_json::from_str(&member.value).ok());
    meaning(field, there.unwrap_or_default()) == meaning(field, value.clone())
}

/// What a field of a rule means: its value, or its default where it is missing.
fn meaning(field: RuleField, value: Value) -> Value {
    if value.is_null() { field.default_value() } else { value }
}

/// Puts a field into a rule: in the place of the one that it replaces, else where it is best read.
fn put(rule: &mut RawObject<'_>, field: RuleField, value: String) {
    let old = [Some(field), field.replaces()].into_iter().flatten();
    let old = old.map(Word::text).find(|name| rule.member(name).is_some());
    match old {
        Some(old) => rule.replace(old, field.text(), value),
        None => {
            let before = rule.members.iter().rposition(|member| rank(&member.name) < rank(field.text()));
            rule.insert(before.map_or(0, |index| index + 1), field.text(), value);
        }
    }
}
