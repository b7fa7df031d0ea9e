//! What a policy does to one tag, and why: every rule that is considered, every selector, every outcome.

use super::context::{Context, check_context};
use super::decision::{Decision, DecisionCode, Outcome};
use super::event::{Current, DeleteTag, Event, Operation, TagWrite, Write};
use super::malformed::Malformed;
use crate::document::described::{DescribedPair, DescribedSelector, described_pairs};
use crate::document::schema::{self, Document};
use crate::document::strict_json::{Object, Text, present};
use crate::limits;
use crate::policy::compiled::{ApplicableRule, CompiledPair, CompiledRule, Policy};
use crate::reference::{Repository, Tag};
use crate::words::Word;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

impl Policy {
    /// Explains what the policy does to a tag: `{"repository": "prod/app", "tag": "v1.2"}`, at most 1 MiB. It answers with
    /// every rule that is considered for the repository, the namespace's before the one for `*`, disabled ones too; with
    /// every selector and whether it holds; and with what `evaluate` answers for each thing that can happen to the tag.
    ///
    /// A question that can't be read is answered by `{"malformed": "…"}`.
    #[inline(never)]
    pub fn explain_json(&self, question: &str) -> String {
        let answer = read(question).and_then(|question| {
            let repository = Repository::parse(&question.repository).ok_or(Malformed::Repository)?;
            let tag = Tag::parse(&question.tag).ok_or(Malformed::Tag(0))?;
            check_context(&question.context)?;
            Ok(serde_json::to_string(&self.explain(repository, tag, &question.context)))
        });
        let answer =
            answer.unwrap_or_else(|fault| serde_json::to_string(&Unread { malformed: fault.message("question") }));
        // Text and numbers always serialise.
        answer.unwrap_or_else(|_| r#"{"malformed":"the explanation cannot be written"}"#.into())
    }

    fn explain<'a>(
        &'a self,
        repository: Repository<'a>,
        tag: Tag<'a>,
        context: &[(String, String)],
    ) -> Explanation<'a> {
        let document = serde_json::from_str::<Document<'_, Vec<&RawValue>>>(self.document());
        let (texts, overrides) = document.map(|document| (document.rules, document.overrides)).unwrap_or_default();
        let considered = self.considered(repository).into_iter().flatten();
        let text = |applicable: ApplicableRule<'_>| texts.get(applicable.index as usize).copied();
        Explanation {
            repository: repository.as_str(),
            tag: tag.as_str(),
            revision: self.revision(),
            rules: considered.map(|applicable| self.consider(applicable, repository, tag, text(applicable))).collect(),
            tag_override: self.explain_override(&overrides, repository, tag, context),
            outcomes: self.outcomes(repository, tag, context),
        }
    }

    fn explain_override(
        &self,
        overrides: &[schema::Override<'_>],
        repository: Repository<'_>,
        tag: Tag<'_>,
        context: &[(String, String)],
    ) -> Option<ExplainedOverride> {
        let is_for_tag =
            |one: &&schema::Override<'_>| one.repository.0 == repository.as_str() && one.tag.0 == tag.as_str();
        let schema::Override { repository: name, tag: text, until, reason, by } = overrides.iter().find(is_for_tag)?;
        Some(ExplainedOverride {
            repository: name.0.to_string(),
            tag: text.0.to_string(),
            until: until.0.to_string(),
            reason: reason.0.to_string(),
            by: by.as_ref().map(|by| by.0.to_string()),
            active: self.is_overridden(repository, tag, context),
        })
    }

    /// Matches a rule against a tag. Its patterns are shown as its own text has them.
    fn consider<'a>(
        &'a self,
        applicable: ApplicableRule<'a>,
        repository: Repository<'_>,
        tag: Tag<'_>,
        text: Option<&'a RawValue>,
    ) -> ConsideredRule<'a> {
        let described = text.and_then(|text| serde_json::from_str::<schema::JsonRule<'a>>(text.get()).ok());
        let described = described.map(|rule| described_pairs(&rule.protects)).unwrap_or_default();
        let pairs = self.all_pairs(applicable.rule).zip(described);
        let pairs: Vec<_> =
            pairs.map(|((index, pair), described)| self.try_pair(index, pair, described, applicable, tag)).collect();
        // The pairs of the policy are shown as the document has them.
        let CompiledRule { id, deletion, exempt, enabled, .. } = *applicable.rule;
        let exempt = exempt.set_of(repository.as_str(), tag.as_str());
        ConsideredRule {
            rule: id,
            namespace: applicable.namespace,
            enabled,
            deletion: deletion.text(),
            sees: applicable.subject,
            protects: enabled && exempt.is_none() && pairs.iter().any(|pair| pair.holds),
            exempt: exempt.map(Word::text),
            pairs,
        }
    }

    fn try_pair(
        &self,
        index: u32,
        pair: &CompiledPair,
        described: DescribedPair,
        applicable: ApplicableRule<'_>,
        tag: Tag<'_>,
    ) -> TriedPair {
        let (repositories, tags) = (self.sees(pair, applicable), self.protects(pair, tag));
        TriedPair {
            pair: index,
            repositories: TriedSelector { selector: described.repositories, holds: repositories },
            tags: TriedSelector { selector: described.tags, holds: tags },
            holds: repositories && tags,
        }
    }

    fn outcomes(&self, repository: Repository<'_>, tag: Tag<'_>, context: &[(String, String)]) -> Outcomes {
        let (repository, tag) = (repository.as_str().to_owned(), tag.as_str().to_owned());
        let decide = |operation| DecisionSummary::of(self.evaluate(Event { operation, context: context.to_vec() }));
        let (one, other) = (digest("a"), digest("b"));
        let write = |current| {
            let tags = vec![TagWrite { tag: tag.clone(), current }];
            decide(Operation::Write(Write { repository: repository.clone(), digest: one.clone(), tags }))
        };
        let delete = DeleteTag { repository: repository.clone(), tag: tag.clone(), remembers: false };
        Outcomes {
            push: write(Current::Absent),
            push_again: write(Current::Digest(one.clone())),
            push_other: write(Current::Digest(other)),
            delete: decide(Operation::DeleteTag(delete)),
        }
    }
}

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// Reads a question.
fn read(question: &str) -> Result<Question, Malformed> {
    if question.len() > limits::MAX_EVENT_BYTES {
        return Err(Malformed::TooLong);
    }
    let Object(QuestionText { repository, tag, context }) = serde_json::from_str(question)
        .map_err(|error| Malformed::Form { line: error.line(), column: error.column() })?;
    let repository = repository.ok_or(Malformed::Missing("repository"))?.0.into_owned();
    let tag = tag.ok_or(Malformed::Missing("tag"))?.0.into_owned();
    Ok(Question { repository, tag, context: context.map(|context| context.0).unwrap_or_default() })
}

