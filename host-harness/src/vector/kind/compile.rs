//! `compile`: whether a document checks, and what is told of it.

use super::{Kind, Question, check_unused, expected};
use crate::failure::Failure;
use crate::in_json::{DiagnosticText, all, json};
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::Subject;
use crate::vector::written::{Written, has_place};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
        check_unused(document)?;
        let written = Written::new(self.document, self.text, ["document", "text"])?;
        let expected = expected([("policy", self.policy), ("problems", self.problems)])?;
        if written.is_value() && has_place(&expected.value()) {
            return Err("where things stand depends on how the document is spelled; write it as `text`".into());
        }
        Ok((Box::new(Document(written)), expected))
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
        let told = problems.into_iter().chain(warnings);
        told.flat_map(|(pointer, severity, told)| law::diagnostics(pointer, severity, told)).collect()
    }
}
