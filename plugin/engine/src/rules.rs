//! Rules as their operators manage them: questions and changes to a document, both in JSON.
//!
//! A change is made in the text of the document, so that all that it does not touch stays as it was, byte for byte.

mod change;
mod edit;
mod outline;
mod query;
mod splice;
mod style;
mod written;

use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::survey;
use change::Change;
use outline::Outline;
use query::Query;

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The document with the change in it. The same as before, byte for byte, where nothing had to be changed.
    pub document: String,
    /// The id of the rule that was created, changed or deleted.
    pub rule: u64,
    /// The revision of the document as it is now.
    pub revision: u64,
}

/// Answers which rules a document has: `{"revision": 12, "rules": [ … ], "without-rule": [ … ]}`. The rules are those that
/// the query selects, as they are written and in their order.
///
/// # Errors
///
/// - `invalid`: `{"enable": true}`, `{"ids": ["3"]}`, `{"namespaces": ["a/b"]}`, a query of more than 16 MiB
/// - `invalid-document`: a document that does not check
#[inline(never)]
pub fn list(document: &str, query: &str) -> Result<String, Refusal> {
    let query = Query::read(query)?;
    let outline = Outline::read(document).filter(|_| Policy::checks(document));
    let outline = outline.ok_or_else(|| invalid(document))?;
    Ok(query.answer(&outline))
}

/// Changes a rule of a document, creates one or deletes one.
///
/// # Errors
///
/// - `invalid`: `{}`, `{"create": {"namespace": "a/b", "preset": "latest"}}`, a change of more than 16 MiB, or one that
///   would take the document past a limit
/// - `invalid-document`: a document that does not check
/// - `stale`: the change names another revision than the document has
/// - `conflict`: a second rule for a namespace
/// - `not-found`: a rule that is not there
/// - `namespace-fixed`: another namespace for a rule
#[inline(never)]
pub fn change(document: &str, change: &str) -> Result<Changed, Refusal> {
    let change = Change::read(change)?;
    let outline = Outline::read(document).ok_or_else(|| invalid(document))?;
    let changed = edit::apply(&outline, &change);
    match &changed {
        // What was not touched is checked here, and what was touched had been checked before it was.
        Ok(changed) if Policy::checks(&changed.document) => {}
        // No answer is due for a document that does not check, whatever the answer would be.
        _ if !Policy::checks(document) => return Err(invalid(document)),
        Ok(_) => return Err(change.refuse("the document would no longer check".into(), "make another change")),
        Err(_) => {}
    }
    changed
}

