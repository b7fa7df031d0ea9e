//! `import`: the document that the rules of another registry become.

use super::conversion::{Conversion, parsed};
use super::form::{Kind, check_unused, expected, given, refused};
use crate::event::Event;
use crate::input_text::InputText;
use crate::invariants;
use crate::question::Question;
use crate::subject::{Subject, SubjectPolicy, decided_code};
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tagseal::CallError;
use tagseal::json::{DiagnosticText, diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Import {
    name: String,
    format: String,
    rules: Option<Template>,
    text: Option<Text>,
    options: Option<Template>,
    options_text: Option<Text>,
    imported: Option<ExpectedImport>,
    refused: Option<Template>,
}

/// The expected result of an import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedImport {
    document: Option<Template>,
    document_text: Option<Text>,
    losses: Option<Template>,
    deletes: Option<Template>,
    back: Option<Template>,
}

impl Kind for Import {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        check_unused(document)?;
        let rules = InputText::new(self.rules, self.text, ["rules", "text"])?;
        let deletes = self.imported.as_ref().map_or(Ok(Vec::new()), ExpectedImport::deletes)?;
        let imported = self.imported.map(ExpectedImport::expected).transpose()?;
        let expected = expected([("imported", imported), ("refused", self.refused)])?;
        let conversion = Conversion::new(self.format, rules, (self.options, self.options_text), &expected)?;
        Ok((Box::new(Rules { conversion, deletes }), expected))
    }
}

impl ExpectedImport {
    /// Makes one value of it, in which a text is not a list of lines.
    fn expected(self) -> Result<Template, String> {
        let Self { document, document_text, losses, deletes, back } = self;
        given([
            ("document", document.map(Template::into_value)),
            ("document-text", document_text.map(Text::into_value)),
            ("losses", losses.map(Template::into_value)),
            ("deletes", deletes.map(Template::into_value)),
            ("back", back.map(Template::into_value)),
        ])
    }

    /// Returns the tags whose deletes are to be decided.
    fn deletes(&self) -> Result<Vec<String>, String> {
        let Some(deletes) = &self.deletes else { return Ok(Vec::new()) };
        let codes: BTreeMap<String, String> = serde_json::from_value(deletes.value())
            .map_err(|_| format!("`{deletes}` has no codes; write one for each `repository:tag`"))?;
        Ok(codes.into_keys().collect())
    }
}

struct Rules {
    conversion: Conversion,
    /// The tags to delete, each after its repository and a colon.
    deletes: Vec<String>,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["unknown-format", "invalid"];

/// The result of the import.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Imported<'a> {
    document: Option<&'a RawValue>,
    document_text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
    deletes: BTreeMap<&'a str, String>,
    /// Why the document is invalid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<DiagnosticText<'a>>,
    /// The rules that an export makes of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<Value>,
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let Conversion { format, input, options, has_back, .. } = &self.conversion;
        let (text, options) = (input.text(), options.text());
        let converted = match subject.import_rules(format, &text, &options)? {
            Ok(converted) => converted,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let document = &converted.text;
        let (deletes, problems) = match subject.compile(document)? {
            Ok(policy) => (self.codes(&*policy)?, Vec::new()),
            Err(problems) => (BTreeMap::new(), problems),
        };
        let back = if *has_back { Some(parsed(subject.export_rules(format, document, &options)?)) } else { None };
        let imported = Imported {
            document: serde_json::from_str(document).ok(),
            document_text: document,
            losses: diagnostics(&converted.losses),
            deletes,
            problems: diagnostics(&problems),
            back,
        };
        Ok(to_line(&json!({ "imported": imported })))
    }

    fn describe(&self) -> String {
        self.conversion.describe("rules")
    }

    fn size(&self) -> u64 {
        self.conversion.size()
    }

    fn violations(&self, answer: &Value) -> Vec<String> {
        let Some(imported) = answer.get("imported") else {
            return invariants::refusal(answer, CODES);
        };
        let losses = imported.get("losses").unwrap_or(&Value::Null);
        let mut violations = invariants::diagnostics("/imported/losses", "warning", losses);
        if let Some(problems) = imported.get("problems") {
            violations.push(format!("/imported/document: expected a valid one, but it has {problems}"));
        }
        violations.extend(self.conversion.more_than_expected("imported", imported));
        violations
    }
}

impl Rules {
    /// Returns the codes of a policy's decisions of the deletes.
    fn codes(&self, policy: &dyn SubjectPolicy) -> Result<BTreeMap<&str, String>, CallError> {
        let ask = |name: &String| {
            let (repository, tag) = name.split_once(':').unwrap_or((name, ""));
            decided_code(
                policy,
                &Event::new(json!({ "delete-tag": { "repository": repository, "tag": tag } }).to_string()),
            )
        };
        self.deletes.iter().map(|name| Ok((name.as_str(), ask(name)?))).collect()
    }
}
