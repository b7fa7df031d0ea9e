//! Texts of other registries, legal for the most part.

use super::document::NAMESPACES;
use super::pattern;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// A format, and a text of it.
pub fn text() -> impl Strategy<Value = (&'static str, String)> {
    let harbor = harbor_rules();
    prop_oneof![
        2 => tcr_answer().prop_map(|answer| ("tcr", answer.to_string())),
        2 => harbor.prop_map(|rules| ("harbor", rules.to_string())),
        1 => swr_answer().prop_map(|answer| ("swr", answer.to_string())),
        1 => ecr_answer().prop_map(|answer| ("ecr", answer.to_string())),
        1 => google_answer().prop_map(|answer| ("google", answer.to_string())),
        1 => alibaba_answer().prop_map(|answer| ("alibaba", answer.to_string())),
        1 => oracle_answer().prop_map(|answer| ("oracle", answer.to_string())),
        1 => nexus_answer().prop_map(|answer| ("nexus", answer.to_string())),
    ]
}

const ODD: [&str; 11] =
    ["", "[!a]", "{a,a/b}", "v*{,-rc}", "v{,-rc}", "a***", r"[\]a]", "rc,test", "{rc,{a,b}}", "[^a-c]*", "@release"];

/// Patterns that Go's doublestar, globset and we read, and some that not all of us do.
fn foreign(ours: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![3 => ours, 1 => select(&ODD[..]).prop_map(str::to_owned)].boxed()
}

fn decorated(
    pattern: BoxedStrategy<String>,
    decorations: [&'static str; 2],
) -> impl Strategy<Value = (&'static str, String)> {
    (select(decorations.to_vec()), foreign(pattern))
}

fn repositories() -> impl Strategy<Value = (&'static str, String)> {
    let pattern = prop_oneof![1 => Just("**".to_owned()), 2 => pattern::repository()];
    decorated(pattern.boxed(), ["repoMatches", "repoExcludes"])
}

fn tags() -> impl Strategy<Value = (&'static str, String)> {
    let pattern = prop_oneof![1 => Just("latest".to_owned()), 2 => pattern::tag()];
    decorated(pattern.boxed(), ["matches", "excludes"])
}

/// An answer of `DescribeImmutableTagRules`, with at most one rule for a namespace.
pub fn tcr_answer() -> impl Strategy<Value = Value> {
    let rule = |namespace: &'static str| {
        (repositories(), tags(), any::<bool>()).prop_map(move |(repositories, tags, disabled)| {
            json!({ "RepositoryDecoration": repositories.0, "RepositoryPattern": repositories.1, "TagDecoration": tags.0,
                "TagPattern": tags.1, "Disabled": disabled, "NsName": namespace })
        })
    };
    let named = NAMESPACES.into_iter().filter(|name| *name != "*").map(rule).collect::<Vec<_>>();
    (named, subsequence(vec![3, 1, 4, 15, 9], 4).prop_shuffle(), 0..4_usize).prop_map(|(mut rules, ids, count)| {
        for (rule, id) in rules.iter_mut().zip(ids) {
            rule["RuleId"] = json!(id);
        }
        rules.truncate(count);
        json!({ "Response": { "Rules": rules, "EmptyNs": ["empty"], "Total": rules.len(), "RequestId": "1" } })
    })
}

/// The rules of a project of Harbor, without what Harbor gives.
pub fn harbor_rules() -> impl Strategy<Value = Value> {
    prop::collection::vec(harbor_rule(), 0..4).prop_map(Value::from)
}

fn harbor_rule() -> impl Strategy<Value = Value> {
    let selector = |(decoration, pattern): (&str, String)| json!([{ "kind": "doublestar", "decoration": decoration, "pattern": pattern }]);
    let disabled = prop_oneof![3 => Just(false), 1 => Just(true)];
    (repositories(), tags(), disabled).prop_map(move |(repositories, tags, disabled)| {
        json!({ "disabled": disabled, "priority": 0, "action": "immutable", "template": "immutable_template",
            "tag_selectors": selector(tags), "scope_selectors": { "repository": selector(repositories) } })
    })
}