/// The refusal of a document that does not check.
fn invalid(document: &str) -> Refusal {
    Refusal::with_problems(Code::InvalidDocument, "document", survey::problems(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[track_caller]
    fn assert_changed(before: &str, order: &str, after: &str, rule: u64, revision: u64) {
        let changed = change(before, order).unwrap_or_else(|refusal| panic!("{order}: {refusal}"));
        assert_eq!(changed.document, after, "{order}");
        assert_eq!((changed.rule, changed.revision), (rule, revision), "{order}");
        assert!(Policy::compile(changed.document).is_ok(), "{order}");
    }

    #[track_caller]
    fn assert_refused(document: &str, order: &str, code: Code, told: &str) {
        let refusal = change(document, order).map(|changed| changed.document).unwrap_err();
        let places: Vec<_> = refusal.diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(refusal.code, code, "{order}: {refusal}");
        let is_told = refusal.message.contains(told) || places.iter().any(|place| place.contains(told));
        assert!(is_told, "{order}: {refusal}");
        let has_places = matches!(code, Code::Invalid | Code::InvalidDocument);
        assert_eq!(!places.is_empty(), has_places, "{order}: {places:?}");
        let names_rule = matches!(code, Code::Conflict | Code::NotFound | Code::NamespaceFixed);
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
        assert_eq!(change(&gone, LATEST).unwrap().rule, 8);
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
    fn changes_that_are_not_well_written_are_refused() {
        let document = document(r#"{"id": 3, "namespace": "a", "preset": "latest"}"#);
        let table = [
            ("", "no JSON"),
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
            (r#"{"create": {"namespace": "b/c", "preset": "latest"}}"#, "`b/c` is no namespace"),
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
        for (order, told) in table {
            assert_refused(&document, order, Code::Invalid, told);
        }
        let long = format!("{}{}", " ".repeat(limits::CHANGE_BYTES), LATEST);
        assert_refused(&document, &long, Code::Invalid, "longer than 16777216 bytes");
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
            (&*one, r#"{"create": {"namespace": "a", "preset": "latest"}}"#, Code::Conflict, "has rule 3 already"),
            (&one, r#"{"delete": {"id": 4}}"#, Code::NotFound, "no rule 4"),
            (&one, r#"{"configure": {"id": 4, "set": {"namespace": "b"}}}"#, Code::NotFound, "no rule 4"),
            (&one, r#"{"configure": {"id": 3, "set": {"namespace": "b"}}}"#, Code::NamespaceFixed, "`a`"),
            (&one, r#"{"configure": {"id": 3, "set": {"namespace": "b/c"}}}"#, Code::NamespaceFixed, "`a`"),
            (&one, r#"{"enable": {"id": 3}, "revision": 5}"#, Code::Stale, "revision 6"),
            (&one, r#"{"delete": {"id": 4}, "revision": 7}"#, Code::Stale, "revision 6"),
            (full, LATEST, Code::Invalid, "all ids have been given"),
            (last, LATEST, Code::Invalid, "would pass 9007199254740991"),
            (last, r#"{"delete": {"id": 3}}"#, Code::Invalid, "would pass 9007199254740991"),
        ];
        for (document, order, code, told) in table {
            assert_refused(document, order, code, told);
        }
        assert_changed(last, r#"{"enable": {"id": 3}}"#, last, 3, limits::INTEGER);
    }

    #[test]
    fn a_document_that_does_not_check_is_neither_changed_nor_read() {
        let good = r#"{"id": 3, "namespace": "a", "preset": "latest"}"#;
        let broken = [
            r#"{"version": 1}"#.to_owned(),
            r#"{"version": 2, "rules": []}"#.to_owned(),
            format!(r#"{{"version": 1, "next-id": 3, "rules": [{good}]}}"#),
            format!(r#"{{"version": 1, "revision": -1, "rules": [{good}]}}"#),
            // A change could mend each of these.
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
                assert_refused(document, order, Code::InvalidDocument, "the document does not check");
            }
            assert_eq!(list(document, "{}").unwrap_err().code, Code::InvalidDocument, "{document}");
            assert_refused(document, "{}", Code::Invalid, "0 operations");
        }
    }

    #[test]
    fn a_document_holds_no_more_than_its_limits() {
        let rule = |id: usize| format!(r#"{{"id":{id},"namespace":"n{id}","preset":"latest"}}"#);
        let rules: Vec<_> = (1..=limits::RULES).map(rule).collect();
        let full = format!(r#"{{"version":1,"rules":[{}]}}"#, rules.join(","));
        assert_refused(&full, LATEST, Code::Invalid, "may have no more");
        let fewer = change(&full, r#"{"delete": {"id": 1}}"#).unwrap().document;
        assert_eq!(change(&fewer, LATEST).unwrap().rule, 1_000_001);

        let long = |bytes: usize| format!("{{\"version\": 1,{}\"rules\": []}}", " ".repeat(bytes - 26));
        let document = long(limits::DOCUMENT_BYTES);
        assert_eq!(document.len(), limits::DOCUMENT_BYTES);
        assert_refused(&document, LATEST, Code::Invalid, "longer than 268435456 bytes");
        assert_refused(&[&document, " "].concat(), LATEST, Code::InvalidDocument, "longer than 268435456 bytes");
    }

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
            let expected = format!("{{\"revision\": 12, \"rules\": [{}]{without}}}", selected.join(", "));
            assert_eq!(list(QUERIED, query).as_deref(), Ok(&*expected), "{query}");
        }
    }

    #[test]
    fn queries_that_are_not_well_written_are_refused() {
        for (query, pointer, told) in [
            ("", "", "no JSON"),
            ("[]", "", "expected an object"),
            (r#"{"enable": true}"#, "/enable", "unknown field"),
            (r#"{"enabled": 1}"#, "/enabled", "expected `true` or `false`"),
            (r#"{"enabled": null}"#, "/enabled", "expected `true` or `false`"),
            (r#"{"enabled": true, "enabled": true}"#, "/enabled", "given twice"),
            (r#"{"ids": 3}"#, "/ids", "expected a list"),
            (r#"{"ids": [3, "4"]}"#, "/ids/1", "expected a whole number"),
            (r#"{"ids": [0]}"#, "/ids/0", "expected a whole number"),
            (r#"{"namespaces": "prod"}"#, "/namespaces", "expected a list"),
            (r#"{"namespaces": ["a", "a/b"]}"#, "/namespaces/1", "no namespace"),
        ] {
            let refusal = list(QUERIED, query).unwrap_err();
            assert_eq!(refusal.code, Code::Invalid, "{query}");
            let places: Vec<_> = refusal.diagnostics.iter().map(|it| it.pointer.as_str()).collect();
            assert_eq!(places, [pointer], "{query}: {refusal}");
            assert!(
                refusal.message.starts_with("the query does not check") && refusal.message.contains(told),
                "{refusal}"
            );
        }
    }
}
