//! Harbor, and Huawei SWR Enterprise, which has the same rules.
//!
//! Several rules of a project add up, so they become the selector pairs of one. Of each, the first repository selector and
//! the first tag selector count; `priority` means nothing, and neither does `extras`, which tells whether artifacts without
//! tags are selected.

use super::doublestar;
use super::draft::{Draft, Pair, Rule, Selector};
use super::listing::Listing;
use super::options::Options;
use super::outward;
use super::print::quoted;
use crate::glob::Subject;
use crate::source::{Fields, Node, Place, Report};
use crate::survey::word;
use std::collections::BTreeMap;

const RULES: Listing = Listing { list: "immutable_rules", total: &["total"], more: &[] };

/// Reads the rules of a project of Harbor: a list. Which project it is, the options say.
pub(super) fn read_project(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let namespace = options.namespace(None, &root.place, report);
    let mut projects = Projects::default();
    for rule in root.elements(report)? {
        projects.read(&rule, namespace.as_deref(), report);
    }
    Some(projects.finish(report))
}

/// Reads the rules of an instance of SWR: a list, alone or as `immutable_rules`, in which each rule names its namespace.
pub(super) fn read_namespaces(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut projects = Projects::default();
    for rule in RULES.elements(root, report)? {
        let Some(fields) = rule.some_fields(&["namespace_name"], report) else { continue };
        let namespace = options.namespace(fields.given("namespace_name"), &rule.place, report);
        projects.read(&rule, namespace.as_deref(), report);
    }
    Some(projects.finish(report))
}

/// The rules of each project, as pairs: the enabled ones and the others.
#[derive(Default)]
struct Projects {
    rules: Vec<Rule>,
    disabled: Vec<Vec<Pair>>,
    indexes: BTreeMap<String, usize>,
}

const FIELDS: &[&str] = &["disabled", "action", "template", "tag_selectors", "scope_selectors"];

impl Projects {
    /// Reads a rule. Without a namespace it is read for its problems alone.
    fn read(&mut self, node: &Node<'_>, namespace: Option<&str>, report: &mut Report) {
        let Some(fields) = node.some_fields(FIELDS, report) else { return };
        for (name, only) in [("action", "immutable"), ("template", "immutable_template")] {
            if let Some(node) = fields.given(name) {
                word(node, &[only], report);
            }
        }
        let disabled = fields.given("disabled").is_some_and(|disabled| disabled.truth(report) == Some(true));
        let repositories = repositories(&fields, report);
        let tags = fields.required("tag_selectors", report).map(|list| (list, &["matches", "excludes"]));
        let tags = tags.and_then(|(list, decorations)| first(list, *decorations, Subject::Tag, report));
        let (Some(repositories), Some(tags)) = (repositories, tags) else { return };
        let (Some(repositories), Some(tags)) = (repositories, tags) else {
            let message =
                "a rule without a repository selector or a tag selector keeps nothing, and is left out".into();
            report.warning(&node.place, message, "nothing, unless it was a mistake");
            return;
        };
        if let Some(namespace) = namespace {
            let pair = Pair { place: node.place.clone(), repositories, tags };
            self.add(namespace, pair, disabled);
        }
    }

    fn add(&mut self, namespace: &str, pair: Pair, disabled: bool) {
        let count = self.rules.len();
        let index = *self.indexes.entry(namespace.to_owned()).or_insert(count);
        if index == count {
            self.rules.push(Rule::new(&pair.place, namespace.to_owned()));
            self.disabled.push(Vec::new());
        }
        let pairs =
            if disabled { self.disabled.get_mut(index) } else { self.rules.get_mut(index).map(|rule| &mut rule.pairs) };
        if let Some(pairs) = pairs {
            pairs.push(pair);
        }
    }

