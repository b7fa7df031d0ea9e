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

#[cfg(test)]
mod tests {
    use super::super::export;
    use super::super::sample::{assert_deletes, assert_refused, assert_told, exported, imported};
    use crate::refusal::Code;

    const PROD: &str = r#"{"namespace": "prod"}"#;
    const IDENTICAL: (&str, &str) = ("", "a tag may be pushed again here as what it is already");

    fn rule(repositories: [&str; 2], tags: [&str; 2], disabled: bool) -> String {
        let selector = |[decoration, pattern]: [&str; 2]| {
            format!(
                r#"[{{"kind": "doublestar", "decoration": "{decoration}", "pattern": "{pattern}", "extras": "{{\"untagged\":false}}"}}]"#
            )
        };
        format!(
            r#"{{"id": 5, "project_id": 2, "disabled": {disabled}, "priority": 0, "action": "immutable",
            "template": "immutable_template", "tag_selectors": {}, "scope_selectors": {{"repository": {}}}}}"#,
            selector(tags),
            selector(repositories)
        )
    }

    #[test]
    fn enabled_rules_become_the_pairs_of_one() {
        let text = format!(
            "[{},\n{},\n{}]",
            rule(["repoMatches", "**"], ["matches", "v*"], false),
            rule(["repoExcludes", "web-*"], ["excludes", "rc,test"], true),
            rule(["repoMatches", ""], ["excludes", "{rc,test}"], false),
        );
        let converted = imported("harbor", &text, PROD);
        let document = r#"{
  "version": 1,
  "rules": [
    { "id": 1, "namespace": "prod",
      "protects": [
        { "repositories": { "matches": "**" }, "tags": { "matches": "v*" } },
        { "repositories": { "matches": "**" }, "tags": { "excludes": "{rc,test}" } }
      ] }
  ]
}
"#;
        assert_eq!(converted.text, document);
        assert_told(&converted.losses, &[IDENTICAL, ("/1", "a disabled rule beside enabled ones")]);
        assert_deletes(
            document,
            &[
                ("prod/web/app:v1", "immutable"),
                ("prod/app:rc", "unprotected"),
                ("prod/app:test", "unprotected"),
                ("prod/app:latest", "immutable"),
                ("dev/app:v1", "unprotected"),
            ],
        );
    }

    #[test]
    fn a_list_without_braces_is_one_literal() {
        let text = format!("[{}]", rule(["repoMatches", "**"], ["excludes", "rc,test"], false));
        let document = imported("harbor", &text, PROD).text;
        assert_deletes(&document, &[("prod/app:rc", "immutable"), ("prod/app:test", "immutable")]);
    }

    #[test]
    fn disabled_rules_alone_become_one_that_is_disabled() {
        let one = rule(["repoMatches", "a"], ["matches", "v*"], true);
        let converted = imported("harbor", &format!("[{one},{one}]"), PROD);
        assert!(converted.text.contains(r#""namespace": "prod", "enabled": false"#), "{}", converted.text);
        assert_eq!(converted.text.matches("repositories").count(), 2);
        assert_told(&converted.losses, &[IDENTICAL]);
    }

    #[test]
    fn the_preset_is_recognised() {
        let text = format!("[{}]", rule(["repoMatches", "**"], ["excludes", "latest"], false));
        let converted = imported("harbor", &text, PROD);
        assert!(
            converted.text.contains(r#"{ "id": 1, "namespace": "prod", "preset": "latest" }"#),
            "{}",
            converted.text
        );
    }

    #[test]
    fn the_first_selectors_alone_count() {
        let one = r#"{"kind": "doublestar", "decoration": "repoMatches", "pattern": "a"}"#;
        let tag = one.replace("repoMatches", "matches");
        let text = format!(
            r#"[{{"tag_selectors": [{tag}, {{"kind": "label"}}], "scope_selectors": {{"repository": [{one}, {one}]}}}},
                {{"tag_selectors": [], "scope_selectors": {{"repository": [{one}]}}}},
                {{"tag_selectors": [{tag}], "scope_selectors": {{}}}}]"#
        );
        let converted = imported("harbor", &text, PROD);
        assert_eq!(converted.text.matches("repositories").count(), 1, "{}", converted.text);
        let expected = [
            IDENTICAL,
            ("/0/tag_selectors/1", "a selector behind the first one is left out"),
            ("/0/scope_selectors/repository/1", "a selector behind the first one is left out"),
            ("/1", "a rule without a repository selector or a tag selector keeps nothing"),
            ("/2", "a rule without a repository selector or a tag selector keeps nothing"),
        ];
        assert_told(&converted.losses, &expected);
    }

    #[test]
    fn what_patterns_mean_otherwise_is_told_at_their_place() {
        let text = format!(
            "[{},{},{}]",
            rule(["repoMatches", "{a,a/b}"], ["matches", "[!a]"], false),
            rule(["repoMatches", "{**/x,y}"], ["matches", "v*{,-rc}"], false),
            rule(["repoMatches", "a***"], ["matches", r"[\\]a]"], false),
        );
        let converted = imported("harbor", &text, PROD);
        let [tags, repositories] = ["tag_selectors/0/pattern", "scope_selectors/repository/0/pattern"];
        let places =
            [(0, tags), (0, repositories), (1, tags), (1, tags), (1, repositories), (2, tags), (2, repositories)];
        let expected: Vec<_> = places.iter().map(|(rule, place)| format!("/{rule}/{place}")).collect();
        let messages = [
            "`!` in a class of `[!a]` is a character like others",
            "each alternative of `{a,a/b}` is tried by itself here",
            "braces of `v*{,-rc}` may stand for nothing",
            "nothing need follow a `*` of `v*{,-rc}`",
            "each alternative of `{**/x,y}`",
            r"a class of `[\]a]` is written otherwise here",
            "nothing need follow a `*` of `a***`",
        ];
        let expected: Vec<_> = expected.iter().map(String::as_str).zip(messages).collect();
        assert_told(&converted.losses, &[&[IDENTICAL], &*expected].concat());
        assert!(converted.text.contains(r#""matches": "[a!]""#), "{}", converted.text);
        assert!(converted.text.contains(r#""matches": "[]a]""#), "{}", converted.text);
    }

    #[test]
    fn swr_names_its_namespaces() {
        let one = rule(["repoMatches", "**"], ["matches", "**"], false);
        let named = |name: &str| one.replacen('{', &format!(r#"{{"namespace_name": "{name}","#), 1);
        let list = format!("[{},{},{}]", named("a"), named("b"), named("a"));
        let converted = imported("swr", &format!(r#"{{"immutable_rules": {list}, "total": 3}}"#), "{}");
        assert_eq!(converted.text.matches("namespace").count(), 2, "{}", converted.text);
        assert_deletes(&converted.text, &[("a/x:v1", "immutable"), ("b/x:v1", "immutable"), ("c/x:v1", "unprotected")]);
        let page = format!(r#"{{"immutable_rules": {list}, "total": 4}}"#);
        assert_refused("swr", &page, "{}", &[("/total", "the text holds 3 elements of a longer list, as `4` tells")]);
        imported("swr", &format!("[{one}]"), PROD);
        assert_refused("swr", &format!("[{one}]"), "{}", &[("/0", "does not say which namespace")]);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let text = r#"[
            {"action": "retain", "template": "other", "disabled": 1, "tag_selectors": {}, "scope_selectors": []},
            {"tag_selectors": [{"kind": "label", "decoration": "withLabels"}],
             "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "nsMatches", "pattern": "{a"}]}},
            {}
        ]"#;
        let expected = [
            ("", "does not say which namespace"),
            ("/0/action", "unknown value `retain`"),
            ("/0/template", "unknown value `other`"),
            ("/0/disabled", "expected `true` or `false`"),
            ("/0/tag_selectors", "expected a list"),
            ("/0/scope_selectors", "expected an object"),
            ("/1/tag_selectors/0", "field `pattern` is missing"),
            ("/1/tag_selectors/0/kind", "unknown value `label`"),
            ("/1/tag_selectors/0/decoration", "unknown value `withLabels`"),
            ("/1/scope_selectors/repository/0/decoration", "unknown value `nsMatches`"),
            ("/1/scope_selectors/repository/0/pattern", "`{` opens alternatives that nothing closes"),
            ("/2", "field `scope_selectors` is missing"),
            ("/2", "field `tag_selectors` is missing"),
        ];
        assert_refused("harbor", text, "{}", &expected);
    }

    #[test]
    fn the_rules_of_a_project_come_back_as_they_were() {
        let text = format!(
            "[{},{}]",
            rule(["repoMatches", "**"], ["matches", "v{1,2}.*"], false),
            rule(["repoExcludes", "web-[^a]"], ["excludes", "latest"], false),
        );
        let back = exported("harbor", &imported("harbor", &text, PROD).text, "{}");
        assert_told(&back.losses, &[]);
        let [before, after] = [&text, &back.text].map(|text| {
            let mut rules: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
            for rule in rules.iter_mut().map(|rule| rule.as_object_mut().unwrap()) {
                // What Harbor gives, and what it does not ask for.
                for given in ["id", "project_id"] {
                    rule.remove(given);
                }
                rule["tag_selectors"][0].as_object_mut().unwrap().remove("extras");
                rule["scope_selectors"]["repository"][0].as_object_mut().unwrap().remove("extras");
            }
            rules
        });
        assert_eq!(before, after);
    }

    #[test]
    fn what_a_project_cannot_say_is_refused() {
        let document = r#"{"version": 1, "rules": [{"id": 3, "namespace": "prod", "deletion": "allow", "protects": [
            {"repositories": {"matches": "**"}, "tags": {"matches": "@version"}},
            {"repositories": {"matches": "**"}, "tags": {"matches": "v*{,-rc}"}}]}]}"#;
        let refusal = export("harbor", document, "{}").unwrap_err();
        assert_eq!(refusal.code, Code::NotExpressible);
        let expected = [
            ("/rules/0/deletion", "rule 3 (namespace prod) allows deletion"),
            ("/rules/0/protects/0/tags/matches", "means what `@version` of rule 3"),
            ("/rules/0/protects/1/tags/matches", "means what `v*{,-rc}` of rule 3"),
        ];
        assert_told(&refusal.diagnostics, &expected);
    }

    #[test]
    fn a_document_without_rules_is_a_project_without_rules() {
        assert_eq!(exported("harbor", r#"{"version": 1, "rules": []}"#, "{}").text, "[]\n");
    }
}
