//! What can be wrong with a rule.

use super::pattern::{self, Selected};
use crate::exemption::Exemptions;
use crate::glob::{Shape, Subject};
use crate::limits;
use crate::policy::Tally;
use crate::reference::is_component;
use crate::source::{Fields, Node, Report, list, shown};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The rules that were read so far.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// For each id, the index of its rule.
    ids: BTreeMap<u64, usize>,
    /// For each namespace, what its rule is called.
    namespaces: BTreeMap<String, String>,
    count: usize,
}

/// The fields of a rule, in the order in which they are best read.
pub(crate) const FIELDS: &[&str] = &["id", "namespace", "enabled", "deletion", "exempt", "note", "preset", "protects"];

/// Those that a change may take away.
const OPTIONAL: &[&str] = &["enabled", "deletion", "exempt", "note"];

/// Reads a rule that has no id yet.
pub(crate) fn read_new(rule: &Node<'_>, report: &mut Report) {
    let Some(fields) = rule.fields(FIELDS, report) else { return };
    if let Some(id) = fields.optional("id") {
        report.problem(&id.place, "a new rule gets its id when it is created".into(), "leave it out");
    }
    let namespace = fields.required("namespace", report).and_then(|node| namespace(node, report));
    read_body(rule, &fields, namespace.as_deref(), report);
}

/// Reads fields that are set in a rule. One that is null is taken away.
pub(crate) fn read_set(set: &Node<'_>, report: &mut Report) {
    let Some(fields) = set.fields(FIELDS, report).map(|fields| fields.without_nulls(OPTIONAL)) else { return };
    if let Some(id) = fields.optional("id") {
        report.problem(&id.place, "the id of a rule never changes".into(), "leave it out");
    }
    if let Some(namespace) = fields.optional("namespace") {
        namespace.text(report);
    }
    read_switches(&fields, report);
    if fields.optional("preset").or(fields.optional("protects")).is_some() {
        read_protection(&fields, None, report);
    }
}

/// Reads the namespace of a rule. None, and a problem, where it is none.
pub(crate) fn namespace<'a>(node: &Node<'a>, report: &mut Report) -> Option<Cow<'a, str>> {
    let name = node.text(report)?;
    if name == "*" || is_component(&name) {
        return Some(name);
    }
    let message = format!("`{}` is no namespace", shown(&name));
    report.problem(&node.place, message, "write one component of a repository's name, or `*` for the whole instance");
    None
}

