//! What holds for all formats alike.

use super::export::export;
use super::formats::FORMATS;
use super::import::import;
use super::sample::{assert_refused, assert_reported, exported, imported};
use crate::refusal::RefusalCode;

#[test]
fn a_format_that_is_not_known_is_named_with_those_that_are() {
    let table = [
        ("dockyard", "format `dockyard` cannot be imported; name `tcr`, `harbor`"),
        ("Harbor", "format `Harbor` cannot be imported; name `harbor`"),
        ("docker-hub", "format `docker-hub` cannot be imported; name `hub`"),
    ];
    for (format, message) in table {
        let refusal = import(format, "[]", "{}").unwrap_err();
        assert_eq!(refusal.code, RefusalCode::UnknownFormat);
        assert!(refusal.message.starts_with(message), "{refusal}");
    }
    let refusal = export("ecr", "{}", "{}").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::UnknownFormat);
    assert_eq!(refusal.message, "format `ecr` cannot be exported; name `tcr` or `harbor`");
}

#[test]
fn options_are_read_to_the_letter() {
    for (options, pointer) in [
        ("", ""),
        ("[]", ""),
        (r#"{"name": "prod"}"#, "/name"),
        (r#"{"namespace": null}"#, "/namespace"),
        (r#"{"namespace": "a/b"}"#, "/namespace"),
        (r#"{"namespace": "*"}"#, "/namespace"),
        (r#"{"instance": "\u0000"}"#, "/instance"),
    ] {
        for refusal in [import("harbor", "[]", options), export("tcr", "{}", options)] {
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Invalid, "{options}");
            assert_eq!(refusal.diagnostics.first().map(|problem| &*problem.pointer), Some(pointer), "{options}");
        }
    }
    let converted = imported("harbor", "[]", r#"{"namespace": "prod", "instance": "registry-\"1\""}"#);
    assert_eq!(converted.text, "{\n  \"version\": 1,\n  \"instance\": \"registry-\\\"1\\\"\",\n  \"rules\": []\n}\n");
    assert_reported(&converted.losses, &[("", "nothing in the text makes a tag immutable")]);
}

#[test]
fn what_is_not_json_is_refused_at_its_place() {
    for format in FORMATS {
        let format = format.name;
        for (text, expected) in [
            ("", "the text is empty"),
            ("{\"Response\": {\"Rules\": [", "invalid JSON"),
            ("\u{feff}[]", "byte-order mark"),
        ] {
            let options = r#"{"namespace": "prod"}"#;
            assert_refused(format, text, options, &[("", expected)]);
        }
    }
}

#[test]
fn what_our_limits_refuse_is_reported_at_its_place_in_the_text() {
    let rules: Vec<_> = (0..33)
        .map(|number| {
            format!(
                r#"{{"tag_selectors": [{{"kind": "doublestar", "decoration": "matches", "pattern": "v{number}.?"}}],
                "scope_selectors": {{"repository": [{{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}}]}}}}"#
            )
        })
        .collect();
    let text = format!("[{}]", rules.join(","));
    let expected = [("/0", "33 patterns that need a regular expression, more than 32")];
    assert_refused("harbor", &text, r#"{"namespace": "prod"}"#, &expected);
}

#[test]
fn an_invalid_document_is_not_exported() {
    let refusal = export("tcr", r#"{"version": 1, "rules": [{}]}"#, "{}").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::InvalidDocument);
    assert_eq!(refusal.diagnostics.len(), 3, "{:#?}", refusal.diagnostics);
}

#[test]
fn an_export_of_a_namespace_is_of_its_rule_alone() {
    let document = r#"{"version": 1, "rules": [
        {"id": 1, "namespace": "prod", "preset": "latest"},
        {"id": 2, "namespace": "dev", "enabled": false, "preset": "latest"},
        {"id": 3, "namespace": "*", "enabled": false, "preset": "latest"}
    ]}"#;
    for format in ["tcr", "harbor"] {
        let text = exported(format, document, r#"{"namespace": "dev"}"#).text;
        assert_eq!(text.matches("doublestar").count() + 2 * text.matches("NsName").count(), 2, "{text}");
        let refusal = export(format, document, r#"{"namespace": "test"}"#).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotFound);
        let enabled = document.replace(r#""*", "enabled": false"#, r#""*""#);
        let refusal = export(format, &enabled, r#"{"namespace": "dev"}"#).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotExpressible);
        assert_reported(
            &refusal.diagnostics,
            &[("/rules/2", "rule 3 (namespace *) protects tags of namespace `dev` too")],
        );
    }
    assert_eq!(export("harbor", document, "{}").unwrap_err().code, RefusalCode::Invalid);
}
