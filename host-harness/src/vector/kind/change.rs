//! `change`: what becomes of a document whose rules are changed.

use super::{Kind, Question, expected, given, refused};
use crate::contract::Changed;
use crate::failure::Failure;
use crate::in_json::json;
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::Subject;
use crate::vector::written::{Written, check_places};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Change {
    name: String,
    document: Option<Recipe>,
    document_text: Option<Text>,
    change: Option<Recipe>,
    text: Option<Text>,
    changed: Option<ChangedRecipe>,
    refused: Option<Recipe>,
}

/// What is expected of a change that is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ChangedRecipe {
    document: Option<Recipe>,
    document_text: Option<Text>,
    rule: Option<u64>,
    revision: Option<u64>,
}

impl Kind for Change {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        let document = Written::document(self.document, self.document_text, document)?;
        let change = Written::new(self.change, self.text, ["change", "text"])?;
        if document.is_value() && self.changed.as_ref().is_some_and(|changed| changed.document_text.is_some()) {
            return Err("the new text depends on how the old one is spelled; write it as `document-text`".into());
        }
        let has_value = self.changed.as_ref().is_some_and(|changed| changed.document.is_some());
        let changed = self.changed.map(ChangedRecipe::expected).transpose()?;
        let expected = expected([("changed", changed), ("refused", self.refused)])?;
        check_places(&expected, &document, &change)?;
        Ok((Box::new(Rules { document, change, has_value }), expected))
    }
}

impl ChangedRecipe {
    /// The same as one value, in which a text is no list of lines.
    fn expected(self) -> Result<Recipe, String> {
        let Self { document, document_text, rule, revision } = self;
        given([
            ("document", document.map(Recipe::into_value)),
            ("document-text", document_text.map(Text::into_value)),
            ("rule", rule.map(Value::from)),
            ("revision", revision.map(Value::from)),
        ])
    }
}

struct Rules {
    document: Written,
    change: Written,
    /// Whether the new document is expected as JSON. If not, its text alone is in the answer: it may be large.
    has_value: bool,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["invalid", "invalid-document", "stale", "not-found", "namespace-fixed", "conflict"];

#[derive(Serialize)]
struct Answer<'a> {
    changed: ChangedText<'a>,
    /// The revision of the policy that the new document is compiled to. None, where it does not check.
    compiled: Option<u64>,
}

/// What came of the change: the new document as JSON, and its text.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ChangedText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a RawValue>,
    document_text: &'a str,
    rule: u64,
    revision: u64,
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let Changed { document, rule, revision } =
            match subject.change_rules(&self.document.text(), &self.change.text())? {
                Ok(changed) => changed,
                Err(refusal) => return Ok(refused(&refusal)),
            };
        let compiled = subject.compile(&document)?.ok().map(|judge| judge.revision());
        let value = self.has_value.then(|| serde_json::from_str(&document).ok()).flatten();
        let changed = ChangedText { document: value, document_text: &document, rule, revision };
        Ok(json(&Answer { changed, compiled }))
    }

    fn told(&self) -> String {
        format!("change {}\ndocument {}", self.change.told(), self.document.told())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.change.size())
    }

    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let Some(changed) = answer.get("changed") else {
            return unlawful_refusal(answer);
        };
        let before = self.document.text();
        let after = changed.get("document-text").and_then(Value::as_str).unwrap_or_default();
        let (Some(old), Some(new)) = (Outline::read(&before), Outline::read(after)) else {
            return vec!["/changed: expected a document of a document".to_owned()];
        };
        let number = |field| changed.get(field).and_then(Value::as_u64).unwrap_or_default();
        let (rule, revision) = (number("rule"), number("revision"));
        let is_changed = before != after;
        let due = [
            (
                answer.get("compiled") == changed.get("revision"),
                "a document that compiles, to a policy of the revision",
            ),
            (revision == old.revision + u64::from(is_changed), "a revision that is one more where anything changed"),
            (old.but(rule) == new.but(rule), "all other rules as they were, byte for byte"),
            (old.others == new.others, "all other fields as they were, byte for byte"),
            (old.has(rule) || rule >= old.free_id(), "an id that was never given"),
            (!is_changed || new.next_id >= old.free_id().max(new.free_id()), "a `next-id` that was never given"),
        ];
        due.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| format!("/changed: expected {what}")).collect()
    }
}

/// A refusal names a rule where one is in the way or meant.
fn unlawful_refusal(answer: &Value) -> Vec<String> {
    let mut faults = law::refusal(answer, CODES);
    let code = answer.pointer("/refused/code").and_then(Value::as_str);
    let is_due = code.is_some_and(|code| law::RULED.contains(&code));
    if is_due && !answer.pointer("/refused/rule").is_some_and(Value::is_u64) {
        faults.push("/refused/rule: expected the rule that is in the way or meant".to_owned());
    }
    faults
}

/// A document as changes see it.
struct Outline<'a> {
    revision: u64,
    next_id: u64,
    /// The id and the text of each rule.
    rules: Vec<(u64, &'a str)>,
    /// The texts of all other fields.
    others: BTreeMap<String, &'a str>,
}

impl<'a> Outline<'a> {
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

    /// The texts of all rules but one.
    fn but(&self, id: u64) -> Vec<&'a str> {
        self.rules.iter().filter(|(other, _)| *other != id).map(|(_, text)| *text).collect()
    }

    fn has(&self, id: u64) -> bool {
        self.rules.iter().any(|(other, _)| *other == id)
    }

    /// The least id that was never given, as far as the document tells.
    fn free_id(&self) -> u64 {
        self.rules.iter().map(|(id, _)| id + 1).max().unwrap_or(1).max(self.next_id)
    }
}
