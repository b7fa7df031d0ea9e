//! Changes to rules, legal and illegal, and documents that they are made to.

use crate::layout::{Layout, layout};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Value, json};
use tagseal_tests::generate::document::{self, NAMESPACES, insert};

const GREATEST: u64 = (1 << 53) - 1;

/// A change whose rule and revision are named when it is known which there are.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    operation: Operation,
    revision: Revision,
    fault: Option<Fault>,
    layout: Layout,
}

#[derive(Clone, Debug)]
enum Operation {
    Create(Value),
    Configure(Whom, Value, Naming),
    Enable(Whom),
    Disable(Whom),
    Delete(Whom),
}

/// One of the rules that are there, or a number.
#[derive(Clone, Debug)]
enum Whom {
    Present(Index),
    Number(u64),
}

/// Whether the namespace is set too, and to what.
#[derive(Clone, Copy, Debug)]
enum Naming {
    Unsaid,
    Same,
    Other(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Revision {
    Unsaid,
    Right,
    Off(i64),
}

/// What is wrong with a change, wherever it is written.
#[derive(Clone, Debug)]
enum Fault {
    /// This field is put in, by its JSON pointer, or taken out where there is no value.
    Field(String, Option<Value>),
    /// The text ends here.
    Cut(Index),
}

/// A change as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What was meant.
    pub(crate) value: Value,
    /// What is sent: where the change is faulty, something else.
    pub(crate) text: String,
    /// Whether no document could take it.
    pub(crate) is_faulty: bool,
}

/// A change. About one in six is faulty.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    let operation = prop_oneof![
        3 => document::rule(select(&NAMESPACES[..])).prop_map(Operation::Create),
        4 => (whom(), set(), naming()).prop_map(|(whom, set, naming)| Operation::Configure(whom, set, naming)),
        1 => whom().prop_map(Operation::Enable),
        2 => whom().prop_map(Operation::Disable),
        2 => whom().prop_map(Operation::Delete),
    ];
    let revision = prop_oneof![
        3 => Just(Revision::Unsaid),
        3 => Just(Revision::Right),
        1 => select(&[-1, 1, 7][..]).prop_map(Revision::Off),
    ];
    let fault = prop_oneof![
        20 => Just(None),
        3 => select(faults()).prop_map(Some),
        1 => any::<Index>().prop_map(|at| Some(Fault::Cut(at))),
    ];
    (operation, revision, fault, layout()).prop_map(|(operation, revision, fault, layout)| Change {
        operation,
        revision,
        fault,
        layout,
    })
}

fn whom() -> impl Strategy<Value = Whom> {
    prop_oneof![9 => any::<Index>().prop_map(Whom::Present), 1 => (1..20_u64).prop_map(Whom::Number)]
}

fn naming() -> impl Strategy<Value = Naming> {
    let other = select(&["a", "b", "c", "*", "a/b", ""][..]).prop_map(Naming::Other);
    prop_oneof![8 => Just(Naming::Unsaid), 1 => Just(Naming::Same), 1 => other]
}

/// Some fields of a rule, and some that are taken away.
fn set() -> impl Strategy<Value = Value> {
    let kept = prop::collection::vec(any::<bool>(), 8);
    let gone = subsequence(vec!["enabled", "deletion", "exempt", "note"], 0..=4);
    (document::rule(Just("")), kept, gone, prop::bool::weighted(0.4)).prop_map(|(mut rule, kept, gone, is_taking)| {
        if let Some(fields) = rule.as_object_mut() {
            let mut kept = kept.into_iter();
            fields.retain(|name, _| name != "namespace" && kept.next() == Some(true));
        }
        gone.into_iter().filter(|_| is_taking).for_each(|name| insert(&mut rule, name, Value::Null));
        rule
    })
}

/// What makes a change illegal whatever else it says.
fn faults() -> Vec<Fault> {
    let pair = |tags: Value| json!([{ "repositories": { "matches": "**" }, "tags": tags }]);
    let of_change = [
        ("/colour", Some(json!("red"))),
        ("/revision", Some(json!(-1))),
        ("/revision", Some(json!("1"))),
        ("/revision", Some(json!(null))),
        ("/revision", Some(json!(GREATEST + 1))),
        ("/create/id", Some(json!(5))),
        ("/create/namespace", None),
        ("/create/namespace", Some(json!("a/b"))),
        ("/create/preset", Some(json!("newest"))),
        ("/create/protects", Some(json!([]))),
        ("/create/note", Some(json!(null))),
        ("/configure/id", Some(json!(0))),
        ("/configure/id", Some(json!("1"))),
        ("/configure/set", None),
        ("/configure/set", Some(json!([]))),
        ("/configure/set/id", Some(json!(1))),
        ("/configure/set/namespace", Some(json!(null))),
        ("/configure/set/preset", Some(json!(null))),
        ("/configure/set/protects", Some(json!(null))),
        ("/enable/id", None),
        ("/disable/id", Some(json!(GREATEST + 1))),
        ("/disable/enabled", Some(json!(false))),
        ("/delete/id", Some(json!(1.5))),
        ("/delete", Some(json!(1))),
    ];
    let of_rule = [
        ("colour", json!("red")),
        ("enabled", json!("no")),
        ("deletion", json!("never")),
        ("exempt", json!(["all"])),
        ("exempt", json!(["signatures", "signatures"])),
        ("note", json!("x".repeat(1_001))),
        ("protects", pair(json!({ "matches": "[a" }))),
        ("protects", pair(json!({ "matches": { "regex": "(" } }))),
        ("protects", pair(json!({ "matches": "@releases" }))),
        ("protects", pair(json!({}))),
    ];
    let of_change = of_change.into_iter().map(|(pointer, field)| Fault::Field(pointer.to_owned(), field));
    let of_rule = of_rule.into_iter().flat_map(|(name, field)| {
        ["/create", "/configure/set"].map(|rule| Fault::Field(format!("{rule}/{name}"), Some(field.clone())))
    });
    of_change.chain(of_rule).collect()
}

