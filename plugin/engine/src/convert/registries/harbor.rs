//! Harbor: the rules of one project.

use super::harbor_rules::Projects;
use super::harbor_terraform;
use crate::convert::draft::{Draft, Pair, Rule};
use crate::convert::expressible;
use crate::convert::options::Options;
use crate::convert::print::quoted;
use crate::convert::terraform;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::pattern::subject::Subject;
use crate::rule::field::SelectorField;

/// Reads the rules of a project of Harbor: a list. Which project it is, the options say. Or reads those of Terraform.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    if terraform::is_terraform(&root) {
        return harbor_terraform::read(&root, options, report);
    }
    let namespace = options.namespace(None, &root.place, report);
    let mut projects = Projects::default();
    for rule in root.elements(report)? {
        projects.read(&rule, namespace.as_deref(), report);
    }
    Some(projects.finish(report))
}

/// Writes a namespace's rule as the rules of a project, one for each pair.
///
/// Without `id` and `project_id`, which are Harbor's to give.
pub(in crate::convert) fn write(rules: &[&Rule], report: &mut Report) -> String {
    let mut written = Vec::new();
    for rule in rules {
        expressible::check(rule, report);
        written.extend(rule.pairs.iter().filter_map(|pair| write_pair(rule, pair, report)));
    }
    if written.is_empty() { String::from("[]\n") } else { format!("[\n  {}\n]\n", written.join(",\n  ")) }
}

fn write_pair(rule: &Rule, pair: &Pair, report: &mut Report) -> Option<String> {
    let repositories = expressible::pattern(rule, &pair.repositories, Subject::Repository, report);
    let tags = expressible::pattern(rule, &pair.tags, Subject::Tag, report);
    let selector = |(side, pattern): (SelectorField, String), [matches, excludes]: [&str; 2]| {
        let decoration = match side {
            SelectorField::Matches => matches,
            SelectorField::Excludes => excludes,
        };
        format!(r#"{{ "kind": "doublestar", "decoration": "{decoration}", "pattern": {} }}"#, quoted(&pattern))
    };
    let (repositories, tags) = (repositories?, tags?);
    Some(format!(
        r#"{{ "disabled": {}, "priority": 0, "action": "immutable", "template": "immutable_template",
    "tag_selectors": [{}],
    "scope_selectors": {{ "repository": [{}] }} }}"#,
        !rule.enabled,
        selector(tags, ["matches", "excludes"]),
        selector(repositories, ["repoMatches", "repoExcludes"]),
    ))
}

#[cfg(test)]
mod tests {
    use crate::convert::export::export;
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, exported, imported};
    use crate::refusal::RefusalCode;

    const PROD: &str = r#"{"namespace": "prod"}"#;
    const IDENTICAL: (&str, &str) = ("", "a tag may be pushed again here with the content that it has");

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
        assert_reported(&converted.losses, &[IDENTICAL, ("/1", "a disabled rule beside enabled ones")]);
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
        assert_reported(&converted.losses, &[IDENTICAL]);
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
            ("/0/tag_selectors/1", "a selector after the first one is left out"),
            ("/0/scope_selectors/repository/1", "a selector after the first one is left out"),
            ("/1", "a rule without a repository selector or a tag selector protects nothing"),
            ("/2", "a rule without a repository selector or a tag selector protects nothing"),
        ];
        assert_reported(&converted.losses, &expected);
    }

    #[test]
    fn what_patterns_mean_otherwise_is_reported_at_their_place() {
        let text = format!(
            "[{},{},{}]",
            rule(["repoMatches", "{a,a/b}"], ["matches", "[!a]"], false),
            rule(["repoMatches", "{**/x,y}"], ["matches", "v*{,-rc}"], false),
            rule(["repoMatches", "a***"], ["matches", r"[\\]a]"], false),
        );
        let converted = imported("harbor", &text, PROD);
        let [tags, repositories] = ["tag_selectors/0/pattern", "scope_selectors/repository/0/pattern"];
        let places = [
            (0, tags),
            (0, repositories),
            (1, tags),
            (1, tags),
            (1, repositories),
            (2, tags),
            (2, repositories),
            (2, repositories),
        ];
        let expected: Vec<_> = places.iter().map(|(rule, place)| format!("/{rule}/{place}")).collect();
        let messages = [
            "`!` in a class of `[!a]` is a character like others",
            "each alternative of `{a,a/b}` is tried by itself here",
            "braces of `v*{,-rc}` may stand for nothing",
            "nothing has to follow a `*` of `v*{,-rc}`",
            "each alternative of `{**/x,y}`",
            r"a class of `[\]a]` is written otherwise here",
            "nothing has to follow a `*` of `a***`",
            "`**` in `a***` is not a whole component",
        ];
        let expected: Vec<_> = expected.iter().map(String::as_str).zip(messages).collect();
        assert_reported(&converted.losses, &[&[IDENTICAL], &*expected].concat());
        assert!(converted.text.contains(r#""matches": "[a!]""#), "{}", converted.text);
        assert!(converted.text.contains(r#""matches": "[]a]""#), "{}", converted.text);
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
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
        assert_reported(&back.losses, &[]);
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
        assert_eq!(refusal.code, RefusalCode::NotExpressible);
        let expected = [
            ("/rules/0/deletion", "rule 3 (namespace prod) allows deletion"),
            ("/rules/0/protects/0/tags/matches", "means what `@version` of rule 3"),
            ("/rules/0/protects/1/tags/matches", "means what `v*{,-rc}` of rule 3"),
        ];
        assert_reported(&refusal.diagnostics, &expected);
    }

    #[test]
    fn a_document_without_rules_is_a_project_without_rules() {
        assert_eq!(exported("harbor", r#"{"version": 1, "rules": []}"#, "{}").text, "[]\n");
    }
}
