//! Tencent Container Registry, Enterprise Edition: API service `tcr`, version 2019-09-24.
//!
//! Its rules are the ones that ours began as: one a namespace, of one pair of selectors with one pattern each. The preset
//! `latest` of its console is `**` / `repoMatches` / `latest` / `excludes`.

use super::doublestar;
use super::draft::{Draft, Pair, Rule, Selector};
use super::listing::Listing;
use super::options::Options;
use super::outward::{self, called};
use super::print::quoted;
use crate::glob::Subject;
use crate::limits;
use crate::source::{Fields, Node, Place, Report};
use crate::survey::word;
use std::collections::{BTreeMap, BTreeSet};

/// `Total` is passed over: the list has no pages.
const RULES: Listing = Listing { list: "Rules", total: &[], more: &[] };

/// What a rule is written with, in the API and in Terraform: patterns and decorations of repositories and of tags, and
/// whether it is switched off.
const SPELLINGS: [[&str; 5]; 2] = [
    ["RepositoryPattern", "RepositoryDecoration", "TagPattern", "TagDecoration", "Disabled"],
    ["repository_pattern", "repository_decoration", "tag_pattern", "tag_decoration", "disabled"],
];

/// Reads the answer of `DescribeImmutableTagRules`, with `Response` around it or without; a list of rules, or one; of the
/// requests that create and modify one (`Rule` beside `NamespaceName`); or of Terraform's resources (`rule` beside
/// `namespace_name`).
pub(super) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let response =
        if root.is_list() { None } else { root.some_fields(&["Response"], report)?.given("Response").cloned() };
    let entries = RULES.elements(response.unwrap_or(root), report)?;
    let mut reader = Reader { options, draft: Draft::default(), ids: BTreeSet::new(), namespaces: BTreeMap::new() };
    entries.iter().for_each(|entry| reader.entry(entry, report));
    Some(reader.draft)
}

struct Reader<'a> {
    options: &'a Options,
    draft: Draft,
    ids: BTreeSet<u64>,
    /// Where the rule of each namespace stands.
    namespaces: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn entry(&mut self, entry: &Node<'_>, report: &mut Report) {
        let asked = ["Rule", "NamespaceName", "RuleId", "rule", "namespace_name"];
        let Some(outer) = entry.some_fields(&asked, report) else { return };
        // Terraform's state holds a block as a list of one.
        let blocks = match outer.given("Rule").or_else(|| outer.given("rule")) {
            None => Some(vec![entry.clone()]),
            Some(rules) if rules.is_list() => rules.elements(report),
            Some(rule) => Some(vec![rule.clone()]),
        };
        for block in blocks.into_iter().flatten() {
            if let Some(rule) = self.rule(&block, &outer, report) {
                self.draft.rules.push(rule);
            }
        }
    }

    fn rule(&mut self, node: &Node<'_>, outer: &Fields<'_>, report: &mut Report) -> Option<Rule> {
        let asked = [&["RuleId", "NsName"], &*SPELLINGS.concat()].concat();
        let fields = node.some_fields(&asked, report)?;
        let named = fields.given("NsName").or_else(|| outer.given("NamespaceName"));
        let named = named.or_else(|| outer.given("namespace_name"));
        let place = &named.unwrap_or(node).place;
        let namespace = self.options.namespace(named, &node.place, report);
        let namespace = namespace.and_then(|name| self.claim(name, node, place, report));
        let id = fields.given("RuleId").or_else(|| outer.given("RuleId"));
        let id = id.and_then(|id| self.id(id, report));
        let enabled = spelled(&fields, 4).is_none_or(|disabled| disabled.truth(report) != Some(true));
        let repositories = selector(&fields, 0, ["repoMatches", "repoExcludes"], Subject::Repository, report);
        let tags = selector(&fields, 2, ["matches", "excludes"], Subject::Tag, report);
        let pair = Pair { place: node.place.clone(), repositories: repositories?, tags: tags? };
        Some(Rule { id, enabled, pairs: vec![pair], ..Rule::new(&node.place, namespace?) })
    }

    /// The namespace, unless another rule has it.
    fn claim(&mut self, name: String, rule: &Node<'_>, place: &Place, report: &mut Report) -> Option<String> {
        if let Some(other) = self.namespaces.get(&name) {
            let message = format!("conflict: namespace `{name}` has the rule at {other} already");
            report.problem(place, message, "keep one of them");
            return None;
        }
        self.namespaces.insert(name.clone(), rule.place.pointer.clone());
        Some(name)
    }

    fn id(&mut self, node: &Node<'_>, report: &mut Report) -> Option<u64> {
        let id = node.integer(1..=limits::INTEGER, report)?;
        if !self.ids.insert(id) {
            report.problem(&node.place, format!("id {id} is that of another rule already"), "leave it out");
            return None;
        }
        Some(id)
    }
}

/// A field of a rule, in the spelling that it has.
fn spelled<'f, 'a>(fields: &'f Fields<'a>, field: usize) -> Option<&'f Node<'a>> {
    SPELLINGS.iter().filter_map(|names| names.get(field)).find_map(|name| fields.given(name))
}

/// Reads a pattern and, behind it, its decoration.
fn selector(
    fields: &Fields<'_>,
    pattern: usize,
    decorations: [&str; 2],
    subject: Subject,
    report: &mut Report,
) -> Option<Selector> {
    let mut required = |field: usize| {
        let name = SPELLINGS.first().and_then(|names| names.get(field)).copied().unwrap_or_default();
        spelled(fields, field).or_else(|| fields.required(name, report))
    };
    let (pattern, decoration) = (required(pattern), required(pattern + 1));
    let excludes = decoration.and_then(|node| word(node, &decorations, report));
    let pattern = doublestar::read(pattern?, subject, report)?;
    Some(Selector::of(&pattern.place.clone(), excludes? == 1, vec![pattern]))
}

/// Writes rules as `DescribeImmutableTagRules` answers them.
pub(super) fn write(rules: &[&Rule], report: &mut Report) -> String {
    let rules: Vec<_> = rules.iter().filter_map(|rule| write_rule(rule, report)).collect();
    let count = rules.len();
    let rules =
        if rules.is_empty() { String::from("[]") } else { format!("[\n      {}\n    ]", rules.join(",\n      ")) };
    format!("{{\n  \"Response\": {{\n    \"Rules\": {rules},\n    \"Total\": {count}\n  }}\n}}\n")
}

fn write_rule(rule: &Rule, report: &mut Report) -> Option<String> {
    outward::check(rule, report);
    let [pair] = &*rule.pairs else {
        let message =
            format!("{} has {} selector pairs, and one is all that a rule of TCR has", called(rule), rule.pairs.len());
        report.problem(&rule.place, message, "leave one of them");
        return None;
    };
    let repositories = outward::pattern(rule, &pair.repositories, Subject::Repository, report);
    let tags = outward::pattern(rule, &pair.tags, Subject::Tag, report);
    let decoration = |selector: &Selector, [matches, excludes]: [&'static str; 2]| {
        if selector.excludes { excludes } else { matches }
    };
    Some(format!(
        r#"{{ "RepositoryPattern": {}, "TagPattern": {}, "RepositoryDecoration": "{}", "TagDecoration": "{}", "Disabled": {}, "RuleId": {}, "NsName": {} }}"#,
        quoted(&repositories?),
        quoted(&tags?),
        decoration(&pair.repositories, ["repoMatches", "repoExcludes"]),
        decoration(&pair.tags, ["matches", "excludes"]),
        !rule.enabled,
        rule.id.unwrap_or_default(),
        quoted(&rule.namespace),
    ))
}
