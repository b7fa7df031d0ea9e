//! `compile`: whether a document is valid, and the diagnostics about it.

use super::form::{Kind, check_unused, expected};
use crate::input_text::{InputText, has_place};
use crate::invariants;
use crate::question::Question;
use crate::subject::Subject;
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tagseal::CallError;
use tagseal::json::{DiagnosticText, diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compile {
    name: String,
    document: Option<Template>,
    text: Option<Text>,
    policy: Option<Template>,
    problems: Option<Template>,
}

impl Kind for Compile {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        check_unused(document)?;
        let document = InputText::new(self.document, self.text, ["document", "text"])?;
        let expected = expected([("policy", self.policy), ("problems", self.problems)])?;
        if document.is_value() && has_place(&expected.value()) {
            return Err("lines and columns depend on how the document is written; write it as `text`".into());
        }
        Ok((Box::new(Document(document)), expected))
    }
}

struct Document(InputText);

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer<'a> {
    Policy { revision: u64, warnings: Vec<DiagnosticText<'a>> },
    Problems(Vec<DiagnosticText<'a>>),
}

impl Question for Document {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        Ok(match subject.compile(&self.0.text())? {
            Ok(policy) => {
                let warnings = policy.warnings()?;
                to_line(&Answer::Policy { revision: policy.revision(), warnings: diagnostics(&warnings) })
            }
            Err(problems) => to_line(&Answer::Problems(diagnostics(&problems))),
        })
    }

    fn describe(&self) -> String {
        format!("document {}", self.0.describe())
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    fn violations(&self, answer: &Value) -> Vec<String> {
        let problems = answer.get("problems").map(|problems| ("/problems", "problem", problems));
        let warnings = answer.pointer("/policy/warnings").map(|warnings| ("/policy/warnings", "warning", warnings));
        let lists = problems.into_iter().chain(warnings);
        lists.flat_map(|(pointer, severity, list)| invariants::diagnostics(pointer, severity, list)).collect()
    }
}
