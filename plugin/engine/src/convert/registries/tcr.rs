//! Tencent Container Registry, Enterprise Edition: API service `tcr`, version 2019-09-24.
//!
//! Its rules are the ones that ours began as: one a namespace, of one pair of selectors with one pattern each. The preset
//! `latest` of its console is `**` / `repoMatches` / `latest` / `excludes`.

use crate::convert::doublestar::pattern;
use crate::convert::draft::{Draft, Pair, Rule, Selector};
use crate::convert::expressible::{self, called};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::convert::print::quoted;
use crate::convert::terraform::{self, Wanted};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::one_of;
use crate::limits;
use crate::pattern::subject::Subject;
use crate::rule::field::SelectorField;
use crate::words::Word;
use std::collections::BTreeMap;

/// `Total` is ignored: the list has no pages.
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
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let entries = entries(root, report)?;
    let mut reader = Reader { options, draft: Draft::default(), ids: BTreeMap::new(), namespaces: BTreeMap::new() };
    entries.iter().for_each(|entry| reader.entry(entry, report));
    Some(reader.draft)
}

fn entries<'a>(root: Node<'a>, report: &mut Report) -> Option<Vec<Node<'a>>> {
    if terraform::is_terraform(&root) {
        return resources(&root, report);
    }
    let response =
        if root.is_list() { None } else { root.some_fields(&["Response"], report)?.given("Response").cloned() };
    RULES.elements(response.unwrap_or(root), report)
}

/// The resources of Terraform, all of one registry.
fn resources<'a>(root: &Node<'a>, report: &mut Report) -> Option<Vec<Node<'a>>> {
    let wanted = Wanted {
        types: &["tencentcloud_tcr_immutable_tag_rule"],
        attributes: &["registry_id", "namespace_name", "rule"],
    };
    let mut registry = None;
    let mut found = Vec::new();
    for (_, values) in terraform::resources(root, wanted, report)? {
        let fields = values.some_fields(&["registry_id"], report)?;
        if let Some(node) = fields.given("registry_id") {
            let id = node.text(report)?;
            if registry.get_or_insert_with(|| id.clone()) != &id {
                let message = "the text holds the rules of several registries".into();
                report.problem(&node.place, message, "import one registry at a time");
            }
        }
        found.push(values);
    }
    Some(found)
}

struct Reader<'a> {
    options: &'a Options,
    draft: Draft,
    /// The ids that are given, numbered.
    ids: BTreeMap<u64, usize>,
    /// Where the rule of each namespace is.
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
        let enabled = spelled(&fields, 4).is_none_or(|disabled| disabled.boolean(report) != Some(true));
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
        let id = node.integer(1..=limits::MAX_INTEGER, report)?;
        if self.ids.insert(id, self.ids.len()).is_some() {
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

/// Reads a pattern and the decoration that comes after it.
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
    let side = decoration
        .and_then(|node| one_of(node, &decorations, report).and_then(|index| SelectorField::ALL.get(index).copied()));
    let pattern = pattern::read(pattern?, subject, report)?;
    Some(Selector::of(&pattern.place.clone(), side?, vec![pattern]))
}

/// Writes rules as `DescribeImmutableTagRules` answers them.
pub(in crate::convert) fn write(rules: &[&Rule], report: &mut Report) -> String {
    let rules: Vec<_> = rules.iter().filter_map(|rule| write_rule(rule, report)).collect();
    let count = rules.len();
    let rules =
        if rules.is_empty() { String::from("[]") } else { format!("[\n      {}\n    ]", rules.join(",\n      ")) };
    format!("{{\n  \"Response\": {{\n    \"Rules\": {rules},\n    \"Total\": {count}\n  }}\n}}\n")
}

fn write_rule(rule: &Rule, report: &mut Report) -> Option<String> {
    expressible::check(rule, report);
    let [pair] = &*rule.pairs else {
        let message =
            format!("{} has {} selector pairs, and one is all that a rule of TCR has", called(rule), rule.pairs.len());
        report.problem(&rule.place, message, "leave one of them");
        return None;
    };
    let repositories = expressible::pattern(rule, &pair.repositories, Subject::Repository, report);
    let tags = expressible::pattern(rule, &pair.tags, Subject::Tag, report);
    let (repositories, tags) = (repositories?, tags?);
    let decoration = |side: SelectorField, [matches, excludes]: [&'static str; 2]| match side {
        SelectorField::Matches => matches,
        SelectorField::Excludes => excludes,
    };
    Some(format!(
        r#"{{ "RepositoryPattern": {}, "TagPattern": {}, "RepositoryDecoration": "{}", "TagDecoration": "{}", "Disabled": {}, "RuleId": {}, "NsName": {} }}"#,
        quoted(&repositories.1),
        quoted(&tags.1),
        decoration(repositories.0, ["repoMatches", "repoExcludes"]),
        decoration(tags.0, ["matches", "excludes"]),
        !rule.enabled,
        rule.id.unwrap_or_default(),
        quoted(&rule.namespace),
    ))
}

