//! What changes make of the rules of a document, once more: slow, obvious, and written from the contract alone.
//!
//! It keeps plain values, shares nothing with the engine, and does not care how anything is spelled.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const GREATEST: u64 = (1 << 53) - 1;

/// A document as plain values.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    document: Value,
    /// The names of the document's fields, in their order.
    pub(crate) fields: Vec<String>,
    next: u64,
    /// Every id that was ever given.
    given: BTreeSet<u64>,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// The rule that was meant.
    pub(crate) rule: u64,
    /// Whether anything is otherwise now.
    pub(crate) is_change: bool,
}

/// Why there came nothing of it: the code, and the rule in the way or meant.
pub(crate) type Refused = (&'static str, Option<u64>);

const INVALID: Refused = ("invalid", None);

impl Ledger {
    /// Of a document that checks, with its fields in this order.
    pub(crate) fn new(document: &Value, fields: Vec<String>) -> Self {
        let given: BTreeSet<_> = rules(document).iter().map(id).collect();
        let next = document["next-id"].as_u64().unwrap_or_else(|| given.last().unwrap_or(&0) + 1);
        Self { document: document.clone(), fields, next, given }
    }

    /// The document.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// Its rules.
    pub(crate) fn rules(&self) -> &[Value] {
        rules(&self.document)
    }

    /// Its revision, or 0 if it has none.
    pub(crate) fn revision(&self) -> u64 {
        self.document["revision"].as_u64().unwrap_or(0)
    }

    /// Makes a change that is well written.
    ///
    /// # Errors
    ///
    /// The code of its refusal. Nothing is otherwise then.
    pub(crate) fn make(&mut self, change: &Value) -> Result<Made, Refused> {
        let mut after = self.clone();
        let made = after.made(change)?;
        if made.is_change {
            after.advance()?;
            *self = after;
        }
        Ok(made)
    }

    fn made(&mut self, change: &Value) -> Result<Made, Refused> {
        if change.get("revision").is_some_and(|revision| *revision != self.revision()) {
            return Err(("stale", None));
        }
        if let Some(rule) = change.get("create") {
            return self.create(rule);
        }
        let operations = ["configure", "enable", "disable", "delete"];
        let (name, target) = operations.iter().find_map(|name| Some((*name, change.get(*name)?))).unwrap();
        let rule = id(target);
        let Some(index) = self.rules().iter().position(|there| id(there) == rule) else {
            return Err(("not-found", Some(rule)));
        };
        let is_change = match name {
            "delete" => {
                self.list().remove(index);
                true
            }
            "configure" => self.configure(index, &target["set"])?,
            switch => self.configure(index, &json!({ "enabled": switch == "enable" }))?,
        };
        Ok(Made { rule, is_change })
    }

    fn create(&mut self, rule: &Value) -> Result<Made, Refused> {
        if let Some(there) = self.rules().iter().find(|there| there["namespace"] == rule["namespace"]) {
            return Err(("conflict", Some(id(there))));
        }
        if self.next > GREATEST {
            return Err(INVALID);
        }
        let mut rule = rule.clone();
        rule["id"] = json!(self.next);
        assert!(self.given.insert(self.next), "id {} was given before", self.next);
        self.list().push(rule);
        self.next += 1;
        Ok(Made { rule: self.next - 1, is_change: true })
    }

    fn configure(&mut self, index: usize, set: &Value) -> Result<bool, Refused> {
        let rule = self.list()[index].as_object_mut().unwrap();
        if set.get("namespace").is_some_and(|namespace| *namespace != rule["namespace"]) {
            return Err(("namespace-fixed", rule["id"].as_u64()));
        }
        let differs =
            |rule: &Map<String, Value>, name: &str, value| meant(name, rule.get(name)) != meant(name, Some(value));
        let set = set.as_object().unwrap();
        let is_change = set.iter().any(|(name, value)| differs(rule, name, value));
        for (name, value) in set.iter().filter(|_| is_change) {
            if value.is_null() || differs(rule, name, value) {
                put(rule, name, value);
            }
        }
        Ok(is_change)
    }

    fn list(&mut self) -> &mut Vec<Value> {
        self.document["rules"].as_array_mut().unwrap()
    }

    /// Counts a change.
    fn advance(&mut self) -> Result<(), Refused> {
        let revision = self.revision() + 1;
        if revision > GREATEST {
            return Err(INVALID);
        }
        let behind = if self.has("instance") { "instance" } else { "version" };
        for (name, number, behind) in [("revision", revision, behind), ("next-id", self.next, "revision")] {
            self.document[name] = json!(number);
            if !self.has(name) {
                let index = self.fields.iter().position(|field| field == behind).unwrap();
                self.fields.insert(index + 1, name.to_owned());
            }
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field == name)
    }
}

fn rules(document: &Value) -> &[Value] {
    document["rules"].as_array().unwrap()
}

fn id(rule: &Value) -> u64 {
    rule["id"].as_u64().unwrap()
}

/// What a field of a rule says: one that is not there, or null, its default.
fn meant(name: &str, value: Option<&Value>) -> Value {
    match value {
        Some(value) if !value.is_null() => value.clone(),
        _ => match name {
            "enabled" => json!(true),
            "deletion" => json!("deny"),
            "exempt" => json!([]),
            _ => Value::Null,
        },
    }
}

fn put(rule: &mut Map<String, Value>, name: &str, value: &Value) {
    match name {
        "preset" => drop(rule.remove("protects")),
        "protects" => drop(rule.remove("preset")),
        _ => {}
    }
    if value.is_null() {
        rule.remove(name);
    } else {
        rule.insert(name.to_owned(), value.clone());
    }
}