impl Rules {
    /// The greatest id, 0 where there is none.
    pub(super) fn greatest_id(&self) -> u64 {
        self.ids.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Reads the next rule.
    pub(super) fn read(&mut self, rule: &Node<'_>, report: &mut Report) {
        let index = self.count;
        self.count += 1;
        let Some(fields) = rule.fields(FIELDS, report) else { return };
        let id = self.id(&fields, index, report);
        let namespace = self.namespace(&fields, id, index, report);
        read_body(rule, &fields, namespace.as_deref(), report);
    }

    fn id(&mut self, fields: &Fields<'_>, index: usize, report: &mut Report) -> Option<u64> {
        let node = fields.required("id", report)?;
        let id = node.integer(1..=limits::INTEGER, report)?;
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

    fn namespace(&mut self, fields: &Fields<'_>, id: Option<u64>, index: usize, report: &mut Report) -> Option<String> {
        let node = fields.required("namespace", report)?;
        let name = namespace(node, report)?;
        let called = id.map_or_else(|| format!("/rules/{index}"), |id| format!("rule {id}"));
        match self.namespaces.get(&*name) {
            Some(other) => {
                let message = format!("conflict: namespace `{name}` has {other} already");
                report.problem(&node.place, message, "add the selector pairs to that rule");
            }
            None => {
                self.namespaces.insert(name.to_string(), called);
            }
        }
        Some(name.into_owned())
    }
}

/// Reads all of a rule but its id and its namespace.
fn read_body(rule: &Node<'_>, fields: &Fields<'_>, namespace: Option<&str>, report: &mut Report) {
    let exempt = read_switches(fields, report);
    let pairs = read_protection(fields, namespace, report);
    if let (Some(exempt), Some(pairs)) = (exempt, pairs) {
        warn_of_frozen(rule, exempt, &pairs, report);
        warn_of_nothing(rule, &pairs, report);
    }
}

/// Reads the fields that may be left out, and returns what the rule leaves alone.
fn read_switches(fields: &Fields<'_>, report: &mut Report) -> Option<Exemptions> {
    if let Some(enabled) = fields.optional("enabled") {
        enabled.truth(report);
    }
    if let Some(deletion) = fields.optional("deletion") {
        word(deletion, &["deny", "allow"], report);
    }
    if let Some(note) = fields.optional("note") {
        read_note(note, report);
    }
    fields.optional("exempt").map_or(Some(Exemptions::default()), |node| exemptions(node, report))
}

/// Reads a word of a few. None, and a problem, where it is another.
pub(crate) fn word(node: &Node<'_>, words: &[&str], report: &mut Report) -> Option<usize> {
    let text = node.text(report)?;
    let found = words.iter().position(|word| *word == text);
    if found.is_none() {
        report.problem(&node.place, format!("unknown value `{}`", shown(&text)), &format!("write {}", list(words)));
    }
    found
}

fn exemptions(node: &Node<'_>, report: &mut Report) -> Option<Exemptions> {
    let names = node.elements(report)?;
    let mut seen: Vec<&str> = Vec::new();
    for name in &names {
        let Some(known) = word(name, &Exemptions::NAMES, report).and_then(|at| Exemptions::NAMES.get(at)) else {
            continue;
        };
        if seen.contains(known) {
            report.problem(&name.place, format!("`{known}` is given twice"), "keep one of them");
        }
        seen.push(known);
    }
    // Where a name was wrong the document is refused, and no warning is due.
    Exemptions::parse(seen)
}

fn read_note(node: &Node<'_>, report: &mut Report) {
    let Some(note) = node.text(report) else { return };
    let length = note.chars().count();
    if length > limits::NOTE_CHARACTERS {
        let message = format!("the note has {length} characters, more than {}", limits::NOTE_CHARACTERS);
        report.problem(&node.place, message, "shorten it");
    }
}

/// A selector pair: the patterns of its two selectors.
struct Pair {
    repositories: Selected,
    tags: Selected,
}

fn read_protection(fields: &Fields<'_>, namespace: Option<&str>, report: &mut Report) -> Option<Vec<Pair>> {
    let (name, node) = fields.either(["preset", "protects"], report)?;
    if name == "preset" {
        word(node, &["latest"], report)?;
        let repositories = Selected { excludes: false, shapes: vec![Shape::Everything] };
        let tags = Selected { excludes: true, shapes: vec![Shape::Literal("latest".into())] };
        return Some(vec![Pair { repositories, tags }]);
    }
    let nodes = node.elements(report)?;
    if nodes.is_empty() {
        report.problem(&node.place, "a rule with no selector pair".into(), "add a pair, or disable the rule");
        return None;
    }
    if nodes.len() > limits::PAIRS_PER_RULE {
        let message = format!("{} selector pairs are more than {}", nodes.len(), limits::PAIRS_PER_RULE);
        report.problem(&node.place, message, "join pairs that differ in one selector");
        return None;
    }
    let mut tally = Tally::default();
    // All pairs are read before one that failed ends it, so that all their problems are told.
    let pairs: Vec<_> = nodes.iter().map(|pair| read_pair(pair, namespace, &mut tally, report)).collect();
    if let Some((what, count, most)) = tally.exceeded() {
        report.problem(
            &node.place,
            format!("the rule has {count} {what}, more than {most}"),
            "write fewer or simpler ones",
        );
    }
    pairs.into_iter().collect()
}

fn read_pair(pair: &Node<'_>, namespace: Option<&str>, tally: &mut Tally, report: &mut Report) -> Option<Pair> {
    let fields = pair.fields(&["repositories", "tags"], report)?;
    let mut selector = |name, subject, report: &mut Report| {
        let node = fields.required(name, report)?;
        pattern::read_selector(node, subject, namespace, tally, report)
    };
    let repositories = selector("repositories", Subject::Repository, report);
    let tags = selector("tags", Subject::Tag, report);
    Some(Pair { repositories: repositories?, tags: tags? })
}

/// A rule that makes tags immutable which signing and referrers tools have to rewrite.
fn warn_of_frozen(rule: &Node<'_>, exempt: Exemptions, pairs: &[Pair], report: &mut Report) {
    if exempt.signatures && exempt.referrers {
        return;
    }
    let digest = "0".repeat(64);
    let signatures = ["sig", "att", "sbom"].map(|kind| format!("sha256-{digest}.{kind}"));
    let referrers = ["sha256", "sha512"].map(|kind| format!("{kind}-{digest}"));
    let asked = pairs.iter().filter(|pair| !pair.repositories.is_nothing());
    let [signatures, referrers] = asked
        .map(|pair| pair.tags.selects([&signatures, &referrers]))
        .fold([false, false], |[one, other], [signatures, referrers]| [one || signatures, other || referrers]);
    let frozen: Vec<&str> =
        [("signatures", signatures && !exempt.signatures), ("referrers", referrers && !exempt.referrers)]
            .into_iter()
            .filter_map(|(name, is_frozen)| is_frozen.then_some(name))
            .collect();
    if !frozen.is_empty() {
        let message = format!("the rule freezes the tags of {}, which their tools rewrite", frozen.join(" and "));
        let names: Vec<_> = frozen.iter().map(|name| format!("\"{name}\"")).collect();
        report.warning(&rule.place, message, &format!("add {} to `exempt`, unless that is meant", names.join(", ")));
    }
}

fn warn_of_nothing(rule: &Node<'_>, pairs: &[Pair], report: &mut Report) {
    if pairs.iter().all(|pair| pair.repositories.is_nothing() || pair.tags.is_nothing()) {
        report.warning(&rule.place, "the rule protects nothing".into(), "exclude less, or disable the rule");
    }
}