#[cfg(test)]
mod tests {
    use crate::convert::export::export;
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, exported, imported};
    use crate::refusal::RefusalCode;

    const ANSWER: &str = r#"{"Response": {"Rules": [
       {"RepositoryPattern": "**", "TagPattern": "latest", "RepositoryDecoration": "repoMatches", "TagDecoration": "excludes",
        "Disabled": false, "RuleId": 1, "NsName": "prod"},
       {"RepositoryPattern": "web-*", "TagPattern": "v*", "RepositoryDecoration": "repoExcludes", "TagDecoration": "matches",
        "Disabled": true, "RuleId": 7, "NsName": "team-a"}],
      "EmptyNs": ["dev"], "Total": 2, "RequestId": "17eacd5a"}}"#;

    const DOCUMENT: &str = r#"{
  "version": 1,
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest" },
    { "id": 7, "namespace": "team-a", "enabled": false,
      "protects": [{ "repositories": { "excludes": "web-*" }, "tags": { "matches": "v*" } }] }
  ]
}
"#;

    #[test]
    fn the_answer_of_an_instance_becomes_its_document_and_back() {
        let converted = imported("tcr", ANSWER, "{}");
        assert_eq!(converted.text, DOCUMENT);
        assert_reported(&converted.losses, &[]);
        assert_deletes(
            DOCUMENT,
            &[
                ("prod/app:v1", "immutable"),
                ("prod/team/app:v1", "immutable"),
                ("prod/app:latest", "unprotected"),
                ("team-a/app:v1", "unprotected"),
            ],
        );
        let back = exported("tcr", DOCUMENT, "{}");
        assert_reported(&back.losses, &[]);
        let [before, after] = [ANSWER, &back.text].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(before["Response"]["Rules"], after["Response"]["Rules"]);
        assert_eq!(before["Response"]["Total"], after["Response"]["Total"]);
    }

    #[test]
    fn a_rule_is_read_however_it_is_wrapped() {
        let rule = r#"{"RepositoryPattern": "a", "TagPattern": "b", "RepositoryDecoration": "repoMatches", "TagDecoration": "matches"}"#;
        let block = r#"{"repository_pattern": "a", "tag_pattern": "b", "repository_decoration": "repoMatches", "tag_decoration": "matches"}"#;
        let table = [
            rule.to_owned(),
            format!("[{rule}]"),
            format!(r#"{{"Rules": [{rule}]}}"#),
            format!(r#"{{"Response": {{"Rules": [{rule}], "Total": 3}}}}"#),
            format!(r#"{{"RegistryId": "tcr-1", "NamespaceName": "prod", "Rule": {rule}}}"#),
            format!(r#"{{"RegistryId": "tcr-1", "NamespaceName": "prod", "Rule": {rule}, "RuleId": 1}}"#),
            block.to_owned(),
            format!(r#"{{"registry_id": "tcr-1", "namespace_name": "prod", "rule": {block}}}"#),
            format!(r#"{{"id": "tcr-1#prod#1", "namespace_name": "prod", "rule": [{block}]}}"#),
        ];
        for text in table {
            let converted = imported("tcr", &text, r#"{"namespace": "prod"}"#);
            let rule = r#"{ "id": 1, "namespace": "prod",
      "protects": [{ "repositories": { "matches": "a" }, "tags": { "matches": "b" } }] }"#;
            assert!(converted.text.contains(rule), "{text}\n{}", converted.text);
        }
    }

    #[test]
    fn an_instance_without_rules_is_an_empty_document() {
        for text in
            [r#"{"Response": {"Rules": [], "Total": 0}}"#, r#"{"Response": {"Rules": null, "EmptyNs": ["dev"]}}"#]
        {
            let converted = imported("tcr", text, "{}");
            assert!(converted.text.contains(r#""rules": []"#), "{}", converted.text);
            assert_reported(&converted.losses, &[("", "nothing in the text")]);
        }
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
        let text = r#"[
            {"RepositoryPattern": "a", "TagPattern": "[a", "RepositoryDecoration": "matches", "TagDecoration": "repoMatches", "NsName": "a/b"},
            {"RepositoryPattern": 1, "TagPattern": null, "Disabled": "no", "RuleId": 0, "NsName": null},
            {"RepositoryPattern": "**", "TagPattern": "@release", "RepositoryDecoration": "repoMatches", "TagDecoration": "matches", "NsName": "dev", "RuleId": 3},
            {"RepositoryPattern": "**", "TagPattern": "**", "RepositoryDecoration": "repoMatches", "TagDecoration": "matches", "NsName": "dev", "RuleId": 3},
            {"Rule": []}, 5
        ]"#;
        let expected = [
            ("/0/TagPattern", "`[` opens a class that nothing closes"),
            ("/0/RepositoryDecoration", "unknown value `matches`"),
            ("/0/TagDecoration", "unknown value `repoMatches`"),
            ("/0/NsName", "`a/b` is not a valid namespace"),
            ("/1", "does not say which namespace"),
            ("/1", "field `RepositoryDecoration` is missing"),
            ("/1", "field `TagDecoration` is missing"),
            ("/1/RepositoryPattern", "expected a string"),
            ("/1/TagPattern", "expected a string, found `null`"),
            ("/1/Disabled", "expected `true` or `false`"),
            ("/1/RuleId", "expected a whole number from 1"),
            ("/2/TagPattern", "a tag holds no `@`"),
            ("/3/NsName", "conflict: namespace `dev` has the rule at /2 already"),
            ("/3/RuleId", "id 3 is that of another rule already"),
            ("/5", "expected an object"),
        ];
        assert_refused("tcr", text, "{}", &expected);
    }

    #[test]
    fn a_namespace_that_the_options_name_too_has_to_be_the_same() {
        let expected = [
            ("/Response/Rules/0/NsName", "namespace `prod`, and the options say `dev`"),
            ("/Response/Rules/1/NsName", "namespace `team-a`, and the options say `dev`"),
        ];
        assert_refused("tcr", ANSWER, r#"{"namespace": "dev"}"#, &expected);
    }

    #[test]
    fn what_a_rule_of_it_cannot_say_is_refused_rule_by_rule() {
        let document = r#"{"version": 1, "rules": [
            {"id": 1, "namespace": "*", "preset": "latest"},
            {"id": 2, "namespace": "a", "deletion": "allow", "exempt": ["signatures"], "note": "x", "preset": "latest"},
            {"id": 3, "namespace": "b", "protects": [
                {"repositories": {"matches": "a"}, "tags": {"matches": "b"}},
                {"repositories": {"matches": "b"}, "tags": {"matches": "b"}}]},
            {"id": 4, "namespace": "c", "protects": [
                {"repositories": {"matches": ["a/b", "c"]}, "tags": {"excludes": ["@release", "x"]}}]},
            {"id": 5, "namespace": "d", "protects": [
                {"repositories": {"matches": "{a,b/c}"}, "tags": {"matches": "[]a]"}}]}
        ]}"#;
        let refusal = export("tcr", document, "{}").unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotExpressible);
        let expected = [
            ("/rules/0", "rule 1 (namespace *) is for the whole instance"),
            ("/rules/1/deletion", "rule 2 (namespace a) allows deletion"),
            ("/rules/1/exempt", "rule 2 (namespace a) exempts sets of tags"),
            ("/rules/2", "rule 3 (namespace b) has 2 selector pairs"),
            ("/rules/3/protects/0/repositories", "the 2 patterns of a selector of rule 4 (namespace c)"),
            (
                "/rules/3/protects/0/tags/excludes/0",
                "no pattern of the format means what `@release` of rule 4 (namespace c) does: it is a version class",
            ),
            (
                "/rules/4/protects/0/repositories/matches",
                "no pattern of the format means what `{a,b/c}` of rule 5 (namespace d) does: each alternative",
            ),
            (
                "/rules/4/protects/0/tags/matches",
                "no pattern of the format means what `[]a]` of rule 5 (namespace d) does: a class ends at its first `]`",
            ),
        ];
        assert_reported(&refusal.diagnostics, &expected);
    }

    #[test]
    fn what_can_be_said_otherwise_is() {
        let document = r#"{"version": 1, "rules": [
            {"id": 1, "namespace": "a", "exempt": [], "deletion": "deny", "note": "stays", "protects": [
                {"repositories": {"matches": ["web-*", "api"]}, "tags": {"excludes": ["latest", "dev-*"]}}]},
            {"id": 2, "namespace": "b", "protects": [
                {"repositories": {"matches": ["a/b", "**", "x,y"]}, "tags": {"matches": "[!a-c]*"}}]},
            {"id": 3, "namespace": "c", "protects": [
                {"repositories": {"matches": "**"}, "tags": {"matches": "v{1,{2,3}}"}}]}
        ]}"#;
        let converted = exported("tcr", document, "{}");
        for pattern in ["{web-*,api}", "{latest,dev-*}", "**", "[^a-c]*", "v{1,{2,3}}"] {
            assert!(converted.text.contains(&format!("\"{pattern}\"")), "{pattern}\n{}", converted.text);
        }
        let expected = [
            ("/rules/0/note", "the note of rule 1 (namespace a) is not exported"),
            ("/rules/2/protects/0/tags/matches", "but doublestar 1.1 (Harbor up to 2.10) ends them at the first `}`"),
        ];
        assert_reported(&converted.losses, &expected);
    }
}
