//! `export`: what the rules of a document are for another registry.

use super::conversion::{Conversion, parsed};
use super::{Kind, Question, expected, given, refused};
use crate::failure::Failure;
use crate::in_json::{DiagnosticText, all, json};
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::Subject;
use crate::vector::written::Written;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Export {
    name: String,
    format: String,
    document: Option<Recipe>,
    document_text: Option<Text>,
    options: Option<Recipe>,
    options_text: Option<Text>,
    exported: Option<ExportedRecipe>,
    refused: Option<Recipe>,
}

/// What is expected of an export that is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportedRecipe {
    rules: Option<Recipe>,
    text: Option<Text>,
    losses: Option<Recipe>,
    back: Option<Recipe>,
}

impl Kind for Export {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        let document = Written::document(self.document, self.document_text, document)?;
        let exported = self.exported.map(ExportedRecipe::expected).transpose()?;
        let expected = expected([("exported", exported), ("refused", self.refused)])?;
        let conversion = Conversion::new(self.format, document, (self.options, self.options_text), &expected)?;
        Ok((Box::new(Document(conversion)), expected))
    }
}

impl ExportedRecipe {
    /// The same as one value, in which a text is no list of lines.
    fn expected(self) -> Result<Recipe, String> {
        let Self { rules, text, losses, back } = self;
        given([
            ("rules", rules.map(Recipe::into_value)),
            ("text", text.map(Text::into_value)),
            ("losses", losses.map(Recipe::into_value)),
            ("back", back.map(Recipe::into_value)),
        ])
    }
}

struct Document(Conversion);

/// The codes that a refusal may have.
const CODES: &[&str] = &["unknown-format", "invalid", "invalid-document", "not-found", "not-expressible"];

/// What came of the export.
#[derive(Serialize)]
struct Exported<'a> {
    rules: Option<&'a RawValue>,
    text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
    /// What an import makes of the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<Value>,
}

impl Question for Document {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let Conversion { format, given, options, has_back, .. } = &self.0;
        let (document, options) = (given.text(), options.text());
        let converted = match subject.export_rules(format, &document, &options)? {
            Ok(converted) => converted,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let text = &converted.text;
        let back = if *has_back { Some(parsed(subject.import_rules(format, text, &options)?)) } else { None };
        let rules = serde_json::from_str(text).ok();
        let exported = Exported { rules, text, losses: all(&converted.losses), back };
        Ok(json(&json!({ "exported": exported })))
    }

    fn told(&self) -> String {
        self.0.told("document")
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    /// A refusal names no rule, since none was asked for by its id. Where rules are expected, they are those and no more.
    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let Some(exported) = answer.get("exported") else {
            let mut faults = law::refusal(answer, CODES);
            if answer.pointer("/refused/rule").is_some_and(Value::is_u64) {
                faults.push("/refused/rule: expected none".to_owned());
            }
            return faults;
        };
        let losses = exported.get("losses").unwrap_or(&Value::Null);
        let mut faults = law::diagnostics("/exported/losses", "warning", losses);
        faults.extend(self.0.more_than_expected("exported", exported));
        faults
    }
}