impl Change {
    /// The change to a document of these rules and this revision.
    pub(crate) fn written(&self, rules: &[Value], revision: u64) -> Written {
        let mut value = self.operation.value(rules);
        match self.revision {
            Revision::Unsaid => {}
            Revision::Right => insert(&mut value, "revision", json!(revision)),
            Revision::Off(by) => insert(&mut value, "revision", json!(off(revision, by))),
        }
        let text = match &self.fault {
            None => self.layout.text(&value),
            Some(Fault::Field(pointer, field)) => self.layout.text(&spoiled(value.clone(), pointer, field.as_ref())),
            Some(Fault::Cut(at)) => {
                let text = self.layout.text(&value);
                text.chars().take(at.index(text.trim_end().chars().count())).collect()
            }
        };
        Written { value, text, is_faulty: self.fault.is_some() }
    }
}

impl Operation {
    fn value(&self, rules: &[Value]) -> Value {
        match self {
            Self::Create(rule) => json!({ "create": rule }),
            Self::Configure(whom, set, naming) => {
                let id = whom.id(rules);
                let mut set = set.clone();
                let there = rules.iter().find(|rule| rule["id"] == id).map(|rule| rule["namespace"].clone());
                match (naming, there) {
                    (Naming::Same, Some(namespace)) => insert(&mut set, "namespace", namespace),
                    (Naming::Other(namespace), _) => insert(&mut set, "namespace", json!(namespace)),
                    _ => {}
                }
                json!({ "configure": { "id": id, "set": set } })
            }
            Self::Enable(whom) => json!({ "enable": { "id": whom.id(rules) } }),
            Self::Disable(whom) => json!({ "disable": { "id": whom.id(rules) } }),
            Self::Delete(whom) => json!({ "delete": { "id": whom.id(rules) } }),
        }
    }
}

impl Whom {
    fn id(&self, rules: &[Value]) -> u64 {
        match self {
            Self::Number(id) => *id,
            Self::Present(_) if rules.is_empty() => 1,
            Self::Present(index) => index.get(rules)["id"].as_u64().unwrap_or(1),
        }
    }
}

/// Another legal revision.
fn off(revision: u64, by: i64) -> u64 {
    revision.checked_add_signed(by).filter(|other| *other <= GREATEST).unwrap_or(revision / 2 + 1)
}

/// A change with a field put in or taken out. Where its parent is not there, with a field that no change has.
fn spoiled(mut change: Value, pointer: &str, field: Option<&Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    let is_there = |fields: &serde_json::Map<String, Value>| field.is_some() || fields.contains_key(name);
    let operation = pointer.split('/').nth(1).unwrap_or_default();
    let is_meant = operation == "colour" || operation == "revision" || change.get(operation).is_some();
    match change.pointer_mut(parent).and_then(Value::as_object_mut).filter(|fields| is_meant && is_there(fields)) {
        Some(fields) => match field {
            Some(field) => drop(fields.insert(name.to_owned(), field.clone())),
            None => drop(fields.remove(name)),
        },
        None => insert(&mut change, "colour", json!("red")),
    }
    change
}

/// A document that has been in use: with a revision or without, with ids that were given and are gone, and seldom with
/// numbers that are nearly used up.
pub(crate) fn stored() -> impl Strategy<Value = Value> {
    let ids = subsequence((1..=9_u64).collect::<Vec<_>>(), NAMESPACES.len()).prop_shuffle();
    let revision = prop_oneof![5 => Just(None), 9 => (0..30_u64).prop_map(Some), 1 => near(0).prop_map(Some)];
    let next = prop_oneof![6 => Just(None), 9 => (10..15_u64).prop_map(Some), 1 => near(1).prop_map(Some)];
    (document::document(), ids, revision, next).prop_map(|(mut document, ids, revision, next)| {
        if let Some(rules) = document["rules"].as_array_mut() {
            rules.iter_mut().zip(ids).for_each(|(rule, id)| insert(rule, "id", json!(id)));
        }
        for (name, number) in [("revision", revision), ("next-id", next)] {
            match number {
                Some(number) => insert(&mut document, name, json!(number)),
                None => drop(document.as_object_mut().and_then(|fields| fields.remove(name))),
            }
        }
        document
    })
}

/// A number at or near the greatest that is one, which lies this far past the greatest of all.
fn near(past: u64) -> impl Strategy<Value = u64> {
    (0..4_u64).prop_map(move |less| GREATEST + past - less)
}
