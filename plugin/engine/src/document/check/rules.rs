//! What can be wrong with the rules of a document together.

use super::rule::read_body;
use super::value::namespace;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::limits;
use crate::rule::field::{RuleField, RuleFields, WHOLE_INSTANCE};
use crate::words::Word;
use std::collections::{BTreeMap, BTreeSet};

/// The rules that were read so far.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// For each id, the index of its rule.
    ids: BTreeMap<u64, usize>,
    /// For each namespace, its rule.
    namespaces: BTreeMap<String, RuleOfNamespace>,
    /// The repositories that the rule for the whole instance leaves out by name.
    left_out: Vec<String>,
    count: usize,
}

/// The rule of a namespace: what it is called, and where its namespace is.
#[derive(Debug)]
struct RuleOfNamespace {
    called: String,
    place: Place,
}

impl Rules {
    /// The greatest id, 0 where there is no rule.
    pub(super) fn greatest_id(&self) -> u64 {
        self.ids.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Reads the next rule.
    pub(super) fn read(&mut self, rule: &Node<'_>, report: &mut Report) {
        let index = self.count;
        self.count += 1;
        let Some(fields) = rule.fields::<RuleField>(report) else { return };
        let id = fields.required(RuleField::Id.text(), report);
        let id = id.and_then(|node| self.id(node, index, report));
        let namespace = fields.required(RuleField::Namespace.text(), report);
        let namespace = namespace.and_then(|node| self.namespace(node, id, index, report));
        let body = RuleFields::from_fn(|field| fields.optional(field.text()));
        let pairs = read_body(rule, &fields, &body, namespace.as_deref(), report);
        if namespace.is_some_and(|name| name == WHOLE_INSTANCE) {
            let names = pairs.iter().flatten().flat_map(|pair| pair.repositories.excluded_names());
            self.left_out.extend(names.map(String::from));
        }
    }

    /// Warns of rules of namespaces that seem to be meant for the repository of that very name as well, which has no
    /// namespace: the document names it, in an override or where the rule for the whole instance leaves it out.
    pub(super) fn warn_of_namesakes(&self, overridden: &[String], report: &mut Report) {
        let mut warned = BTreeSet::new();
        for name in self.left_out.iter().chain(overridden).filter(|name| warned.insert(name.as_str())) {
            let Some(rule) = self.namespaces.get(name) else { continue };
            let message =
                format!("the repository `{name}` is not in the namespace `{name}`, so the rule is not for it");
            report.warning(&rule.place, message, "protect it by the rule for `*`, if that is meant");
        }
    }

    fn id(&mut self, node: &Node<'_>, index: usize, report: &mut Report) -> Option<u64> {
        let id = node.integer(1..=limits::MAX_INTEGER, report)?;
        match self.ids.get(&id) {
            Some(other) => {
                report.problem(&node.place, format!("id {id} is that of /rules/{other} already"), "give it another id");
            }
            None => {
                self.ids.insert(id, index);
            }
        }
        Some(id)
    }

    fn namespace(&mut self, node: &Node<'_>, id: Option<u64>, index: usize, report: &mut Report) -> Option<String> {
        let name = namespace(node, report)?;
        let called = id.map_or_else(|| format!("/rules/{index}"), |id| format!("rule {id}"));
        match self.namespaces.get(&*name) {
            Some(RuleOfNamespace { called: other, .. }) => {
                let message = format!("conflict: namespace `{name}` has {other} already");
                report.problem(&node.place, message, "add the selector pairs to that rule");
            }
            None => {
                self.namespaces.insert(name.to_string(), RuleOfNamespace { called, place: node.place.clone() });
            }
        }
        Some(name.into_owned())
    }
}
