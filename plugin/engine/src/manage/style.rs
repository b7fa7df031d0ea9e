//! How new values are written, so that they look like their neighbours.

use super::raw_object::RawObject;
use crate::rule::field::{RuleField, SelectorField};
use crate::rule::tag_override::OverrideField;
use crate::words::Word;
use serde_json::{Map, Value};

/// How many characters a value has on one line, where values may take more than one.
const MAX_LINE_CHARACTERS: usize = 100;

/// How values are written in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// What is inside the braces of an object on one line.
    gap: String,
    colon: String,
    /// What is between two parts on one line.
    pub(super) comma: &'static str,
    /// What a level indents by.
    unit: String,
}

impl Style {
    /// That of an object.
    pub(super) fn of(written: &RawObject<'_>) -> Self {
        let comma = if written.comma() == "," { "," } else { ", " };
        let gap = match written.open() {
            open if open.contains('\n') => comma.trim_start_matches(','),
            open => open,
        };
        let inner = line(written.open()).zip(line(written.close));
        let unit = inner.and_then(|(inner, outer)| inner.strip_prefix(outer)).filter(|unit| !unit.is_empty());
        let unit = unit.unwrap_or(if written.comma().contains('\t') { "\t" } else { "  " });
        Self { gap: gap.to_owned(), colon: written.colon().to_owned(), comma, unit: unit.to_owned() }
    }

    /// What begins a line one level deeper.
    pub(super) fn deeper(&self, line: &str) -> String {
        [line, &*self.unit].concat()
    }

    /// A member of an object.
    pub(super) fn member(&self, name: &str, value: &Value, line: Option<&str>) -> String {
        [&*self.name(name), &*self.value(value, line)].concat()
    }

    /// The name of a member, and the colon.
    pub(super) fn name(&self, name: &str) -> String {
        [&*Value::from(name).to_string(), &*self.colon].concat()
    }

    /// A value, in as many lines as it takes, each begun by what begins a line one level deeper than `line`. On one line
    /// where `line` is `None`.
    pub(super) fn value(&self, value: &Value, line: Option<&str>) -> String {
        let flat = self.flat(value);
        match line {
            Some(line) if flat.chars().count() > MAX_LINE_CHARACTERS => self.broken(value, line),
            _ => flat,
        }
    }

    /// A value in several lines, if it is a list or an object.
    pub(super) fn broken(&self, value: &Value, line: &str) -> String {
        let inner = self.deeper(line);
        let (open, parts, close) = match value {
            Value::Array(items) => ("[", items.iter().map(|item| self.value(item, Some(&inner))).collect(), "]"),
            Value::Object(fields) => {
                let members = members(fields).into_iter();
                ("{", members.map(|(name, value)| self.member(name, value, Some(&inner))).collect(), "}")
            }
            _ => return self.flat(value),
        };
        let parts: Vec<String> = parts;
        [open, &inner, &parts.join(&[",", &inner].concat()), line, close].concat()
    }

    fn flat(&self, value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.flat(item)).collect();
                format!("[{}]", items.join(self.comma))
            }
            Value::Object(fields) => {
                let members: Vec<_> =
                    members(fields).into_iter().map(|(name, value)| self.member(name, value, None)).collect();
                format!("{{{}{}{}}}", self.gap, members.join(self.comma), self.gap)
            }
            value => value.to_string(),
        }
    }
}

/// Returns the line break in what is between two parts, and the white space that the next line begins with. Returns `None`
/// where there is no line break.
pub(super) fn line(between: &str) -> Option<&str> {
    let at = between.rfind('\n')?;
    let start = if between.get(..at)?.ends_with('\r') { at - 1 } else { at };
    let line = between.get(start..)?;
    line.get(..line.find(|letter: char| !letter.is_ascii_whitespace()).unwrap_or(line.len()))
}

/// The members of an object, those of a rule in the order in which they are best read.
fn members(fields: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut members: Vec<(&str, &Value)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let at = members.partition_point(|(before, _)| rank(before) <= rank(name));
        members.insert(at, (name.as_str(), value));
    }
    members
}

/// The place of a field among those of a rule, of a selector, or of an override.
pub(super) fn rank(name: &str) -> usize {
    let fields = RuleField::TEXTS.iter().chain(SelectorField::TEXTS).chain(OverrideField::TEXTS);
    fields.copied().position(|text| text == name).unwrap_or_default()
}
