//! Changes, made in the text of a document.

use super::Changed;
use super::change::{Change, Operation};
use super::outline::{Outline, Rule};
use super::splice::Splice;
use super::style::{Style, line, rank};
use super::written::Written;
use crate::limits;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use serde_json::{Map, Value};

/// Makes a change. Where it succeeds, all that it touched has been checked, and the rest of the document has not.
pub(super) fn apply(outline: &Outline<'_>, change: &Change<'_>) -> Result<Changed, Refusal> {
    check_revision(outline, change)?;
    let mut splice = Splice::new(outline.document);
    let (rule, next_id, is_changed) = match &change.operation {
        Operation::Create { namespace, rule } => {
            let id = free_id(outline, change, namespace)?;
            create(outline, id, rule.clone(), &mut splice);
            (id, id + 1, true)
        }
        Operation::Configure { id, set } => {
            (*id, outline.next_id, configure(outline, find(outline, *id)?, set, &mut splice)?)
        }
        Operation::Delete { id } => {
            delete(outline, find(outline, *id)?.0, &mut splice);
            (*id, outline.next_id, true)
        }
    };
    if !is_changed {
        return Ok(Changed { document: outline.document.to_owned(), rule, revision: outline.revision });
    }
    let revision = outline.revision + 1;
    if revision > limits::INTEGER {
        return Err(change.refuse(format!("the revision would pass {}", limits::INTEGER), "begin a new document"));
    }
    write_head(outline, revision, next_id, &mut splice);
    match splice.finish() {
        Some(document) if document.len() <= limits::DOCUMENT_BYTES => Ok(Changed { document, rule, revision }),
        _ => {
            let message = format!("the document would be longer than {} bytes", limits::DOCUMENT_BYTES);
            Err(change.refuse(message, "split the instance"))
        }
    }
}

fn check_revision(outline: &Outline<'_>, change: &Change<'_>) -> Result<(), Refusal> {
    match change.revision {
        Some(revision) if revision != outline.revision => {
            let message = format!(
                "the document has revision {} and the change is for {revision}; read the rules again, and change them anew",
                outline.revision
            );
            Err(Refusal::new(Code::Stale, None, message))
        }
        _ => Ok(()),
    }
}

/// The id of a new rule for a namespace.
fn free_id(outline: &Outline<'_>, change: &Change<'_>, namespace: &str) -> Result<u64, Refusal> {
    if let Some(rule) = outline.rule_for(namespace) {
        let message = format!("namespace `{namespace}` has rule {} already; configure it, or delete it first", rule.id);
        return Err(Refusal::new(Code::Conflict, Some(rule.id), message));
    }
    if outline.rules.len() >= limits::RULES {
        let message = format!("the document has {} rules, and may have no more", limits::RULES);
        return Err(change.refuse(message, "delete one first, or split the instance"));
    }
    if outline.next_id > limits::INTEGER {
        return Err(change.refuse("all ids have been given".into(), "begin a new document"));
    }
    Ok(outline.next_id)
}