fn swr_answer() -> impl Strategy<Value = Value> {
    let rule = (harbor_rule(), select(&["a", "b", "prod"][..])).prop_map(|(mut rule, namespace)| {
        if let Some(fields) = rule.as_object_mut() {
            fields.insert("namespace_name".to_owned(), json!(namespace));
        }
        rule
    });
    prop::collection::vec(rule, 0..5).prop_map(|rules| json!({ "total": rules.len(), "immutable_rules": rules }))
}

fn name() -> impl Strategy<Value = String> {
    "[ab]{1,2}(/[ab]{1,2}){0,2}"
}

fn ecr_answer() -> impl Strategy<Value = Value> {
    let mode = select(&["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"][..]);
    let filters = prop::collection::vec("[a-c*]{1,4}", 0..3);
    let repository = (name(), mode, filters).prop_map(|(name, mode, filters)| {
        let filters: Vec<_> =
            filters.iter().map(|filter| json!({ "filterType": "WILDCARD", "filter": filter })).collect();
        let filters = if mode.ends_with("EXCLUSION") { filters } else { Vec::new() };
        json!({ "repositoryName": name, "imageTagMutability": mode, "imageTagMutabilityExclusionFilters": filters })
    });
    prop::collection::vec(repository, 0..6).prop_map(|repositories| json!({ "repositories": repositories }))
}

fn google_answer() -> impl Strategy<Value = Value> {
    let repository = ("[ab]{1,2}", "[ab]{1,2}", any::<bool>()).prop_map(|(project, name, immutable)| {
        let name = format!("projects/{project}/locations/l/repositories/{name}");
        json!({ "name": name, "format": "DOCKER", "dockerConfig": { "immutableTags": immutable } })
    });
    prop::collection::vec(repository, 0..4).prop_map(|repositories| json!({ "repositories": repositories }))
}

fn alibaba_answer() -> impl Strategy<Value = Value> {
    let repository = ("[ab]{1,2}", "[ab]{1,2}", any::<bool>()).prop_map(|(namespace, name, immutable)| {
        json!({ "RepoNamespaceName": namespace, "RepoName": name, "TagImmutability": immutable })
    });
    prop::collection::vec(repository, 0..4)
        .prop_map(|repositories| json!({ "TotalCount": repositories.len().to_string(), "Repositories": repositories }))
}

fn oracle_answer() -> impl Strategy<Value = Value> {
    let repository = (name(), any::<bool>())
        .prop_map(|(name, immutable)| json!({ "namespace": "tenancy", "displayName": name, "isImmutable": immutable }));
    prop::collection::vec(repository, 0..4).prop_map(Value::from)
}

fn nexus_answer() -> impl Strategy<Value = Value> {
    let policy = select(&["allow", "allow_once", "deny", "ALLOW_ONCE"][..]);
    let repository = ("[ab]{1,2}", policy, any::<bool>()).prop_map(|(name, policy, latest)| {
        json!({ "name": name, "format": "docker", "type": "hosted", "docker": { "pathEnabled": true },
            "storage": { "writePolicy": policy, "latestPolicy": latest } })
    });
    prop::collection::vec(repository, 0..4).prop_map(Value::from)
}

/// A document of which most other registries can say the most part: neither sets that are left alone, nor deletes that
/// are allowed, nor a rule for the instance.
pub fn modest_document() -> impl Strategy<Value = Value> {
    super::document::document().prop_map(|mut document| {
        if let Some(rules) = document.get_mut("rules").and_then(Value::as_array_mut) {
            rules.retain(|rule| rule.get("namespace").is_none_or(|namespace| namespace != "*"));
            for fields in rules.iter_mut().filter_map(Value::as_object_mut) {
                fields.retain(|name, _| name != "exempt" && name != "deletion");
            }
        }
        document
    })
}
