//! What a policy does to one tag, and why: every rule that is considered, every selector, every outcome.

use crate::decision::{Code, Decision, Outcome};
use crate::document::{self, Document};
use crate::event::{Current, DeleteTag, Event, Operation, TagWrite, Write};
use crate::json::{Object, Text, Texts, present};
use crate::limits;
use crate::malformed::Malformed;
use crate::policy::{Guard, Pair, Policy};
use crate::reference::{Repository, Tag};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

impl Policy {
    /// Explains what the policy does to a tag: `{"repository": "prod/app", "tag": "v1.2"}`, at most 1 MiB. Every rule that
    /// is considered for the repository, the namespace's before the one for `*`, disabled ones too; every selector and
    /// whether it holds; and what `evaluate` answers for each thing that can happen to the tag.
    ///
    /// What can't be read is answered by `{"malformed": "…"}`.
    #[inline(never)]
    pub fn explain_json(&self, question: &str) -> String {
        let answer = read(question).and_then(|(repository, tag)| {
            let repository = Repository::parse(&repository).ok_or(Malformed::Repository)?;
            let tag = Tag::parse(&tag).ok_or(Malformed::Tag(0))?;
            Ok(serde_json::to_string(&self.explain(repository, tag)))
        });
        let answer =
            answer.unwrap_or_else(|fault| serde_json::to_string(&Unread { malformed: fault.message("question") }));
        // Text and numbers always serialise.
        answer.unwrap_or_else(|_| r#"{"malformed":"the explanation cannot be written"}"#.into())
    }

    fn explain<'a>(&'a self, repository: Repository<'a>, tag: Tag<'a>) -> Explanation<'a> {
        let parts = serde_json::from_str::<Object<Document<'_, Vec<&RawValue>>>>(self.document());
        let rules = parts.map(|Object(document)| document.rules).unwrap_or_default();
        let considered = self.considered(repository).into_iter().flatten();
        let rule = |guard: Guard<'_>| rules.get(guard.index as usize).copied();
        Explanation {
            repository: repository.as_str(),
            tag: tag.as_str(),
            revision: self.revision(),
            rules: considered.map(|guard| self.consider(guard, tag, rule(guard))).collect(),
            outcomes: self.outcomes(repository, tag),
        }
    }

    /// Holds a rule against a tag. Its patterns are shown as its own text has them.
    fn consider<'a>(&'a self, guard: Guard<'a>, tag: Tag<'_>, text: Option<&'a RawValue>) -> Considered<'a> {
        let rule = text.and_then(|text| serde_json::from_str::<Object<document::Rule<'a>>>(text.get()).ok());
        let written = rule.and_then(|Object(rule)| rule.protects);
        let pairs: Vec<_> = self
            .all_pairs(guard.rule)
            .map(|(index, pair)| {
                let written = written.as_ref().and_then(|pairs| pairs.get(index as usize)).map(|Object(pair)| pair);
                self.try_pair(index, pair, written, guard, tag)
            })
            .collect();
        let exempt = guard.rule.exempt.set_of(tag.as_str());
        Considered {
            rule: guard.rule.id,
            namespace: guard.namespace,
            enabled: guard.rule.enabled,
            deletion: if guard.rule.deletion_allowed { "allow" } else { "deny" },
            sees: guard.subject,
            protects: guard.rule.enabled && exempt.is_none() && pairs.iter().any(|pair| pair.holds),
            exempt,
            pairs,
        }
    }

    fn try_pair(
        &self,
        index: u32,
        pair: &Pair,
        written: Option<&document::Pair<'_>>,
        guard: Guard<'_>,
        tag: Tag<'_>,
    ) -> TriedPair {
        let (repository_holds, tag_holds) = (self.sees(pair, guard), self.protects(pair, tag));
        let (repositories, tags) = match written {
            Some(pair) => {
                (TriedSelector::of(&pair.repositories.0, repository_holds), TriedSelector::of(&pair.tags.0, tag_holds))
            }
            // The pair of the preset is written nowhere.
            None => (
                TriedSelector { matches: Some(vec!["**".into()]), excludes: None, holds: repository_holds },
                TriedSelector { matches: None, excludes: Some(vec!["latest".into()]), holds: tag_holds },
            ),
        };
        TriedPair { pair: index, repositories, tags, holds: repository_holds && tag_holds }
    }

    fn outcomes(&self, repository: Repository<'_>, tag: Tag<'_>) -> Outcomes {
        let (repository, tag) = (repository.as_str().to_owned(), tag.as_str().to_owned());
        let decide = |operation| Told::of(&self.evaluate(Event { operation, context: Vec::new() }));
        let (one, other) = (digest("a"), digest("b"));
        let write = |current| {
            let tags = vec![TagWrite { tag: tag.clone(), current }];
            decide(Operation::Write(Write { repository: repository.clone(), digest: one.clone(), tags }))
        };
        Outcomes {
            push: write(Current::Absent),
            push_again: write(Current::Digest(one.clone())),
            push_other: write(Current::Digest(other)),
            delete: decide(Operation::DeleteTag(DeleteTag { repository: repository.clone(), tag: tag.clone() })),
        }
    }
}

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// Reads which repository and tag are asked about.
fn read(question: &str) -> Result<(Cow<'_, str>, Cow<'_, str>), Malformed> {
    if question.len() > limits::EVENT_BYTES {
        return Err(Malformed::TooLong);
    }
    let Object(Question { repository, tag }) = serde_json::from_str(question)
        .map_err(|error| Malformed::Form { line: error.line(), column: error.column() })?;
    let repository = repository.ok_or(Malformed::Missing("repository"))?;
    Ok((repository.0, tag.ok_or(Malformed::Missing("tag"))?.0))
}