/// The rule with an id, and its index.
fn find<'o, 'a>(outline: &'o Outline<'a>, id: u64) -> Result<(usize, &'o Rule<'a>), Refusal> {
    let found = outline.rules.iter().enumerate().find(|(_, rule)| rule.id == id);
    let (index, rule) = found.ok_or_else(|| {
        let message = format!("there is no rule {id}; list the rules to see which there are");
        Refusal::new(Code::NotFound, Some(id), message)
    })?;
    // A document in which it is changed or gone could check though this one does not.
    let alone = format!(r#"{{"version": 1, "rules": [{}]}}"#, rule.text);
    let twins = outline.rules.iter().filter(|other| other.namespace == rule.namespace).count();
    if twins == 1 && Policy::checks(&alone) { Ok((index, rule)) } else { Err(super::invalid(outline.document)) }
}

/// Puts a new rule behind the last one, written like that one.
fn create(outline: &Outline<'_>, id: u64, mut rule: Map<String, Value>, splice: &mut Splice<'_>) {
    rule.insert("id".to_owned(), id.into());
    let rule = Value::from(rule);
    let Some((index, last)) = outline.rules.iter().enumerate().next_back() else {
        return create_first(outline, rule, splice);
    };
    let written = Written::read(last.text);
    let written = written.as_ref().unwrap_or(&outline.head);
    let style = Style::of(written);
    let lead = match (index, outline.lead(index)) {
        (0, "") => style.comma.to_owned(),
        (0, lead) => [",", lead].concat(),
        (_, lead) => lead.to_owned(),
    };
    let text = match line(written.close) {
        Some(line) if written.open().contains('\n') => style.broken(&rule, line),
        _ => style.value(&rule, line(&lead)),
    };
    splice.insert(last.place.end, lead + &text);
}

/// Writes the list of rules with a first one, like the document around it.
fn create_first(outline: &Outline<'_>, rule: Value, splice: &mut Splice<'_>) {
    let style = Style::of(&outline.head);
    let list = Value::from(vec![rule]);
    let text = match line(outline.head.comma()) {
        Some(line) => style.broken(&list, line),
        None => style.value(&list, None),
    };
    if let Some(rules) = outline.head.member("rules") {
        splice.replace(rules.place.clone(), text);
    }
}

/// Sets fields of a rule, and says whether any of them was otherwise before.
fn configure(
    outline: &Outline<'_>,
    (index, rule): (usize, &Rule<'_>),
    set: &Map<String, Value>,
    splice: &mut Splice<'_>,
) -> Result<bool, Refusal> {
    let namespace = set.get("namespace").and_then(Value::as_str).unwrap_or(&rule.namespace);
    if namespace != rule.namespace {
        let message = format!(
            "rule {} is for namespace `{}`, which never changes; create a rule for the other namespace",
            rule.id, rule.namespace
        );
        return Err(Refusal::new(Code::NamespaceFixed, Some(rule.id), message));
    }
    let mut written = Written::read(rule.text).ok_or_else(|| super::invalid(outline.document))?;
    let style = Style::of(&written);
    let line = line(written.comma()).or_else(|| line(outline.lead(index)));
    let fields: Vec<_> = set.iter().filter(|(name, _)| *name != "namespace").collect();
    if fields.iter().all(|(name, value)| is_there(&written, name, value)) {
        return Ok(false);
    }
    for (name, value) in fields {
        match value {
            Value::Null => written.remove(name),
            value if is_there(&written, name, value) => {}
            value => put(&mut written, name, style.value(value, line)),
        }
    }
    splice.replace(rule.place.clone(), written.text());
    Ok(true)
}

/// Whether a rule is already what setting a field would make of it.
fn is_there(rule: &Written<'_>, name: &str, value: &Value) -> bool {
    let there = rule.member(name).and_then(|member| serde_json::from_str(&member.value).ok());
    meaning(name, there.unwrap_or_default()) == meaning(name, value.clone())
}

/// What a field of a rule means: what it says, or its default where it is not there.
fn meaning(name: &str, value: Value) -> Value {
    match (value, name) {
        (Value::Null, "enabled") => true.into(),
        (Value::Null, "deletion") => "deny".into(),
        (Value::Null, "exempt") => Value::Array(Vec::new()),
        (value, _) => value,
    }
}

/// Puts a field into a rule: in the place of the one that it replaces, else where it is best read.
fn put(rule: &mut Written<'_>, name: &str, value: String) {
    let replaced = match name {
        "preset" => "protects",
        "protects" => "preset",
        name => name,
    };
    let old = [name, replaced].into_iter().find(|name| rule.member(name).is_some());
    match old {
        Some(old) => rule.replace(old, name, value),
        None => {
            let before = rule.members.iter().rposition(|member| rank(&member.name) < rank(name));
            rule.insert(before.map_or(0, |index| index + 1), name, value);
        }
    }
}

/// Takes a rule out of the list, and the comma that is too many then.
fn delete(outline: &Outline<'_>, index: usize, splice: &mut Splice<'_>) {
    let place = |index: usize| outline.rules.get(index).map(|rule| rule.place.clone()).unwrap_or_default();
    let list = outline.head.member("rules").map(|member| member.place.clone()).unwrap_or_default();
    let part = match index {
        0 if outline.rules.len() == 1 => list.start + 1..list.end.saturating_sub(1),
        0 => place(0).start..place(1).start,
        index => place(index - 1).end..place(index).end,
    };
    splice.replace(part, String::new());
}

/// Writes revision and next id, behind what names the document where they are not there yet.
fn write_head(outline: &Outline<'_>, revision: u64, next_id: u64, splice: &mut Splice<'_>) {
    let head = &outline.head;
    let style = Style::of(head);
    let end = |name| head.member(name).map(|member| member.place.end);
    let anchor = end("instance").or(end("version")).unwrap_or_default();
    for (name, number, anchor) in
        [("revision", revision, anchor), ("next-id", next_id, end("revision").unwrap_or(anchor))]
    {
        match head.member(name) {
            Some(member) => splice.replace(member.place.clone(), number.to_string()),
            None => splice.insert(anchor, [head.comma(), &*style.member(name, &number.into(), None)].concat()),
        }
    }
}
