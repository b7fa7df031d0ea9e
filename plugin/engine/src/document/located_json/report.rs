//! What was found in a text, in the order of its places.

use super::place::Place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    problems: Findings,
    warnings: Findings,
}

/// Findings of one severity: the first of them by their places, and how many there are.
#[derive(Debug, Default)]
struct Findings {
    listed: Vec<Finding>,
    count: usize,
}

#[derive(Debug)]
struct Finding {
    place: Place,
    message: String,
    help: String,
}

impl Findings {
    fn add(&mut self, place: &Place, message: String, help: &str) {
        self.count += 1;
        // What comes first in the text may be found last.
        let index = self.listed.partition_point(|finding| finding.place.at <= place.at);
        if index < limits::MAX_DIAGNOSTICS {
            self.listed.insert(index, Finding { place: place.clone(), message, help: help.to_owned() });
            self.listed.truncate(limits::MAX_DIAGNOSTICS);
        }
    }
}

impl Report {
    /// Reports something for which the text is refused.
    pub(crate) fn problem(&mut self, place: &Place, message: String, help: &str) {
        self.problems.add(place, message, help);
    }

    /// Reports something that is valid, but almost certainly not meant.
    pub(crate) fn warning(&mut self, place: &Place, message: String, help: &str) {
        self.warnings.add(place, message, help);
    }

    /// Whether the document is refused.
    pub(crate) fn has_problems(&self) -> bool {
        self.problems.count > 0
    }

    /// Reports a text that is not valid JSON.
    pub(crate) fn syntax(&mut self, document: &str, error: &serde_json::Error) {
        let before: usize = document.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(document.len());
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
        let place = Place { at, pointer: String::new() };
        self.problem(&place, format!("invalid JSON: {what}"), "fix the JSON here");
    }

    /// All findings of a severity, in the order of their places, then one that counts those that are not listed.
    pub(crate) fn diagnostics(self, document: &str, severity: Severity) -> Vec<Diagnostic> {
        let findings = match severity {
            Severity::Problem => self.problems,
            Severity::Warning => self.warnings,
        };
        let Findings { listed, count } = findings;
        let more = count - listed.len();
        let mut cursor = Cursor { document, at: 0, line: 1, column: 1 };
        let mut diagnostics: Vec<_> = listed
            .into_iter()
            .map(|Finding { place, message, help }| {
                let (line, column) = cursor.advance(place.at);
                Diagnostic { severity, pointer: place.pointer, line, column, message, help }
            })
            .collect();
        if more > 0 {
            let message = format!("{more} more that are not listed one by one");
            let help = "fix the ones above first".to_owned();
            diagnostics.push(Diagnostic { severity, pointer: String::new(), line: 1, column: 1, message, help });
        }
        diagnostics
    }
}

/// Counts lines and columns on a single walk through the document.
struct Cursor<'a> {
    document: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Cursor<'_> {
    fn advance(&mut self, to: usize) -> (u32, u32) {
        // An offset inside a character, as a syntax error may give one, counts as its beginning.
        let to = (self.at..=to).rev().find(|at| self.document.is_char_boundary(*at)).unwrap_or(self.at);
        for character in self.document.get(self.at..to).unwrap_or_default().chars() {
            if character == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.at = to;
        (self.line, self.column)
    }
}
