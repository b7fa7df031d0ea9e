//! One change to a document.

use super::change_text::Change;
use super::changed::{Changed, ChangedRule};
use super::edit::{self, Edited};
use super::invalid::invalid_document;
use super::raw_document::RawDocument;
use crate::document::check::rule::warnings_of_rule;
use crate::policy::compiled::Policy;
use crate::refusal::Refusal;

/// Changes a rule of a document, creates one or deletes one.
///
/// # Errors
///
/// - `invalid`: `{}`, `{"create": {"namespace": "a/b", "preset": "latest"}}`, a change of more than 16 MiB, or one that
///   would take the document past a limit
/// - `invalid-document`: an invalid document
/// - `stale`: the change names another revision than the document has
/// - `conflict`: a second rule for a namespace
/// - `not-found`: a rule that does not exist
/// - `namespace-fixed`: another namespace for a rule
#[inline(never)]
pub fn change(document: &str, change: &str) -> Result<Changed, Refusal> {
    let change = Change::read(change)?;
    let raw = RawDocument::read(document).ok_or_else(|| invalid_document(document))?;
    match edit::apply(&raw, &change) {
        // What was not touched is checked here, and what was touched had been checked before.
        Ok(edited) if Policy::is_valid(&edited.document) => Ok(result(edited)),
        // An invalid document is refused as such, whatever the answer would be.
        _ if !Policy::is_valid(document) => Err(invalid_document(document)),
        Ok(_) => Err(change.refuse("the document would no longer be valid".into(), "make another change")),
        Err(refusal) => Err(refusal),
    }
}

