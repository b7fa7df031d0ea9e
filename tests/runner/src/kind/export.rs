//! `export`: the rules of a document for another registry.

use super::conversion::{Conversion, parsed};
use super::form::{Kind, expected, given, refused};
use crate::input_text::InputText;
use crate::invariants;
use crate::question::Question;
use crate::subject::Subject;
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tagseal::CallError;
use tagseal::json::{DiagnosticText, diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Export {
    name: String,
    format: String,
    document: Option<Template>,
    document_text: Option<Text>,
    options: Option<Template>,
    options_text: Option<Text>,
    exported: Option<ExpectedExport>,
    refused: Option<Template>,
}

/// The expected result of an export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedExport {
    rules: Option<Template>,
    text: Option<Text>,
    losses: Option<Template>,
    back: Option<Template>,
}

impl Kind for Export {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        let document = InputText::document(self.document, self.document_text, document)?;
        let exported = self.exported.map(ExpectedExport::expected).transpose()?;
        let expected = expected([("exported", exported), ("refused", self.refused)])?;
        let conversion = Conversion::new(self.format, document, (self.options, self.options_text), &expected)?;
        Ok((Box::new(Document(conversion)), expected))
    }
}

impl ExpectedExport {
    /// Makes one value of it, in which a text is not a list of lines.
    fn expected(self) -> Result<Template, String> {
        let Self { rules, text, losses, back } = self;
        given([
            ("rules", rules.map(Template::into_value)),
            ("text", text.map(Text::into_value)),
            ("losses", losses.map(Template::into_value)),
            ("back", back.map(Template::into_value)),
        ])
    }
}

struct Document(Conversion);

/// The codes that a refusal may have.
const CODES: &[&str] = &["unknown-format", "invalid", "invalid-document", "not-found", "not-expressible"];

/// The result of the export.
#[derive(Serialize)]
struct Exported<'a> {
    rules: Option<&'a RawValue>,
    text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
    /// The document that an import makes of the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<Value>,
}

impl Question for Document {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let Conversion { format, input, options, has_back, .. } = &self.0;
        let (document, options) = (input.text(), options.text());
        let converted = match subject.export_rules(format, &document, &options)? {
            Ok(converted) => converted,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let text = &converted.text;
        let back = if *has_back { Some(parsed(subject.import_rules(format, text, &options)?)) } else { None };
        let rules = serde_json::from_str(text).ok();
        let exported = Exported { rules, text, losses: diagnostics(&converted.losses), back };
        Ok(to_line(&json!({ "exported": exported })))
    }

    fn describe(&self) -> String {
        self.0.describe("document")
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    /// A refusal names no rule, since no rule was selected by its id.
    fn violations(&self, answer: &Value) -> Vec<String> {
        let Some(exported) = answer.get("exported") else {
            let mut violations = invariants::refusal(answer, CODES);
            if answer.pointer("/refused/rule").is_some_and(Value::is_u64) {
                violations.push("/refused/rule: expected none".to_owned());
            }
            return violations;
        };
        let losses = exported.get("losses").unwrap_or(&Value::Null);
        let mut violations = invariants::diagnostics("/exported/losses", "warning", losses);
        violations.extend(self.0.more_than_expected("exported", exported));
        violations
    }
}