/// A question as JSON writes it. Both fields may be left out, so that one that is missing can be named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tag: Option<Text<'a>>,
}

/// The answer to what is no question.
#[derive(Serialize)]
struct Unread {
    malformed: String,
}

/// The answer to a question.
#[derive(Serialize)]
struct Explanation<'a> {
    repository: &'a str,
    tag: &'a str,
    revision: u64,
    rules: Vec<Considered<'a>>,
    outcomes: Outcomes,
}

/// A rule that is considered for the repository.
#[derive(Serialize)]
struct Considered<'a> {
    rule: u64,
    namespace: &'a str,
    enabled: bool,
    deletion: &'static str,
    /// The part of the repository's name that its patterns see.
    sees: &'a str,
    /// Whether it protects the tag.
    protects: bool,
    /// The set that it leaves alone and that the tag is in.
    exempt: Option<&'static str>,
    pairs: Vec<TriedPair>,
}

/// A selector pair of a rule.
#[derive(Serialize)]
struct TriedPair {
    pair: u32,
    repositories: TriedSelector,
    tags: TriedSelector,
    holds: bool,
}

/// A selector of a pair, with its patterns as they are written.
#[derive(Serialize)]
struct TriedSelector {
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excludes: Option<Vec<String>>,
    holds: bool,
}

impl TriedSelector {
    fn of(selector: &document::Selector<'_>, holds: bool) -> Self {
        let owned = |texts: &Texts<'_>| texts.as_slice().iter().map(|text| text.0.to_string()).collect();
        Self { matches: selector.matches.as_ref().map(owned), excludes: selector.excludes.as_ref().map(owned), holds }
    }
}

/// What happens to the tag.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Outcomes {
    /// When it is pushed while it is absent.
    push: Told,
    /// When what it has is pushed once more.
    push_again: Told,
    /// When other content is pushed.
    push_other: Told,
    /// When it is deleted.
    delete: Told,
}

/// A decision, in short.
#[derive(Serialize)]
struct Told {
    outcome: Outcome,
    code: Code,
    rule: Option<u64>,
    pair: Option<u32>,
}

