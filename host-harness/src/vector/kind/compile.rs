//! `compile`: whether a document checks, and what is told of it.

use super::{Kind, Question};
use crate::failure::Failure;
use crate::in_json::{DiagnosticText, all, json};
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::{Subject, Way};
use crate::vector::written::Written;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compile {
    name: String,
    document: Option<Recipe>,
    text: Option<Text>,
    policy: Option<Recipe>,
    problems: Option<Recipe>,
}

impl Kind for Compile {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        if document.is_some() {
            return Err("the file has a `document` that none of its vectors uses; leave it out".into());
        }
        let written = Written::new(self.document, self.text, "document")?;
        let (field, expected) = match (self.policy, self.problems) {
            (Some(policy), None) => ("policy", policy),
            (None, Some(problems)) => ("problems", problems),
            _ => return Err("both or neither of `policy` and `problems`; write one of them".into()),
        };
        if matches!(written, Written::Value(_)) && has_place(&expected.value()) {
            return Err("where things stand depends on how the document is spelled; write it as `text`".into());
        }
        let expected = Map::from_iter([(field.to_owned(), expected.into_value())]);
        Ok((Box::new(Document(written)), Recipe::new(expected.into())?))
    }
}

/// Whether a line or a column is expected of any diagnostic.
fn has_place(expected: &Value) -> bool {
    match expected {
        Value::Array(elements) => elements.iter().any(has_place),
        Value::Object(fields) => {
            fields.contains_key("line") || fields.contains_key("column") || fields.values().any(has_place)
        }
        _ => false,
    }
}

struct Document(Written);

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer<'a> {
    Policy { revision: u64, warnings: Vec<DiagnosticText<'a>> },
    Problems(Vec<DiagnosticText<'a>>),
}

impl Question for Document {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        Ok(match subject.compile(&self.0.text())? {
            Ok(judge) => {
                let warnings = judge.warnings()?;
                json(&Answer::Policy { revision: judge.revision(), warnings: all(&warnings) })
            }
            Err(problems) => json(&Answer::Problems(all(&problems))),
        })
    }

    fn ways(&self) -> &'static [Way] {
        &[Way::Json]
    }

    fn told(&self) -> String {
        format!("document {}", self.0.told())
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    /// Diagnostics are all of one severity, say what and what to do, and come in the order of their places.
    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let problems = answer.get("problems").map(|problems| ("/problems", "problem", problems));
        let warnings = answer.pointer("/policy/warnings").map(|warnings| ("/policy/warnings", "warning", warnings));
        let mut faults = Vec::new();
        for (pointer, severity, diagnostics) in problems.into_iter().chain(warnings) {
            let diagnostics = diagnostics.as_array().map(Vec::as_slice).unwrap_or_default();
            let is_whole = |diagnostic: &Value| {
                let text = |field| diagnostic.get(field).and_then(Value::as_str).unwrap_or_default();
                text("severity") == severity && !text("message").is_empty() && !text("mend").is_empty()
            };
            if !diagnostics.iter().all(is_whole) {
                faults.push(format!("{pointer}: expected a {severity} each, with a message and a mend"));
            }
            // The one that counts those that are not told stands behind them, at the beginning of the document.
            if !diagnostics.iter().take(DIAGNOSTICS).map(place).is_sorted() {
                faults.push(format!("{pointer}: expected the order of their places"));
            }
        }
        faults
    }
}

/// Most diagnostics that are told one by one.
const DIAGNOSTICS: usize = 1_000;

/// The line and the column of a diagnostic.
fn place(diagnostic: &Value) -> (Option<u64>, Option<u64>) {
    let number = |field| diagnostic.get(field).and_then(Value::as_u64);
    (number("line"), number("column"))
}