/// A question, whose names may be invalid.
struct Question {
    repository: String,
    tag: String,
    context: Vec<(String, String)>,
}

/// A question as JSON writes it. All its fields may be missing, so that the message can name one that is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tag: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    context: Option<Context>,
}

/// The answer to an invalid question.
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
    rules: Vec<ConsideredRule<'a>>,
    #[serde(rename = "override")]
    tag_override: Option<ExplainedOverride>,
    outcomes: Outcomes,
}

/// The override for the tag, as the document has it, and whether it applies.
#[derive(Serialize)]
struct ExplainedOverride {
    repository: String,
    tag: String,
    until: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    active: bool,
}

/// A rule that is considered for the repository.
#[derive(Serialize)]
struct ConsideredRule<'a> {
    rule: u64,
    namespace: &'a str,
    enabled: bool,
    deletion: &'static str,
    /// The part of the repository's name that its patterns see.
    sees: &'a str,
    /// Whether it protects the tag.
    protects: bool,
    /// The set that it exempts and that the tag is in.
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

/// A selector of a pair, and whether it holds.
struct TriedSelector {
    selector: DescribedSelector,
    holds: bool,
}

impl Serialize for TriedSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        self.selector.write(&mut map)?;
        map.serialize_entry("holds", &self.holds)?;
        map.end()
    }
}

/// What happens to the tag.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Outcomes {
    /// When it is pushed while it is absent.
    push: DecisionSummary,
    /// When what it has is pushed again.
    push_again: DecisionSummary,
    /// When other content is pushed.
    push_other: DecisionSummary,
    /// When it is deleted.
    delete: DecisionSummary,
}

/// A decision, in short.
#[derive(Serialize)]
struct DecisionSummary {
    outcome: Outcome,
    code: DecisionCode,
    rule: Option<u64>,
    namespace: Option<String>,
    pair: Option<u32>,
}