    /// One rule for each project: of its enabled rules, or else of those that are not.
    fn finish(self, report: &mut Report) -> Draft {
        let Self { mut rules, disabled, .. } = self;
        for (rule, disabled) in rules.iter_mut().zip(disabled) {
            if rule.pairs.is_empty() {
                (rule.enabled, rule.pairs) = (false, disabled);
                continue;
            }
            for pair in disabled {
                let message =
                    "a disabled rule beside enabled ones of its project is left out: they are one rule here".into();
                report.warning(&pair.place, message, "keep the text, or create the pair when it is wanted");
            }
        }
        if !rules.is_empty() {
            let message = "a tag may be pushed again here as what it is already, which Harbor refuses".into();
            report.warning(&Place::default(), message, "nothing: the tag does not move");
        }
        Draft { rules }
    }
}

/// The first repository selector: none where none is given, nothing where it can't be read.
fn repositories(fields: &Fields<'_>, report: &mut Report) -> Option<Option<Selector>> {
    let scopes = fields.required("scope_selectors", report)?.some_fields(&["repository"], report)?;
    let Some(list) = scopes.given("repository") else { return Some(None) };
    first(list, ["repoMatches", "repoExcludes"], Subject::Repository, report)
}

/// The first selector of a list: none where it is empty, nothing where it can't be read.
fn first(list: &Node<'_>, decorations: [&str; 2], subject: Subject, report: &mut Report) -> Option<Option<Selector>> {
    let elements = list.elements(report)?;
    for other in elements.iter().skip(1) {
        report.warning(
            &other.place,
            "a selector behind the first one is left out, as Harbor passes over it".into(),
            "nothing, unless it was a mistake",
        );
    }
    match elements.first() {
        None => Some(None),
        Some(selector) => read_selector(selector, decorations, subject, report).map(Some),
    }
}

fn read_selector(node: &Node<'_>, decorations: [&str; 2], subject: Subject, report: &mut Report) -> Option<Selector> {
    let fields = node.some_fields(&["kind", "decoration", "pattern"], report)?;
    let kind = fields.required("kind", report).and_then(|kind| word(kind, &["doublestar"], report));
    let excludes = fields.required("decoration", report).and_then(|node| word(node, &decorations, report));
    let pattern = fields.required("pattern", report).and_then(|node| doublestar::read(node, subject, report));
    kind?;
    Some(Selector::of(&node.place, excludes? == 1, vec![pattern?]))
}

/// Writes a namespace's rule as the rules of a project, one for each pair.
///
/// Without `id` and `project_id`, which are Harbor's to give.
pub(super) fn write(rules: &[&Rule], report: &mut Report) -> String {
    let mut written = Vec::new();
    for rule in rules {
        outward::check(rule, report);
        written.extend(rule.pairs.iter().filter_map(|pair| write_pair(rule, pair, report)));
    }
    if written.is_empty() { String::from("[]\n") } else { format!("[\n  {}\n]\n", written.join(",\n  ")) }
}

fn write_pair(rule: &Rule, pair: &Pair, report: &mut Report) -> Option<String> {
    let repositories = outward::pattern(rule, &pair.repositories, Subject::Repository, report);
    let tags = outward::pattern(rule, &pair.tags, Subject::Tag, report);
    let selector = |selector: &Selector, [matches, excludes]: [&str; 2], pattern: &str| {
        let decoration = if selector.excludes { excludes } else { matches };
        format!(r#"{{ "kind": "doublestar", "decoration": "{decoration}", "pattern": {} }}"#, quoted(pattern))
    };
    let (repositories, tags) = (repositories?, tags?);
    Some(format!(
        r#"{{ "disabled": {}, "priority": 0, "action": "immutable", "template": "immutable_template",
    "tag_selectors": [{}],
    "scope_selectors": {{ "repository": [{}] }} }}"#,
        !rule.enabled,
        selector(&pair.tags, ["matches", "excludes"], &tags),
        selector(&pair.repositories, ["repoMatches", "repoExcludes"], &repositories),
    ))
}
