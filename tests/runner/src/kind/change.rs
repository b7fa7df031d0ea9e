//! `change`: the result of a change of a document's rules.

use super::form::{Kind, expected, given, refused};
use crate::input_text::{InputText, check_places};
use crate::invariants;
use crate::question::Question;
use crate::subject::Subject;
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tagseal::CallError;
use tagseal::contract::Changed;
use tagseal::json::{ChangedRuleText, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Change {
    name: String,
    document: Option<Template>,
    document_text: Option<Text>,
    change: Option<Template>,
    text: Option<Text>,
    changed: Option<ExpectedChange>,
    refused: Option<Template>,
}

/// The expected result of a change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedChange {
    document: Option<Template>,
    document_text: Option<Text>,
    rules: Option<Template>,
    revision: Option<u64>,
}

impl Kind for Change {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        let document = InputText::document(self.document, self.document_text, document)?;
        let change = InputText::new(self.change, self.text, ["change", "text"])?;
        if document.is_value() && self.changed.as_ref().is_some_and(|changed| changed.document_text.is_some()) {
            return Err("the new text depends on how the old one is written; write it as `document-text`".into());
        }
        let has_value = self.changed.as_ref().is_some_and(|changed| changed.document.is_some());
        let changed = self.changed.map(ExpectedChange::expected).transpose()?;
        let expected = expected([("changed", changed), ("refused", self.refused)])?;
        check_places(&expected, &document, &change)?;
        Ok((Box::new(Rules { document, change, has_value }), expected))
    }
}

impl ExpectedChange {
    /// Makes one value of it, in which a text is not a list of lines.
    fn expected(self) -> Result<Template, String> {
        let Self { document, document_text, rules, revision } = self;
        given([
            ("document", document.map(Template::into_value)),
            ("document-text", document_text.map(Text::into_value)),
            ("rules", rules.map(Template::into_value)),
            ("revision", revision.map(Value::from)),
        ])
    }
}

struct Rules {
    document: InputText,
    change: InputText,
    /// Whether the new document is expected as JSON. If not, the answer has only its text, since it may be large.
    has_value: bool,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["invalid", "invalid-document", "stale", "not-found", "namespace-fixed", "conflict"];

#[derive(Serialize)]
struct Answer<'a> {
    changed: ChangedText<'a>,
    /// The revision of the policy that the new document compiles to, or `None` if it is invalid.
    compiled: Option<u64>,
}

/// The result of the change: the new document as JSON, and its text.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ChangedText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a RawValue>,
    document_text: &'a str,
    rules: Vec<ChangedRuleText<'a>>,
    revision: u64,
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let Changed { document, revision, rules } =
            match subject.change_rules(&self.document.text(), &self.change.text())? {
                Ok(changed) => changed,
                Err(refusal) => return Ok(refused(&refusal)),
            };
        let compiled = subject.compile(&document)?.ok().map(|policy| policy.revision());
        let value = self.has_value.then(|| serde_json::from_str(&document).ok()).flatten();
        let rules = rules.iter().map(ChangedRuleText::from).collect();
        let changed = ChangedText { document: value, document_text: &document, rules, revision };
        Ok(to_line(&Answer { changed, compiled }))
    }

    fn describe(&self) -> String {
        format!("change {}\ndocument {}", self.change.describe(), self.document.describe())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.change.size())
    }

    fn violations(&self, answer: &Value) -> Vec<String> {
        let Some(changed) = answer.get("changed") else {
            return refusal_violations(answer, &self.change.text());
        };
        let before = self.document.text();
        let after = changed.get("document-text").and_then(Value::as_str).unwrap_or_default();
        let (Some(old), Some(new)) = (RawDocument::read(&before), RawDocument::read(after)) else {
            return vec!["/changed: expected the old and the new document to be documents".to_owned()];
        };
        let revision = changed.get("revision").and_then(Value::as_u64).unwrap_or_default();
        let rules = changed.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<u64> = rules.iter().filter_map(|rule| rule.get("id")?.as_u64()).collect();
        let is_changed = before != after;
        let has_text = |rule: &Value| {
            let id = rule.get("id").and_then(Value::as_u64).unwrap_or_default();
            rule.get("rule").and_then(Value::as_str) == new.rule(id)
        };
        let required = [
            (
                answer.get("compiled") == changed.get("revision"),
                "a document that compiles, to a policy of the revision",
            ),
            (revision == old.revision + u64::from(is_changed), "a revision that is one more if anything has changed"),
            (old.rules_except(&ids) == new.rules_except(&ids), "all other rules as they were, byte for byte"),
            (rules.iter().all(has_text), "each changed rule as the new document has it, byte for byte"),
            (old.others(&ids) == new.others(&ids), "all other fields as they were, byte for byte"),
            (ids.iter().all(|id| old.rule(*id).is_some() || *id >= old.free_id()), "an id that was never given"),
            (!is_changed || new.next_id >= old.free_id().max(new.free_id()), "a `next-id` that was never given"),
        ];
        let broken = required.into_iter().filter(|(holds, _)| !holds);
        let mut violations: Vec<_> = broken.map(|(_, what)| format!("/changed: expected {what}")).collect();
        for (index, rule) in rules.iter().enumerate() {
            let warnings = rule.get("warnings").unwrap_or(&Value::Null);
            violations.extend(invariants::diagnostics(
                &format!("/changed/rules/{index}/warnings"),
                "warning",
                warnings,
            ));
        }
        violations
    }
}