impl DecisionSummary {
    fn of(decision: Decision) -> Self {
        // The message, the revision and the tags add nothing to an explanation.
        let Decision { outcome, code, rule, namespace, pair, .. } = decision;
        Self { outcome, code, rule, namespace, pair }
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

    fn outcome(outcome: &str, code: &str, rule: u64, namespace: &str, pair: u64) -> Value {
        json!({ "outcome": outcome, "code": code, "rule": rule, "namespace": namespace, "pair": pair })
    }

    #[test]
    fn every_rule_and_selector_is_shown_with_whether_it_holds() {
        let instance = json!({ "rule": 4, "namespace": "*", "enabled": true, "deletion": "allow", "sees": "prod/app",
            "protects": true, "exempt": null, "pairs": [
                { "pair": 0, "repositories": { "excludes": ["prod/**"], "holds": false },
                    "tags": { "matches": ["@release"], "holds": true }, "holds": false },
                { "pair": 1, "repositories": { "matches": ["**/app", "a"], "holds": true },
                    "tags": { "excludes": ["latest", "dev-*"], "holds": true }, "holds": true }] });
        let expected = json!({ "repository": "prod/app", "tag": "v1.2.3", "revision": 12,
            "rules": [preset(1, "prod", true, true), instance],
            "override": null,
            "outcomes": { "push": outcome("allow", "first-push", 1, "prod", 0),
                "push-again": outcome("allow", "same-digest", 1, "prod", 0),
                "push-other": outcome("deny", "immutable", 1, "prod", 0),
                "delete": outcome("deny", "immutable", 1, "prod", 0) } });
        assert_eq!(explain("prod/app", "v1.2.3"), expected);
    }

    #[test]
    fn a_disabled_rule_is_shown_and_protects_nothing() {
        let answer = explain("off/app", "latest-1");
        assert_eq!(answer["rules"][0], preset(2, "off", false, false));
        assert_eq!(answer["outcomes"]["delete"], outcome("allow", "deletion-allowed", 4, "*", 1));
    }

    #[test]
    fn an_exempt_tag_is_shown_with_its_set() {
        let tag = format!("sha256-{}.sig", "0".repeat(64));
        let answer = explain("app", &tag);
        assert_eq!(answer["rules"].as_array().map(Vec::len), Some(1));
        let rule = &answer["rules"][0];
        assert_eq!((&rule["exempt"], &rule["protects"]), (&json!("signatures"), &json!(false)));
        assert_eq!(rule["pairs"][1]["holds"], json!(true));
        assert_eq!(answer["outcomes"]["push-other"], outcome("allow", "exempt", 4, "*", 1));
    }

    #[test]
    fn without_a_rule_there_is_nothing_to_explain() {
        let policy = Policy::compile(r#"{"version": 1, "rules": []}"#.into()).unwrap();
        let free = r#"{"outcome":"allow","code":"unprotected","rule":null,"namespace":null,"pair":null}"#;
        assert_eq!(
            policy.explain_json(r#"{"tag": "v1", "repository": "prod/app"}"#),
            format!(
                r#"{{"repository":"prod/app","tag":"v1","revision":0,"rules":[],"override":null,"outcomes":{{"push":{free},"push-again":{free},"push-other":{free},"delete":{free}}}}}"#
            )
        );
    }

    #[test]
    fn an_invalid_question_is_malformed() {
        let policy = Policy::compile(DOCUMENT.into()).unwrap();
        let long = " ".repeat(limits::MAX_EVENT_BYTES + 1);
        for (question, expected) in [
            ("", "the text is not a valid question from line 1, byte 0 on"),
            (&long, "longer than 1048576 bytes"),
            ("[]", "the text is not a valid question from line 1, byte 0 on"),
            (r#"["prod/app", "v1"]"#, "the text is not a valid question"),
            ("{}", "`repository` is missing"),
            (r#"{"repository": "prod/app"}"#, "`tag` is missing"),
            (r#"{"repository": null, "tag": "v1"}"#, "the text is not a valid question"),
            (r#"{"repository": "prod/app", "tag": "v1", "tag": "v1"}"#, "the text is not a valid question"),
            (r#"{"repository": "prod/app", "tag": "v1", "digest": ""}"#, "the text is not a valid question"),
            (r#"{"repository": "Prod/app", "tag": "v1"}"#, "`repository` is not a valid name"),
            (r#"{"repository": "prod/app", "tag": "-v1"}"#, "tag 0 is not a valid tag"),
            (r#"{"repository": "prod/app", "tag": "v1", "context": null}"#, "the text is not a valid question"),
            (r#"{"repository": "prod/app", "tag": "v1", "context": {"": "x"}}"#, "key 0 of the context is empty"),
            (r#"{"repository": "prod/app", "tag": "v1"} {}"#, "the text is not a valid question"),
        ] {
            let answer: Value = serde_json::from_str(&policy.explain_json(question)).unwrap();
            let message = answer["malformed"].as_str().unwrap();
            assert!(message.starts_with("malformed question: ") && message.contains(expected), "{question}: {message}");
            assert_eq!(answer.as_object().unwrap().len(), 1, "{question}");
        }
    }
}
