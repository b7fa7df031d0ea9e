//! The rules of a document.

use super::invalid::invalid_document;
use super::query::Query;
use super::raw_document::RawDocument;
use crate::policy::compiled::Policy;
use crate::refusal::Refusal;

/// Lists the rules of a document: `{"revision": 12, "rules": [ … ], "described": [ … ], "without-rule": [ … ]}`. `rules` are
/// those that the query selects, as they are written and in their order; `described` are the same rules with their
/// defaults filled in and presets written as pairs.
///
/// # Errors
///
/// - `invalid`: `{"enable": true}`, `{"ids": ["3"]}`, `{"namespaces": ["a/b"]}`, a query of more than 16 MiB
/// - `invalid-document`: an invalid document
#[inline(never)]
pub fn list(document: &str, query: &str) -> Result<String, Refusal> {
    let query = Query::read(query)?;
    let raw = RawDocument::read(document).filter(|_| Policy::is_valid(document));
    raw.and_then(|raw| query.answer(&raw)).ok_or_else(|| invalid_document(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;

    const QUERIED: &str = r#"{"version": 1, "revision": 12, "rules": [
        {"id": 1, "namespace": "prod", "preset": "latest"},
        { "id": 3,"namespace": "team-a", "enabled": false, "preset": "latest" },
        {"id": 4, "namespace": "*", "enabled": true, "preset": "latest"}]}"#;

    #[test]
    fn rules_are_listed_as_they_are_written() {
        let rules = [
            r#"{"id": 1, "namespace": "prod", "preset": "latest"}"#,
            r#"{ "id": 3,"namespace": "team-a", "enabled": false, "preset": "latest" }"#,
            r#"{"id": 4, "namespace": "*", "enabled": true, "preset": "latest"}"#,
        ];
        let table: &[(&str, &[usize], &str)] = &[
            ("{}", &[0, 1, 2], ""),
            (r#"{"enabled": true}"#, &[0, 2], ""),
            (r#"{"enabled": false}"#, &[1], ""),
            (r#"{"ids": [4, 9, 1, 4]}"#, &[0, 2], ""),
            (r#"{"ids": []}"#, &[], ""),
            (r#"{"namespaces": []}"#, &[], r#", "without-rule": []"#),
            (r#"{"namespaces": ["prod", "*"]}"#, &[0, 2], r#", "without-rule": []"#),
            (r#"{"namespaces": ["dev", "team-a", "a", "dev"]}"#, &[1], r#", "without-rule": ["dev","a"]"#),
            (r#"{"namespaces": ["team-a", "dev"], "enabled": true}"#, &[], r#", "without-rule": ["dev"]"#),
            (r#"{"namespaces": ["team-a", "dev"], "ids": [1, 3]}"#, &[1], r#", "without-rule": ["dev"]"#),
        ];
        for (query, selected, without) in table {
            let selected: Vec<_> = selected.iter().map(|index| rules[*index]).collect();
            let answer = list(QUERIED, query).unwrap();
            let (rules, described) = answer.split_once(", \"described\": ").unwrap();
            assert_eq!(rules, format!("{{\"revision\": 12, \"rules\": [{}]", selected.join(", ")), "{query}");
            assert!(described.ends_with(&format!("]{without}}}")), "{query}: {described}");
        }
    }

    #[test]
    fn invalid_queries_are_refused() {
        for (query, pointer, expected) in [
            ("", "", "the query is empty"),
            ("[]", "", "expected an object"),
            (r#"{"enable": true}"#, "/enable", "unknown field"),
            (r#"{"enabled": 1}"#, "/enabled", "expected `true` or `false`"),
            (r#"{"enabled": null}"#, "/enabled", "expected `true` or `false`"),
            (r#"{"enabled": true, "enabled": true}"#, "/enabled", "given twice"),
            (r#"{"ids": 3}"#, "/ids", "expected a list"),
            (r#"{"ids": [3, "4"]}"#, "/ids/1", "expected a whole number"),
            (r#"{"ids": [0]}"#, "/ids/0", "expected a whole number"),
            (r#"{"namespaces": "prod"}"#, "/namespaces", "expected a list"),
            (r#"{"namespaces": ["a", "a/b"]}"#, "/namespaces/1", "not a valid namespace"),
        ] {
            let refusal = list(QUERIED, query).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Invalid, "{query}");
            let places: Vec<_> = refusal.diagnostics.iter().map(|it| it.pointer.as_str()).collect();
            assert_eq!(places, [pointer], "{query}: {refusal}");
            assert!(
                refusal.message.starts_with("the query is invalid") && refusal.message.contains(expected),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_described_rule_has_its_defaults_and_the_pair_of_its_preset() {
        let document = r#"{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"},
            {"id": 2, "namespace": "*", "enabled": false, "deletion": "allow", "exempt": ["referrers"], "note": "n",
             "protects": [{"tags": {"excludes": ["a", "b"]}, "repositories": {"matches": "x"}}]}]}"#;
        let answer: serde_json::Value = serde_json::from_str(&list(document, "{}").unwrap()).unwrap();
        let expected = serde_json::json!([
            { "id": 1, "namespace": "prod", "enabled": true, "deletion": "deny", "exempt": [], "note": null,
              "preset": "latest",
              "protects": [{ "repositories": { "matches": ["**"] }, "tags": { "excludes": ["latest"] } }] },
            { "id": 2, "namespace": "*", "enabled": false, "deletion": "allow", "exempt": ["referrers"], "note": "n",
              "preset": null,
              "protects": [{ "repositories": { "matches": ["x"] }, "tags": { "excludes": ["a", "b"] } }] }
        ]);
        assert_eq!(answer["described"], expected);
    }
}
