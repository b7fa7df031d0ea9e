//! `compile`: whether a document checks, and what is told of it.

use super::super::answer::{DiagnosticText, all, json};
use super::super::recipe::{Recipe, Text};
use super::super::subject::{Subject, Way};
use super::super::written::Written;
use super::{Kind, Question};
use crate::failure::Failure;
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
}