impl Told {
    fn of(decision: &Decision) -> Self {
        Self { outcome: decision.outcome, code: decision.code, rule: decision.rule, pair: decision.pair }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const DOCUMENT: &str = r#"{ "version": 1, "revision": 12, "rules": [
        { "id": 4, "namespace": "*", "deletion": "allow", "exempt": ["signatures"], "protects": [
            { "repositories": { "excludes": "prod/**" }, "tags": { "matches": "@release" } },
            { "repositories": { "matches": ["**/app", "\u0061"] }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
        { "id": 1, "namespace": "prod", "preset": "latest" },
        { "id": 2, "namespace": "off", "enabled": false, "preset": "latest" } ] }"#;

    #[track_caller]
    fn explain(repository: &str, tag: &str) -> Value {
        let policy = Policy::compile(DOCUMENT.to_owned()).unwrap();
        serde_json::from_str(&policy.explain_json(&json!({ "repository": repository, "tag": tag }).to_string()))
            .unwrap()
    }

    fn preset(rule: u64, namespace: &str, enabled: bool, protects: bool) -> Value {
        json!({ "rule": rule, "namespace": namespace, "enabled": enabled, "deletion": "deny", "sees": "app",
            "protects": protects, "exempt": null, "pairs": [{ "pair": 0,
                "repositories": { "matches": ["**"], "holds": true },
                "tags": { "excludes": ["latest"], "holds": true }, "holds": true }] })
    }

    fn told(outcome: &str, code: &str, rule: u64, pair: u64) -> Value {
        json!({ "outcome": outcome, "code": code, "rule": rule, "pair": pair })
    }

    #[test]
    fn every_rule_and_selector_is_told_with_its_verdict() {
        let instance = json!({ "rule": 4, "namespace": "*", "enabled": true, "deletion": "allow", "sees": "prod/app",
            "protects": true, "exempt": null, "pairs": [
                { "pair": 0, "repositories": { "excludes": ["prod/**"], "holds": false },
                    "tags": { "matches": ["@release"], "holds": true }, "holds": false },
                { "pair": 1, "repositories": { "matches": ["**/app", "a"], "holds": true },
                    "tags": { "excludes": ["latest", "dev-*"], "holds": true }, "holds": true }] });
        let expected = json!({ "repository": "prod/app", "tag": "v1.2.3", "revision": 12,
            "rules": [preset(1, "prod", true, true), instance],
            "outcomes": { "push": told("allow", "first-push", 1, 0), "push-again": told("allow", "same-digest", 1, 0),
                "push-other": told("deny", "immutable", 1, 0), "delete": told("deny", "immutable", 1, 0) } });
        assert_eq!(explain("prod/app", "v1.2.3"), expected);
    }

    #[test]
    fn a_disabled_rule_is_told_and_protects_nothing() {
        let told = explain("off/app", "latest-1");
        assert_eq!(told["rules"][0], preset(2, "off", false, false));
        assert_eq!(told["outcomes"]["delete"], self::told("allow", "deletion-allowed", 4, 1));
    }

    #[test]
    fn an_exempt_tag_is_told_with_its_set() {
        let tag = format!("sha256-{}.sig", "0".repeat(64));
        let answer = explain("app", &tag);
        assert_eq!(answer["rules"].as_array().map(Vec::len), Some(1));
        let rule = &answer["rules"][0];
        assert_eq!((&rule["exempt"], &rule["protects"]), (&json!("signatures"), &json!(false)));
        assert_eq!(rule["pairs"][1]["holds"], json!(true));
        assert_eq!(answer["outcomes"]["push-other"], told("allow", "exempt", 4, 1));
    }

    #[test]
    fn where_no_rule_is_there_is_nothing_to_tell() {
        let policy = Policy::compile(r#"{"version": 1, "rules": []}"#.into()).unwrap();
        let free = r#"{"outcome":"allow","code":"unprotected","rule":null,"pair":null}"#;
        assert_eq!(
            policy.explain_json(r#"{"tag": "v1", "repository": "prod/app"}"#),
            format!(
                r#"{{"repository":"prod/app","tag":"v1","revision":0,"rules":[],"outcomes":{{"push":{free},"push-again":{free},"push-other":{free},"delete":{free}}}}}"#
            )
        );
    }

    #[test]
    fn what_is_no_question_is_malformed() {
        let policy = Policy::compile(DOCUMENT.into()).unwrap();
        let long = " ".repeat(limits::EVENT_BYTES + 1);
        for (question, told) in [
            ("", "the text is no question from line 1, byte 0 on"),
            (&long, "longer than 1048576 bytes"),
            ("[]", "the text is no question from line 1, byte 0 on"),
            (r#"["prod/app", "v1"]"#, "the text is no question"),
            ("{}", "`repository` is missing"),
            (r#"{"repository": "prod/app"}"#, "`tag` is missing"),
            (r#"{"repository": null, "tag": "v1"}"#, "the text is no question"),
            (r#"{"repository": "prod/app", "tag": "v1", "tag": "v1"}"#, "the text is no question"),
            (r#"{"repository": "prod/app", "tag": "v1", "digest": ""}"#, "the text is no question"),
            (r#"{"repository": "Prod/app", "tag": "v1"}"#, "`repository` is no legal name"),
            (r#"{"repository": "prod/app", "tag": "-v1"}"#, "tag 0 is no legal tag"),
            (r#"{"repository": "prod/app", "tag": "v1"} {}"#, "the text is no question"),
        ] {
            let answer: Value = serde_json::from_str(&policy.explain_json(question)).unwrap();
            let message = answer["malformed"].as_str().unwrap();
            assert!(message.starts_with("malformed question: ") && message.contains(told), "{question}: {message}");
            assert_eq!(answer.as_object().unwrap().len(), 1, "{question}");
        }
    }
}
