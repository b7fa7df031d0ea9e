//! A value of a text, and where it is.

use super::members::offset;
use super::place::Place;
use super::quote::shown;
use super::report::Report;
use crate::document::strict_json::Text;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// A value of a text, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) place: Place,
    pub(super) raw: &'a RawValue,
    /// The whole text.
    pub(super) text: &'a str,
}

/// Every reader here returns `None` for a value that it can't read, and then the report has the problem.
impl<'a> Node<'a> {
    /// The value that is the whole text.
    pub(super) fn root(text: &'a str, raw: &'a RawValue) -> Self {
        Self::new(text, raw, String::new())
    }

    pub(super) fn new(text: &'a str, raw: &'a RawValue, pointer: String) -> Self {
        Self { place: Place { at: offset(text, raw), pointer }, raw, text }
    }

    /// Reads the elements of a list.
    pub(crate) fn elements(&self, report: &mut Report) -> Option<Vec<Node<'a>>> {
        let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(self.raw.get()) else {
            return self.wrong("a list", report);
        };
        let node = |(index, raw): (usize, _)| Self::new(self.text, raw, format!("{}/{index}", self.place.pointer));
        Some(elements.into_iter().enumerate().map(node).collect())
    }

    /// The value as it is in the text.
    pub(crate) fn raw_text(&self) -> &'a str {
        self.raw.get()
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        self.raw.get() == "null"
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        self.raw_text().starts_with('{')
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.raw.get().starts_with('[')
    }

    /// Reads a string.
    pub(crate) fn text(&self, report: &mut Report) -> Option<Cow<'a, str>> {
        match serde_json::from_str::<Text<'a>>(self.raw.get()) {
            Ok(Text(text)) => Some(text),
            Err(_) if self.raw.get().starts_with('"') => {
                report.problem(&self.place, "the string is not valid Unicode".into(), "remove the lone surrogate");
                None
            }
            Err(_) => self.wrong("a string", report),
        }
    }

    /// Reads a boolean.
    pub(crate) fn boolean(&self, report: &mut Report) -> Option<bool> {
        serde_json::from_str(self.raw.get()).ok().or_else(|| self.wrong("`true` or `false`", report))
    }

    /// Reads a whole number in a range.
    pub(crate) fn integer(&self, range: RangeInclusive<u64>, report: &mut Report) -> Option<u64> {
        let number = serde_json::from_str::<u64>(self.raw.get()).ok().filter(|number| range.contains(number));
        number.or_else(|| self.wrong(&format!("a whole number from {} to {}", range.start(), range.end()), report))
    }

    /// Reports that something else was expected.
    pub(crate) fn wrong<T>(&self, expected: &str, report: &mut Report) -> Option<T> {
        let found = match self.raw.get().as_bytes().first() {
            Some(b'{') => "an object".into(),
            Some(b'[') => "a list".into(),
            _ => format!("`{}`", shown(self.raw.get())),
        };
        report.problem(&self.place, format!("expected {expected}, found {found}"), &format!("write {expected}"));
        None
    }
}
