//! A template of CloudFormation as a text within JSON: the answer of `GetTemplate` for a template in YAML.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::contract::Diagnostic;

use super::yaml::{self, JsonOfYaml};
use crate::command::excerpt::line_and_column;

/// The text of a template within a text of JSON.
pub(super) struct TemplateBody<'a> {
    /// The JSON around it.
    around: &'a str,
    /// The template, without the escapes that JSON needs.
    text: String,
    /// Where it stands in the JSON, with its quotes.
    string: Range<usize>,
}

impl<'a> TemplateBody<'a> {
    /// Finds the template. `None` where it is not a text, or where the JSON is of another form: the component says what is wrong
    /// with that.
    pub(super) fn find(around: &'a str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Answer<'a> {
            #[serde(rename = "TemplateBody", borrow)]
            body: &'a RawValue,
        }
        // A mark at the start of the text is not JSON. A list is not an answer, though serde would take its first value.
        let json = around.trim_start_matches('\u{feff}').trim_start();
        let Answer { body } = serde_json::from_str(json).ok().filter(|_| json.starts_with('{'))?;
        let string = body.get();
        let text: String = serde_json::from_str(string).ok()?;
        let start = (string.as_ptr() as usize).checked_sub(around.as_ptr() as usize)?;
        Some(Self { around, text, string: start..start + string.len() })
    }

    /// Converts it, with the places that its parts have in the JSON around it.
    ///
    /// # Errors
    ///
    /// It is not valid YAML.
    pub(super) fn to_json(&self) -> Result<JsonOfYaml, Diagnostic> {
        let places = Places::new(self);
        let at = |(line, column)| line_and_column(self.around, places.offset(line, column));
        let converted = yaml::to_json(&self.text).map_err(|problem| {
            let (line, column) = at((problem.line, problem.column));
            Diagnostic { line, column, ..problem }
        })?;
        Ok(converted.moved(at))
    }
}

/// Where each character of a template stands in the JSON around it.
struct Places {
    /// For each line, the offsets of its characters and that of its end.
    lines: Vec<Vec<usize>>,
}

impl Places {
    fn new(body: &TemplateBody<'_>) -> Self {
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        let mut offset = body.string.start + 1;
        for letter in body.text.chars() {
            line.push(offset);
            offset += escaped_length(body.around.get(offset..).unwrap_or_default(), letter);
            if letter == '\n' {
                lines.push(std::mem::take(&mut line));
            }
        }
        line.push(offset);
        lines.push(line);
        Self { lines }
    }

    /// The offset in the JSON of a place in the template. What is after the end of a line is at its end.
    fn offset(&self, line: u32, column: u32) -> usize {
        let index = |number: u32| usize::try_from(number).unwrap_or_default().saturating_sub(1);
        let line = self.lines.get(index(line)).or(self.lines.last());
        let at = line.and_then(|line| line.get(index(column)).or(line.last()));
        at.copied().unwrap_or_default()
    }
}

/// The bytes that a character takes at the start of a text of JSON: itself, or an escape.
fn escaped_length(json: &str, letter: char) -> usize {
    match json.as_bytes() {
        // A character outside the first plane is written as two escapes.
        [b'\\', b'u', ..] => 6 * letter.len_utf16(),
        [b'\\', ..] => 2,
        _ => letter.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::TemplateBody;

    #[test]
    fn a_template_is_found_where_it_is_a_text() {
        for (json, expected) in [
            (r#"{"TemplateBody": "a: 1\n"}"#, Some("a: 1\n")),
            (r#"{"StagesAvailable": ["Original"], "TemplateBody": "{\"a\": \"\u0062\"}"}"#, Some(r#"{"a": "b"}"#)),
            ("\u{feff}{\"TemplateBody\": \"\"}", Some("")),
            (r#"{"TemplateBody": {"a": 1}}"#, None),
            (r#"{"TemplateBody": 1}"#, None),
            (r#"{"Resources": {}}"#, None),
            (r#"{"TemplateBody": "a", "TemplateBody": "b"}"#, None),
            (r#"{"TemplateBody": "a""#, None),
            (r#"{"TemplateBody": "\ud800"}"#, None),
            (r#"["a"]"#, None),
            ("", None),
        ] {
            let found = TemplateBody::find(json);
            assert_eq!(found.as_ref().map(|body| body.text.as_str()), expected, "{json}");
            if let Some(body) = found {
                assert_eq!(json.as_bytes()[body.string.start], b'"', "{json}");
            }
        }
    }

    #[test]
    fn every_part_of_a_template_is_where_it_stands_in_the_json() {
        // Each escape of JSON, before the value on the same line.
        for before in ["", "ä", "\\\"", "\\u00e4", "\\ud83d\\ude00", "🦀", "\\/", "\\t"] {
            let json = format!("{{\n  \"TemplateBody\": \"# x\\nResources:\\n  '{before}': {{A: value}}\\n\"}}");
            let converted = TemplateBody::find(&json).unwrap().to_json().unwrap();
            let line = converted.text.lines().position(|line| line == "\"value\"").unwrap() + 1;
            let column = json.lines().nth(1).unwrap().split("value").next().unwrap().chars().count() + 1;
            let place = converted.place(u32::try_from(line).unwrap());
            assert_eq!(place, (2, u32::try_from(column).unwrap()), "{before}");
        }
    }

    #[test]
    fn an_error_is_where_it_stands_in_the_json() {
        let json = r#"{"TemplateBody": "a: 1\nb: [\n"}"#;
        let problem = TemplateBody::find(json).unwrap().to_json().err().unwrap();
        assert_eq!((problem.line, problem.column), (1, 31), "{}", problem.message);
    }
}
