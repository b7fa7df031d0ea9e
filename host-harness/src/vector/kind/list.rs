//! `list`: which rules a document has.

use super::{Kind, Question, expected, refused};
use crate::failure::Failure;
use crate::in_json::json;
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::Subject;
use crate::vector::written::{Written, check_places};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct List {
    name: String,
    document: Option<Recipe>,
    document_text: Option<Text>,
    query: Option<Recipe>,
    text: Option<Text>,
    listed: Option<Recipe>,
    refused: Option<Recipe>,
}

impl Kind for List {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        let document = Written::document(self.document, self.document_text, document)?;
        let query = Written::new(self.query, self.text, ["query", "text"])?;
        let expected = expected([("listed", self.listed), ("refused", self.refused)])?;
        check_places(&expected, &document, &query)?;
        Ok((Box::new(Rules { document, query }), expected))
    }
}

struct Rules {
    document: Written,
    query: Written,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["invalid", "invalid-document"];

/// The answer as it came, and the text of each rule in it.
#[derive(Serialize)]
struct Answer<'a> {
    listed: &'a RawValue,
    written: Vec<&'a str>,
}

/// What a document and an answer have in common.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(default)]
    revision: u64,
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

impl Outline<'_> {
    /// The text of each rule.
    fn written(&self) -> Vec<&str> {
        self.rules.iter().map(|rule| rule.get()).collect()
    }
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let listed = match subject.list_rules(&self.document.text(), &self.query.text())? {
            Ok(listed) => listed,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let read = (serde_json::from_str::<&RawValue>(&listed), serde_json::from_str::<Outline<'_>>(&listed));
        Ok(match &read {
            (Ok(listed), Ok(outline)) => json(&Answer { listed, written: outline.written() }),
            _ => json(&json!({ "listed": listed })),
        })
    }

    fn told(&self) -> String {
        format!("query {}\ndocument {}", self.query.told(), self.document.told())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.query.size())
    }

    /// The rules are those of the document, byte for byte and in its order, and so is the revision. Namespaces without a rule
    /// are told where the query gives namespaces, and nowhere else.
    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let Some(listed) = answer.get("listed") else {
            return law::refusal(answer, CODES);
        };
        let (document, query) = (self.document.text(), self.query.text());
        let Ok(outline) = serde_json::from_str::<Outline<'_>>(&document) else {
            return vec!["/listed: expected a refusal of what is no document".to_owned()];
        };
        let mut faults = Vec::new();
        if listed.get("revision") != Some(&outline.revision.into()) {
            faults.push("/listed/revision: expected that of the document".to_owned());
        }
        let mut rules = outline.written().into_iter();
        let written = answer.get("written").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !written.iter().all(|rule| rules.any(|other| rule == other)) {
            faults.push("/written: expected rules of the document, byte for byte and in its order".to_owned());
        }
        let query: Value = serde_json::from_str(&query).unwrap_or_default();
        if query.get("namespaces").is_some() != listed.get("without-rule").is_some() {
            faults.push("/listed/without-rule: expected where the query gives namespaces, and nowhere else".to_owned());
        }
        faults
    }
}
