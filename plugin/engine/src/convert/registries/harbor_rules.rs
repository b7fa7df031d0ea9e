//! The rules of Harbor, which Huawei SWR Enterprise has too.
//!
//! Several rules of a project add up, so they become the selector pairs of one. Of each, the first repository selector and
//! the first tag selector count; `priority` means nothing, and neither does `extras`, which says whether artifacts without
//! tags are selected.

use crate::convert::doublestar::pattern;
use crate::convert::draft::{Draft, Pair, Rule, Selector};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::one_of;
use crate::pattern::subject::Subject;
use crate::rule::field::SelectorField;
use crate::words::Word;
use std::collections::BTreeMap;

/// The rules of each project, as pairs: the enabled ones and the others.
#[derive(Default)]
pub(super) struct Projects {
    rules: Vec<Rule>,
    disabled: Vec<Vec<Pair>>,
    indexes: BTreeMap<String, usize>,
}

const FIELDS: &[&str] = &["disabled", "action", "template", "tag_selectors", "scope_selectors"];

impl Projects {
    /// Reads a rule. Without a namespace it is read for its problems alone.
    pub(super) fn read(&mut self, node: &Node<'_>, namespace: Option<&str>, report: &mut Report) {
        let Some(fields) = node.some_fields(FIELDS, report) else { return };
        for (name, only) in [("action", "immutable"), ("template", "immutable_template")] {
            if let Some(node) = fields.given(name) {
                one_of(node, &[only], report);
            }
        }
        let disabled = fields.given("disabled").is_some_and(|disabled| disabled.boolean(report) == Some(true));
        let repositories = repositories(&fields, report);
        let tags = fields.required("tag_selectors", report).map(|list| (list, &["matches", "excludes"]));
        let tags = tags.and_then(|(list, decorations)| first(list, *decorations, Subject::Tag, report));
        let (Some(repositories), Some(tags)) = (repositories, tags) else { return };
        let (Some(repositories), Some(tags)) = (repositories, tags) else {
            let message =
                "a rule without a repository selector or a tag selector protects nothing, and is left out".into();
            report.warning(&node.place, message, "nothing has to be done, unless it was a mistake");
            return;
        };
        if let Some(namespace) = namespace {
            let pair = Pair { place: node.place.clone(), repositories, tags };
            self.add(namespace, pair, disabled);
        }
    }

    /// Adds a pair to the rule of a project.
    pub(super) fn add(&mut self, namespace: &str, pair: Pair, disabled: bool) {
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
    pub(super) fn finish(self, report: &mut Report) -> Draft {
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
        let draft = Draft { rules, ..Draft::default() };
        draft.warn_of_same_push("Harbor", report);
        draft
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
            "a selector after the first one is left out, as Harbor ignores it".into(),
            "nothing has to be done, unless it was a mistake",
        );
    }
    match elements.first() {
        None => Some(None),
        Some(selector) => read_selector(selector, decorations, subject, report).map(Some),
    }
}

fn read_selector(node: &Node<'_>, decorations: [&str; 2], subject: Subject, report: &mut Report) -> Option<Selector> {
    let fields = node.some_fields(&["kind", "decoration", "pattern"], report)?;
    let kind = fields.required("kind", report).and_then(|kind| one_of(kind, &["doublestar"], report));
    let side = fields
        .required("decoration", report)
        .and_then(|node| one_of(node, &decorations, report).and_then(|index| SelectorField::ALL.get(index).copied()));
    let pattern = fields.required("pattern", report).and_then(|node| pattern::read(node, subject, report));
    kind?;
    Some(Selector::of(&node.place, side?, vec![pattern?]))
}
