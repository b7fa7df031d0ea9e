//! `list`: the rules of a document.

use super::form::{Kind, expected, refused};
use crate::input_text::{InputText, check_places};
use crate::invariants;
use crate::question::Question;
use crate::subject::Subject;
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tagseal::CallError;
use tagseal::json::to_line;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct List {
    name: String,
    document: Option<Template>,
    document_text: Option<Text>,
    query: Option<Template>,
    text: Option<Text>,
    listed: Option<Template>,
    refused: Option<Template>,
}

impl Kind for List {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        let document = InputText::document(self.document, self.document_text, document)?;
        let query = InputText::new(self.query, self.text, ["query", "text"])?;
        let expected = expected([("listed", self.listed), ("refused", self.refused)])?;
        check_places(&expected, &document, &query)?;
        Ok((Box::new(Rules { document, query }), expected))
    }
}

struct Rules {
    document: InputText,
    query: InputText,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["invalid", "invalid-document"];

/// The answer as it came, and the text of each rule in it.
#[derive(Serialize)]
struct Answer<'a> {
    listed: &'a RawValue,
    texts: Vec<&'a str>,
}

/// The fields that a document and an answer have in common.
#[derive(Deserialize)]
struct RuleList<'a> {
    #[serde(default)]
    revision: u64,
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

impl RuleList<'_> {
    /// Returns the text of each rule.
    fn texts(&self) -> Vec<&str> {
        self.rules.iter().map(|rule| rule.get()).collect()
    }
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let listed = match subject.list_rules(&self.document.text(), &self.query.text())? {
            Ok(listed) => listed,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let read = (serde_json::from_str::<&RawValue>(&listed), serde_json::from_str::<RuleList<'_>>(&listed));
        Ok(match &read {
            (Ok(listed), Ok(list)) => to_line(&Answer { listed, texts: list.texts() }),
            _ => to_line(&json!({ "listed": listed })),
        })
    }

    fn describe(&self) -> String {
        format!("query {}\ndocument {}", self.query.describe(), self.document.describe())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.query.size())
    }

    /// The rules and the revision are those of the document, byte for byte and in its order. Namespaces without a rule are listed
    /// if the query has namespaces, and not otherwise.
    fn violations(&self, answer: &Value) -> Vec<String> {
        let Some(listed) = answer.get("listed") else {
            return invariants::refusal(answer, CODES);
        };
        let (document, query) = (self.document.text(), self.query.text());
        let Ok(list) = serde_json::from_str::<RuleList<'_>>(&document) else {
            return vec!["/listed: expected a refusal, since the document is not one".to_owned()];
        };
        let mut violations = Vec::new();
        if listed.get("revision") != Some(&list.revision.into()) {
            violations.push("/listed/revision: expected the one of the document".to_owned());
        }
        let mut rules = list.texts().into_iter();
        let texts = answer.get("texts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !texts.iter().all(|rule| rules.any(|other| rule == other)) {
            violations.push("/texts: expected rules of the document, byte for byte and in its order".to_owned());
        }
        if !is_described(listed) {
            violations.push("/listed/described: expected each rule, with the same id and every field".to_owned());
        }
        let query: Value = serde_json::from_str(&query).unwrap_or_default();
        if query.get("namespaces").is_some() != listed.get("without-rule").is_some() {
            violations.push("/listed/without-rule: expected if the query has namespaces, and not otherwise".to_owned());
        }
        violations
    }
}

/// The fields of a rule with its defaults.
const FIELDS: [&str; 8] = ["id", "namespace", "enabled", "deletion", "exempt", "note", "preset", "protects"];

/// Checks that every listed rule is described in full.
fn is_described(listed: &Value) -> bool {
    let list = |field| listed.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (rules, described) = (list("rules"), list("described"));
    let is_full = |(rule, described): (&Value, &Value)| {
        rule.get("id") == described.get("id") && FIELDS.iter().all(|field| described.get(field).is_some())
    };
    rules.len() == described.len() && rules.iter().zip(described).all(is_full)
}
