//! A text of another registry as the operator gave it, in JSON or YAML, and as the component reads it, in JSON.

use std::path::Path;

use tagseal::contract::Diagnostic;

use super::template_body::TemplateBody;
use super::yaml::{self, JsonOfYaml};
use crate::command::document::Document;
use crate::command::excerpt::{line_and_column, show};
use crate::command::fault::Fault;

/// A text of another registry.
pub(super) struct GivenText {
    /// As the operator gave it.
    pub(super) document: Document,
    /// The same in JSON, where it was given in YAML, or as a text within JSON.
    converted: Option<JsonOfYaml>,
}

impl GivenText {
    /// Reads a file, `-` for standard input. It is taken for YAML if its name ends so, or if the format is one that is also written
    /// in YAML and the text does not begin like JSON.
    ///
    /// # Errors
    ///
    /// - a file that can't be read
    /// - YAML that is not valid, with an alias that repeats too much, or with several documents; also in a template that is a
    ///   text within JSON
    pub(super) fn read(path: &Path, format: &str) -> Result<Self, Fault> {
        let document = Document::read(path)?;
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_json = document.text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with(['{', '[']);
        let converted = if is_yaml || (!is_json && YAML_FORMATS.contains(&format)) {
            Some(yaml::to_json(&document.text))
        } else if format == "ecr" {
            TemplateBody::find(&document.text).map(|body| body.to_json())
        } else {
            None
        };
        match converted.transpose() {
            Ok(converted) => Ok(Self { document, converted }),
            Err(error) => {
                // If standard error is closed, the exit code still shows the failure.
                let _ = show(&document.name, &document.text, &[error], &mut anstream::stderr().lock());
                Err(Fault::declined("invalid", format!("`{}` is not valid YAML", document.name)))
            }
        }
    }

    /// The text that the component reads.
    pub(super) fn json(&self) -> &str {
        self.converted.as_ref().map_or(&self.document.text, |converted| &converted.text)
    }

    /// Moves diagnostics about the JSON to their places in the text that was given.
    pub(super) fn placed(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let Some(converted) = &self.converted else { return diagnostics };
        let placed = |diagnostic: Diagnostic| {
            let (line, column) = converted.place(diagnostic.line);
            Diagnostic { line, column, ..diagnostic }
        };
        diagnostics.into_iter().map(placed).collect()
    }

    /// The place where the text first names a namespace, or a repository in it, as what its rules are for. The start of the text
    /// if it does so nowhere: then an option named it.
    pub(super) fn place_of_namespace(&self, namespace: &str) -> (u32, u32) {
        let json = self.json();
        let Some(offset) = strings(json).find(|string| string.names(namespace)).map(|string| string.offset) else {
            return (1, 1);
        };
        let (line, column) = line_and_column(json, offset);
        self.converted.as_ref().map_or((line, column), |converted| converted.place(line))
    }
}

/// The formats that people also write in YAML: zot's configuration, and CloudFormation.
const YAML_FORMATS: [&str; 2] = ["zot", "ecr"];

/// The fields in which the formats name a namespace, or a repository with its namespace.
const NAMING_FIELDS: [&str; 12] = [
    "NsName",
    "NamespaceName",
    "namespace_name",
    "namespace",
    "RepoNamespaceName",
    "repositoryName",
    "RepositoryName",
    "imageName",
    "fullPath",
    "displayName",
    "display-name",
    "name",
];

/// A string of a JSON text.
struct JsonString {
    /// Where it begins.
    offset: usize,
    text: String,
    /// The field whose value it is, `None` for the name of a field.
    field: Option<String>,
}

impl JsonString {
    /// Whether it names a namespace, or a repository in it. zot writes patterns of repositories as names of fields.
    fn names(&self, namespace: &str) -> bool {
        let text = self.text.to_ascii_lowercase();
        // Google writes the project, which becomes the namespace, after this.
        let text = text.strip_prefix("projects/").unwrap_or(&text);
        let Some(rest) = text.strip_prefix(namespace) else { return false };
        match &self.field {
            Some(field) => (rest.is_empty() || rest.starts_with('/')) && NAMING_FIELDS.contains(&&**field),
            None => rest.starts_with('/'),
        }
    }
}

/// The strings of a JSON text, in their order. An element of a list counts as a value of the field before it.
fn strings(json: &str) -> impl Iterator<Item = JsonString> {
    let mut end = 0;
    let mut field = String::new();
    std::iter::from_fn(move || {
        loop {
            let offset = end + json.get(end..)?.find('"')?;
            end = offset + string_length(json.get(offset..)?)?;
            let is_name = json.get(end..)?.trim_start().starts_with(':');
            let Some(text) = json.get(offset..end).and_then(|text| serde_json::from_str::<String>(text).ok()) else {
                continue;
            };
            if is_name {
                field.clone_from(&text);
                return Some(JsonString { offset, text, field: None });
            }
            return Some(JsonString { offset, text, field: Some(field.clone()) });
        }
    })
}

/// The bytes of the string at the start of a text, with its quotes. `None` if it has no end.
fn string_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Writes an error line for several files: `2 problems in a.json, b.yaml`.
pub(super) fn names(texts: &[GivenText]) -> String {
    texts.iter().map(|text| text.document.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::strings;

    #[test]
    fn strings_are_found_with_the_fields_that_they_are_values_of() {
        let json = r#"{"a": "x\"y", "b" : ["z", {"c": "\u0041"}], "d": 1}"#;
        let found: Vec<_> = strings(json).map(|string| (string.field.unwrap_or_default(), string.text)).collect();
        let expected = [("", "a"), ("a", "x\"y"), ("", "b"), ("b", "z"), ("", "c"), ("c", "A"), ("", "d")];
        assert_eq!(found, expected.map(|(field, text)| (field.to_owned(), text.to_owned())));
        assert_eq!(strings("\"cut").count(), 0);
    }

    #[test]
    fn a_namespace_is_named_by_what_the_rules_are_for_and_by_nothing_else() {
        for (json, expected) in [
            (r#"{"RegistryId": "prod", "TagPattern": "prod", "NsName": "prod"}"#, Some(55)),
            (r#"{"repositoryName": "prod/app"}"#, Some(19)),
            (r#"{"fullPath": "Prod/App"}"#, Some(13)),
            (r#"{"name": "projects/prod/locations/x/repositories/y"}"#, Some(9)),
            (r#"{"repositories": {"prod/**": {"defaultPolicy": ["read"]}}}"#, Some(18)),
            (r#"{"repositoryName": "production/app", "prod": "prod"}"#, None),
            (r#"{"tagPattern": "prod/x"}"#, None),
        ] {
            let found = strings(json).find(|string| string.names("prod")).map(|string| string.offset);
            assert_eq!(found, expected, "{json}");
        }
    }
}
