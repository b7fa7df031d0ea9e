//! `import`: what the rules of another registry become here.

use super::conversion::{Conversion, parsed};
use super::pattern::code;
use super::{Kind, Question, check_unused, expected, given, refused};
use crate::failure::Failure;
use crate::in_json::{DiagnosticText, all, json};
use crate::vector::event::Event;
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::{Judge, Subject};
use crate::vector::written::Written;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Import {
    name: String,
    format: String,
    rules: Option<Recipe>,
    text: Option<Text>,
    options: Option<Recipe>,
    options_text: Option<Text>,
    imported: Option<ImportedRecipe>,
    refused: Option<Recipe>,
}

/// What is expected of an import that is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ImportedRecipe {
    document: Option<Recipe>,
    document_text: Option<Text>,
    losses: Option<Recipe>,
    deletes: Option<Recipe>,
    back: Option<Recipe>,
}

impl Kind for Import {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        check_unused(document)?;
        let rules = Written::new(self.rules, self.text, ["rules", "text"])?;
        let deletes = self.imported.as_ref().map_or(Ok(Vec::new()), ImportedRecipe::deletes)?;
        let imported = self.imported.map(ImportedRecipe::expected).transpose()?;
        let expected = expected([("imported", imported), ("refused", self.refused)])?;
        let conversion = Conversion::new(self.format, rules, (self.options, self.options_text), &expected)?;
        Ok((Box::new(Rules { conversion, deletes }), expected))
    }
}

impl ImportedRecipe {
    /// The same as one value, in which a text is no list of lines.
    fn expected(self) -> Result<Recipe, String> {
        let Self { document, document_text, losses, deletes, back } = self;
        given([
            ("document", document.map(Recipe::into_value)),
            ("document-text", document_text.map(Text::into_value)),
            ("losses", losses.map(Recipe::into_value)),
            ("deletes", deletes.map(Recipe::into_value)),
            ("back", back.map(Recipe::into_value)),
        ])
    }

    /// The tags whose deletes are asked for.
    fn deletes(&self) -> Result<Vec<String>, String> {
        let Some(deletes) = &self.deletes else { return Ok(Vec::new()) };
        let codes: BTreeMap<String, String> = serde_json::from_value(deletes.value())
            .map_err(|_| format!("`{deletes}` gives no codes; write one for each `repository:tag`"))?;
        Ok(codes.into_keys().collect())
    }
}

struct Rules {
    conversion: Conversion,
    /// The tags that are to be deleted, each behind its repository and a colon.
    deletes: Vec<String>,
}

/// The codes that a refusal may have.
const CODES: &[&str] = &["unknown-format", "invalid"];

/// What came of the import.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Imported<'a> {
    document: Option<&'a RawValue>,
    document_text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
    deletes: BTreeMap<&'a str, String>,
    /// Why the document does not check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<DiagnosticText<'a>>,
    /// What an export makes of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<Value>,
}

impl Question for Rules {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let Conversion { format, given, options, has_back, .. } = &self.conversion;
        let (text, options) = (given.text(), options.text());
        let converted = match subject.import_rules(format, &text, &options)? {
            Ok(converted) => converted,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let document = &converted.text;
        let (deletes, problems) = match subject.compile(document)? {
            Ok(judge) => (self.codes(&*judge)?, Vec::new()),
            Err(problems) => (BTreeMap::new(), problems),
        };
        let back = if *has_back { Some(parsed(subject.export_rules(format, document, &options)?)) } else { None };
        let imported = Imported {
            document: serde_json::from_str(document).ok(),
            document_text: document,
            losses: all(&converted.losses),
            deletes,
            problems: all(&problems),
            back,
        };
        Ok(json(&json!({ "imported": imported })))
    }

    fn told(&self) -> String {
        self.conversion.told("rules")
    }

    fn size(&self) -> u64 {
        self.conversion.size()
    }

    /// What is imported checks, and what it says otherwise is told. Where a document is expected, it is that one and no more.
    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let Some(imported) = answer.get("imported") else {
            return law::refusal(answer, CODES);
        };
        let losses = imported.get("losses").unwrap_or(&Value::Null);
        let mut faults = law::diagnostics("/imported/losses", "warning", losses);
        if let Some(problems) = imported.get("problems") {
            faults.push(format!("/imported/document: expected one that checks, and it has {problems}"));
        }
        faults.extend(self.conversion.more_than_expected("imported", imported));
        faults
    }
}

impl Rules {
    /// What a policy answers to the deletes.
    fn codes(&self, judge: &dyn Judge) -> Result<BTreeMap<&str, String>, Failure> {
        let ask = |name: &String| {
            let (repository, tag) = name.split_once(':').unwrap_or((name, ""));
            code(judge, &Event::new(json!({ "delete-tag": { "repository": repository, "tag": tag } }).to_string()))
        };
        self.deletes.iter().map(|name| Ok((name.as_str(), ask(name)?))).collect()
    }
}