fn result(edited: Edited) -> Changed {
    let Edited { document, revision, rules } = edited;
    let with_warnings = |(id, rule): (u64, Option<String>)| {
        let warnings = rule.as_deref().map(warnings_of_rule).unwrap_or_default();
        ChangedRule { id, rule, warnings }
    };
    Changed { document, revision, rules: rules.into_iter().map(with_warnings).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::manage::list::list;
    use crate::refusal::RefusalCode;

    #[track_caller]
    fn assert_changed(before: &str, order: &str, after: &str, rule: u64, revision: u64) {
        let changed = change(before, order).unwrap_or_else(|refusal| panic!("{order}: {refusal}"));
        assert_eq!(changed.document, after, "{order}");
        assert_eq!((changed.rules[0].id, changed.revision), (rule, revision), "{order}");
        assert!(Policy::compile(changed.document).is_ok(), "{order}");
    }

    #[track_caller]
    fn assert_refused(document: &str, order: &str, code: RefusalCode, expected: &str) {
        let refusal = change(document, order).map(|changed| changed.document).unwrap_err();
        let places: Vec<_> = refusal.diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(refusal.code, code, "{order}: {refusal}");
        let is_named = refusal.message.contains(expected) || places.iter().any(|place| place.contains(expected));
        assert!(is_named, "{order}: {refusal}");
        let has_places = matches!(code, RefusalCode::Invalid | RefusalCode::InvalidDocument);
        assert_eq!(!places.is_empty(), has_places, "{order}: {places:?}");
        let names_rule = matches!(code, RefusalCode::Conflict | RefusalCode::NotFound | RefusalCode::NamespaceFixed);
        assert_eq!(refusal.rule.is_some(), names_rule, "{order}");
    }

    const LATEST: &str = r#"{"create": {"namespace": "prod", "preset": "latest"}}"#;

    #[test]
    fn a_first_rule_is_written_like_the_document_around_it() {
        let table = [
            (
                r#"{"version":1,"rules":[]}"#,
                r#"{"version":1,"revision":1,"next-id":2,"rules":[{"id":1,"namespace":"prod","preset":"latest"}]}"#,
            ),
            (
                r#"{"version": 1, "rules": [ ]}"#,
                r#"{"version": 1, "revision": 1, "next-id": 2, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}"#,
            ),
            (
                "{\n  \"version\": 1,\n  \"instance\": \"x\",\n  \"rules\": []\n}\n",
                "{\n  \"version\": 1,\n  \"instance\": \"x\",\n  \"revision\": 1,\n  \"next-id\": 2,\n  \"rules\": [\n    \
                 { \"id\": 1, \"namespace\": \"prod\", \"preset\": \"latest\" }\n  ]\n}\n",
            ),
            (
                "{\r\n\t\"rules\": [],\r\n\t\"version\": 1\r\n}",
                "{\r\n\t\"rules\": [\r\n\t\t{ \"id\": 1, \"namespace\": \"prod\", \"preset\": \"latest\" }\r\n\t],\r\n\t\
                 \"version\": 1,\r\n\t\"revision\": 1,\r\n\t\"next-id\": 2\r\n}",
            ),
        ];
        for (before, after) in table {
            assert_changed(before, LATEST, after, 1, 1);
        }
    }

    /// A document around the text of its rules.
    fn document(rules: &str) -> String {
        format!("{{ \"version\": 1, \"revision\": 6, \"next-id\": 9, \"rules\": [{rules}] }}")
    }

    /// The same after one change.
    fn changed(next: u64, rules: &str) -> String {
        format!("{{ \"version\": 1, \"revision\": 7, \"next-id\": {next}, \"rules\": [{rules}] }}")
    }

    #[test]
    fn a_rule_is_written_like_the_last_one() {
        let table = [
            (
                "\n  { \"id\": 3, \"namespace\": \"a\", \"preset\": \"latest\" }\n",
                ",\n  { \"id\": 9, \"namespace\": \"prod\", \"preset\": \"latest\" }",
            ),
            (r#"{"namespace":"a","id":3,"preset":"latest"}"#, r#",{"id":9,"namespace":"prod","preset":"latest"}"#),
            (
                r#" {"id":2,"namespace":"*","preset":"latest"} , {"id":3,"namespace":"a","preset":"latest"} "#,
                r#" , {"id":9,"namespace":"prod","preset":"latest"}"#,
            ),
            (
                "\n\t{\n\t\t\"id\" : 3,\n\t\t\"namespace\" : \"a\",\n\t\t\"preset\" : \"latest\"\n\t}\n",
                ",\n\t{\n\t\t\"id\" : 9,\n\t\t\"namespace\" : \"prod\",\n\t\t\"preset\" : \"latest\"\n\t}",
            ),
        ];
        for (rules, added) in table {
            let (written, space) = rules.split_at(rules.trim_end().len());
            let after = [written, added, space].concat();
            assert_changed(&document(rules), LATEST, &changed(10, &after), 9, 7);
        }
    }

    #[test]
    fn a_long_rule_takes_more_than_one_line() {
        let order = r#"{"create": {"note": "é\n", "namespace": "prod", "protects": [
            {"tags": {"excludes": ["latest", "dev-*"]}, "repositories": {"matches": "**"}},
            {"tags": {"matches": "@release"}, "repositories": {"matches": ["web-*", "team/app", "team/service", "team/other"]}}]}}"#;
        let added = r#",
    {
      "id": 9,
      "namespace": "prod",
      "note": "é\n",
      "protects": [
        { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } },
        {
          "repositories": { "matches": ["web-*", "team/app", "team/service", "team/other"] },
          "tags": { "matches": "@release" }
        }
      ]
    }"#;
        let rule = "\n    { \"id\": 3, \"namespace\": \"a\", \"preset\": \"latest\" }";
        assert_changed(&document(rule), order, &changed(10, &[rule, added].concat()), 9, 7);
    }

    #[test]
    fn fields_are_set_where_they_are_best_read() {
        let rule = r#"{ "id": 3, "namespace": "a", "preset": "latest" }"#;
        let table = [
            (r#"{"deletion": "allow"}"#, r#"{ "id": 3, "namespace": "a", "deletion": "allow", "preset": "latest" }"#),
            (
                r#"{"note": "x", "exempt": ["signatures", "referrers"], "enabled": false}"#,
                r#"{ "id": 3, "namespace": "a", "enabled": false, "exempt": ["signatures", "referrers"], "note": "x", "preset": "latest" }"#,
            ),
            (
                r#"{"protects": [{"repositories": {"matches": "**"}, "tags": {"matches": "v*"}}], "namespace": "a"}"#,
                r#"{ "id": 3, "namespace": "a", "protects": [{ "repositories": { "matches": "**" }, "tags": { "matches": "v*" } }] }"#,
            ),
        ];
        for (set, expected) in table {
            let order = format!(r#"{{"configure": {{"id": 3, "set": {set}}}, "revision": 6}}"#);
            assert_changed(&document(rule), &order, &changed(9, expected), 3, 7);
        }
    }

    #[test]
    fn a_configured_rule_keeps_the_rest_of_its_bytes() {
        let rule = "{\"note\" :\t\"\\u0061\",\n \"namespace\":\"a\",   \"enabled\": false ,\"id\":3,\n\"protects\":[ {\"repositories\":{\"matches\":\"**\"},\n\"tags\":{\"matches\":\"v*\"}}]}";
        let table = [
            (r#"{"note": "b"}"#, ("\"\\u0061\"", "\"b\"")),
            (r#"{"note": null}"#, ("\"note\" :\t\"\\u0061\",\n ", "")),
            (r#"{"enabled": true}"#, ("false", "true")),
            (r#"{"enabled": null}"#, (",   \"enabled\": false", "")),
            (
                r#"{"note": null, "enabled": null}"#,
                (
                    rule,
                    "{\"namespace\":\"a\" ,\"id\":3,\n\"protects\":[ {\"repositories\":{\"matches\":\"**\"},\n\"tags\":{\"matches\":\"v*\"}}]}",
                ),
            ),
            (r#"{"deletion": "allow"}"#, (" ,\"id\":3", " ,\"id\":3,\n \"deletion\" :\t\"allow\"")),
        ];
        for (set, (from, to)) in table {
            assert!(rule.contains(from), "{set}");
            let order = format!(r#"{{"configure": {{"id": 3, "set": {set}}}}}"#);
            assert_changed(&document(rule), &order, &changed(9, &rule.replacen(from, to, 1)), 3, 7);
        }
    }

    #[test]
    fn what_is_there_already_changes_nothing() {
        let rules = r#"{"id": 3, "namespace": "a", "preset": "\u006catest"},
            {"id": 4, "namespace": "b", "enabled": false, "note": "x", "exempt": ["signatures"], "preset": "latest"}"#;
        let document = document(rules);
        for order in [
            r#"{"enable": {"id": 3}}"#,
            r#"{"disable": {"id": 4}}"#,
            r#"{"configure": {"id": 3, "set": {}}}"#,
            r#"{"configure": {"id": 3, "set": {"enabled": true, "deletion": "deny", "exempt": [], "note": null}}}"#,
            r#"{"configure": {"id": 3, "set": {"enabled": null, "deletion": null, "exempt": null, "preset": "latest"}}}"#,
            r#"{"configure": {"id": 4, "set": {"namespace": "b", "note": "x", "exempt": ["signatures"]}}, "revision": 6}"#,
        ] {
            let rule = if order.contains(": 4") { 4 } else { 3 };
            assert_changed(&document, order, &document, rule, 6);
        }
    }

    #[test]
    fn a_rule_is_switched_off_and_on() {
        let on = r#"{"id": 3, "namespace": "a", "preset": "latest"}"#;
        let off = r#"{"id": 3, "namespace": "a", "enabled": false, "preset": "latest"}"#;
        assert_changed(&document(on), r#"{"disable": {"id": 3}}"#, &changed(9, off), 3, 7);
        let on = off.replace("false", "true");
        assert_changed(&document(off), r#"{"enable": {"id": 3}}"#, &changed(9, &on), 3, 7);
    }

    #[test]
    fn a_rule_is_taken_out_with_one_comma() {
        let [a, b, c] = [(1, "a"), (2, "b"), (3, "c")]
            .map(|(id, name)| format!(r#"{{"id": {id}, "namespace": "{name}", "preset": "latest"}}"#));
        let all = format!("\n  {a} ,\n   {b}\n,{c}\n");
        let alone = format!("\n  {a}\n");
        let table = [
            (all.as_str(), 1, format!("\n  {b}\n,{c}\n")),
            (&all, 2, format!("\n  {a}\n,{c}\n")),
            (&all, 3, format!("\n  {a} ,\n   {b}\n")),
            (&alone, 1, String::new()),
        ];
        for (rules, id, expected) in table {
            let order = format!(r#"{{"delete": {{"id": {id}}}}}"#);
            assert_changed(&document(rules), &order, &changed(9, &expected), id, 7);
        }
    }

    #[test]
    fn no_id_is_given_twice() {
        let rule = r#"{"id": 7, "namespace": "a", "preset": "latest"}"#;
        let before = format!(r#"{{"rules": [{rule}], "version": 1}}"#);
        let gone = change(&before, r#"{"delete": {"id": 7}}"#).unwrap().document;
        assert_eq!(gone, r#"{"rules": [], "version": 1, "revision": 1, "next-id": 8}"#);
        assert_eq!(change(&gone, LATEST).unwrap().rules[0].id, 8);
    }

    #[test]
    fn revision_and_next_id_are_put_where_they_are_missing() {
        let rule = r#"{"id": 7, "namespace": "a", "preset": "latest"}"#;
        let table = [
            (r#""version": 1"#, r#""version": 1, "revision": 1, "next-id": 8"#),
            (r#""version": 1, "instance": "x""#, r#""version": 1, "instance": "x", "revision": 1, "next-id": 8"#),
            (r#""instance": "x", "version": 1"#, r#""instance": "x", "revision": 1, "next-id": 8, "version": 1"#),
            (r#""revision": 0, "version": 1"#, r#""revision": 1, "next-id": 8, "version": 1"#),
            (r#""next-id": 11, "version": 1"#, r#""next-id": 11, "version": 1, "revision": 1"#),
            (
                r#""v\u0065rsion": 1, "\u0072evision": 9007199254740990"#,
                r#""v\u0065rsion": 1, "\u0072evision": 9007199254740991, "next-id": 8"#,
            ),
        ];
        for (before, after) in table {
            let whole = |head: &str, enabled| format!(r#"{{{head}, "rules": [{}]}}"#, rule.replace(", \"p", enabled));
            let after = whole(after, ", \"enabled\": false, \"p");
            let changed = change(&whole(before, ", \"p"), r#"{"disable": {"id": 7}}"#).unwrap();
            assert_eq!(changed.document, after);
        }
    }

    #[test]
    fn invalid_changes_are_refused() {
        let document = document(r#"{"id": 3, "namespace": "a", "preset": "latest"}"#);
        let table = [
            ("", "the change is empty"),
            ("[]", "expected an object"),
            ("{}", "0 operations"),
            (r#"{"revision": 6}"#, "0 operations"),
            (r#"{"enable": {"id": 3}, "disable": {"id": 3}}"#, "2 operations"),
            (r#"{"enable": {"id": 3}, "enable": {"id": 3}}"#, "given twice"),
            (r#"{"update": {"id": 3}}"#, "unknown field `update`"),
            (r#"{"enable": {"id": 3}, "revision": "6"}"#, "expected a whole number"),
            (r#"{"enable": {"id": 3}, "revision": null}"#, "expected a whole number"),
            (r#"{"enable": {}}"#, "field `id` is missing"),
            (r#"{"enable": {"id": 0}}"#, "expected a whole number"),
            (r#"{"enable": {"id": "3"}}"#, "expected a whole number"),
            (r#"{"enable": {"id": 3, "enabled": true}}"#, "unknown field `enabled`"),
            (r#"{"enable": 3}"#, "expected an object"),
            (r#"{"delete": {"ids": [3]}}"#, "unknown field `ids`"),
            (r#"{"create": {"preset": "latest"}}"#, "field `namespace` is missing"),
            (r#"{"create": {"namespace": "b"}}"#, "neither `preset` nor `protects`"),
            (r#"{"create": {"namespace": "b/c", "preset": "latest"}}"#, "`b/c` is not a valid namespace"),
            (r#"{"create": {"id": 4, "namespace": "b", "preset": "latest"}}"#, "gets its id when it is created"),
            (r#"{"create": {"namespace": "b", "preset": "latest", "note": null}}"#, "expected a string"),
            (r#"{"create": {"namespace": "b", "preset": "newest"}}"#, "unknown value `newest`"),
            (r#"{"create": {"namespace": "b", "protects": []}}"#, "no selector pair"),
            (r#"{"configure": {"id": 3}}"#, "field `set` is missing"),
            (r#"{"configure": {"id": 3, "set": []}}"#, "expected an object"),
            (r#"{"configure": {"id": 3, "set": {"id": 3}}}"#, "never changes"),
            (r#"{"configure": {"id": 3, "set": {"name": "b"}}}"#, "unknown field `name`"),
            (r#"{"configure": {"id": 3, "set": {"namespace": null}}}"#, "expected a string"),
            (r#"{"configure": {"id": 3, "set": {"preset": null}}}"#, "expected a string"),
            (r#"{"configure": {"id": 3, "set": {"protects": null}}}"#, "expected a list"),
            (
                r#"{"configure": {"id": 3, "set": {"preset": "latest", "protects": []}}}"#,
                "both `preset` and `protects`",
            ),
            (r#"{"configure": {"id": 3, "set": {"enabled": "no"}}}"#, "expected `true` or `false`"),
            (r#"{"configure": {"id": 3, "set": {"exempt": ["all"]}}}"#, "unknown value `all`"),
            ("\u{feff}{}", "byte-order mark"),
        ];
        for (order, expected) in table {
            assert_refused(&document, order, RefusalCode::Invalid, expected);
        }
        let long = format!("{}{}", " ".repeat(limits::MAX_CHANGE_BYTES), LATEST);
        assert_refused(&document, &long, RefusalCode::Invalid, "longer than 16777216 bytes");
    }

    #[test]
    fn every_problem_of_a_change_has_its_place_in_the_change() {
        let order = "{\"revision\": -1,\n \"create\": {\"namespace\": \"B\",\n  \"deletion\": \"never\"}}";
        let problems = change(&document(""), order).unwrap_err().diagnostics;
        let places: Vec<_> = problems.iter().map(|it| (it.pointer.as_str(), it.line, it.column)).collect();
        assert_eq!(
            places,
            [("/revision", 1, 14), ("/create", 2, 12), ("/create/namespace", 2, 26), ("/create/deletion", 3, 15)]
        );
    }

    #[test]
    fn changes_that_the_document_cannot_take_are_refused() {
        let full = r#"{"version": 1, "next-id": 9007199254740992, "rules": []}"#;
        let last = r#"{"version": 1, "revision": 9007199254740991, "rules": [{"id": 3, "namespace": "a", "preset": "latest"}]}"#;
        let one = document(r#"{"id": 3, "namespace": "a", "preset": "latest"}"#);
        let table = [
            (
                &*one,
                r#"{"create": {"namespace": "a", "preset": "latest"}}"#,
                RefusalCode::Conflict,
                "has rule 3 already",
            ),
            (&one, r#"{"delete": {"id": 4}}"#, RefusalCode::NotFound, "no rule 4"),
            (&one, r#"{"configure": {"id": 4, "set": {"namespace": "b"}}}"#, RefusalCode::NotFound, "no rule 4"),
            (&one, r#"{"configure": {"id": 3, "set": {"namespace": "b"}}}"#, RefusalCode::NamespaceFixed, "`a`"),
            (&one, r#"{"configure": {"id": 3, "set": {"namespace": "b/c"}}}"#, RefusalCode::NamespaceFixed, "`a`"),
            (&one, r#"{"enable": {"id": 3}, "revision": 5}"#, RefusalCode::Stale, "revision 6"),
            (&one, r#"{"delete": {"id": 4}, "revision": 7}"#, RefusalCode::Stale, "revision 6"),
            (full, LATEST, RefusalCode::Invalid, "all ids have been given"),
            (last, LATEST, RefusalCode::Invalid, "would pass 9007199254740991"),
            (last, r#"{"delete": {"id": 3}}"#, RefusalCode::Invalid, "would pass 9007199254740991"),
        ];
        for (document, order, code, expected) in table {
            assert_refused(document, order, code, expected);
        }
        assert_changed(last, r#"{"enable": {"id": 3}}"#, last, 3, limits::MAX_INTEGER);
    }

    #[test]
    fn an_invalid_document_is_neither_changed_nor_listed() {
        let good = r#"{"id": 3, "namespace": "a", "preset": "latest"}"#;
        let broken = [
            r#"{"version": 1}"#.to_owned(),
            r#"{"version": 2, "rules": []}"#.to_owned(),
            format!(r#"{{"version": 1, "next-id": 3, "rules": [{good}]}}"#),
            format!(r#"{{"version": 1, "revision": -1, "rules": [{good}]}}"#),
            // A change could help each of these.
            document(&good.replace("latest", "newest")),
            document(&format!("{good}, {}", good.replace("\"a\"", "\"b\""))),
            document(&format!("{good}, {}", good.replace('3', "4"))),
            document(&format!("{good}, {}", good.replace('3', "4").replace("\"a\"", "\"a/b\""))),
        ];
        for document in &broken {
            for order in [
                LATEST,
                r#"{"create": {"namespace": "a", "preset": "latest"}}"#,
                r#"{"enable": {"id": 3}}"#,
                r#"{"delete": {"id": 3}}"#,
                r#"{"delete": {"id": 4}}"#,
                r#"{"delete": {"id": 5}}"#,
                r#"{"delete": {"id": 3}, "revision": 5}"#,
                r#"{"configure": {"id": 3, "set": {"preset": "latest", "deletion": "allow"}}}"#,
                r#"{"configure": {"id": 3, "set": {"namespace": "c"}}}"#,
            ] {
                assert_refused(document, order, RefusalCode::InvalidDocument, "the document is invalid");
            }
            assert_eq!(list(document, "{}").unwrap_err().code, RefusalCode::InvalidDocument, "{document}");
            assert_refused(document, "{}", RefusalCode::Invalid, "0 operations");
        }
    }

    #[test]
    fn a_document_holds_no_more_than_its_limits() {
        let rule = |id: usize| format!(r#"{{"id":{id},"namespace":"n{id}","preset":"latest"}}"#);
        let rules: Vec<_> = (1..=limits::MAX_RULES).map(rule).collect();
        let full = format!(r#"{{"version":1,"rules":[{}]}}"#, rules.join(","));
        assert_refused(&full, LATEST, RefusalCode::Invalid, "may have no more");
        let fewer = change(&full, r#"{"delete": {"id": 1}}"#).unwrap().document;
        assert_eq!(change(&fewer, LATEST).unwrap().rules[0].id, 1_000_001);

        let long = |bytes: usize| format!("{{\"version\": 1,{}\"rules\": []}}", " ".repeat(bytes - 26));
        let document = long(limits::MAX_DOCUMENT_BYTES);
        assert_eq!(document.len(), limits::MAX_DOCUMENT_BYTES);
        assert_refused(&document, LATEST, RefusalCode::Invalid, "longer than 268435456 bytes");
        assert_refused(&[&document, " "].concat(), LATEST, RefusalCode::InvalidDocument, "longer than 268435456 bytes");
    }

    #[test]
    fn a_change_returns_the_rule_as_it_is_now_with_its_warnings() {
        let document =
            document(r#"{"id": 3, "namespace": "a", "exempt": ["signatures", "referrers"], "preset": "latest"}"#);
        let table = [
            (LATEST, Some(r#"{"id": 9, "namespace": "prod", "preset": "latest"}"#), &[""] as &[&str]),
            (
                r#"{"configure": {"id": 3, "set": {"note": "x"}}}"#,
                Some(
                    r#"{"id": 3, "namespace": "a", "exempt": ["signatures", "referrers"], "note": "x", "preset": "latest"}"#,
                ),
                &[],
            ),
            (
                r#"{"configure": {"id": 3, "set": {"protects": [{"repositories": {"matches": "A"}, "tags": {"matches": "v*"}}]}}}"#,
                Some(
                    r#"{"id": 3, "namespace": "a", "exempt": ["signatures", "referrers"], "protects": [{"repositories": {"matches": "A"}, "tags": {"matches": "v*"}}]}"#,
                ),
                &["/protects/0/repositories/matches"],
            ),
            (
                r#"{"enable": {"id": 3}}"#,
                Some(r#"{"id": 3, "namespace": "a", "exempt": ["signatures", "referrers"], "preset": "latest"}"#),
                &[],
            ),
            (r#"{"delete": {"id": 3}}"#, None, &[]),
        ];
        for (order, text, places) in table {
            let changed = change(&document, order).unwrap();
            let [rule] = &*changed.rules else { panic!("{order}: {changed:?}") };
            assert_eq!(rule.rule.as_deref(), text, "{order}");
            assert!(text.is_none_or(|text| changed.document.contains(text)), "{order}: {}", changed.document);
            let found: Vec<_> = rule.warnings.iter().map(|warning| warning.pointer.as_str()).collect();
            assert_eq!(found, places, "{order}");
        }
    }
}