/// The changes that are about one rule. The others may be refused without one.
const CHANGES_OF_ONE_RULE: [&str; 5] = ["create", "configure", "enable", "disable", "delete"];

/// Checks a refusal, and that it names the rule if it is about one.
fn refusal_violations(answer: &Value, change: &str) -> Vec<String> {
    let mut violations = invariants::refusal(answer, CODES);
    let code = answer.pointer("/refused/code").and_then(Value::as_str);
    let change: Value = serde_json::from_str(change).unwrap_or_default();
    let is_about_one_rule = CHANGES_OF_ONE_RULE.iter().any(|operation| change.get(operation).is_some());
    let needs_rule = is_about_one_rule && code.is_some_and(|code| invariants::CODES_WITH_RULE.contains(&code));
    if needs_rule && !answer.pointer("/refused/rule").is_some_and(Value::is_u64) {
        violations.push("/refused/rule: expected the rule that the refusal is about".to_owned());
    }
    violations
}

/// A document, with the texts of its rules and other fields.
struct RawDocument<'a> {
    revision: u64,
    next_id: u64,
    /// The id and the text of each rule.
    rules: Vec<(u64, &'a str)>,
    /// The texts of all other fields.
    others: BTreeMap<String, &'a str>,
}

impl<'a> RawDocument<'a> {
    fn read(document: &'a str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Known {
            id: u64,
        }
        let fields: BTreeMap<String, &'a RawValue> = serde_json::from_str(document).ok()?;
        let mut others: BTreeMap<_, _> = fields.into_iter().map(|(name, value)| (name, value.get())).collect();
        let mut number = |name| others.remove(name).map_or(Some(0), |number| number.parse().ok());
        let (revision, next_id) = (number("revision")?, number("next-id")?);
        let rules: Vec<&'a RawValue> = serde_json::from_str(others.remove("rules")?).ok()?;
        let known = |rule: &'a RawValue| Some((serde_json::from_str::<Known>(rule.get()).ok()?.id, rule.get()));
        Some(Self { revision, next_id, rules: rules.into_iter().map(known).collect::<Option<_>>()?, others })
    }

    /// Returns the texts of all rules except for these.
    fn rules_except(&self, ids: &[u64]) -> Vec<&'a str> {
        self.rules.iter().filter(|(id, _)| !ids.contains(id)).map(|(_, text)| *text).collect()
    }

    /// Returns the text of a rule.
    fn rule(&self, id: u64) -> Option<&'a str> {
        self.rules.iter().find(|(other, _)| *other == id).map(|(_, text)| *text)
    }

    /// Returns the fields that a change of these rules leaves as they are. A change of no rule is one of overrides.
    fn others(&self, ids: &[u64]) -> BTreeMap<&str, &'a str> {
        let fields = self.others.iter().filter(|(name, _)| !ids.is_empty() || *name != "overrides");
        fields.map(|(name, text)| (name.as_str(), *text)).collect()
    }

    /// Returns the smallest id that was never given, as far as the document shows.
    fn free_id(&self) -> u64 {
        self.rules.iter().map(|(id, _)| id + 1).max().unwrap_or(1).max(self.next_id)
    }
}
