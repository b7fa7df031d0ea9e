//! What was found, in the order of its places.

use super::node::Place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    problems: Findings,
    warnings: Findings,
}

/// Findings of one severity: the first of them by their places, at least, and how many there are.
#[derive(Debug, Default)]
struct Findings {
    told: Vec<Finding>,
    count: usize,
}

#[derive(Debug)]
struct Finding {
    place: Place,
    message: String,
    mend: String,
}

impl Findings {
    fn add(&mut self, place: &Place, message: String, mend: &str) {
        self.count += 1;
        self.told.push(Finding { place: place.clone(), message, mend: mend.to_owned() });
        // What stands first may be found last, so all are taken, and those that come too late are dropped by the thousand.
        if self.told.len() >= 2 * limits::DIAGNOSTICS {
            self.keep_first();
        }
    }

    /// Puts those that are told into the order of their places, and drops the others.
    fn keep_first(&mut self) {
        self.told.sort_by_key(|finding| finding.place.at);
        self.told.truncate(limits::DIAGNOSTICS);
    }
}

impl Report {
    /// Something for which the document is refused.
    pub(crate) fn problem(&mut self, place: &Place, message: String, mend: &str) {
        self.problems.add(place, message, mend);
    }

    /// Something that is legal, but surely not meant.
    pub(crate) fn warning(&mut self, place: &Place, message: String, mend: &str) {
        self.warnings.add(place, message, mend);
    }

    /// Whether the document is refused.
    pub(crate) fn has_problems(&self) -> bool {
        self.problems.count > 0
    }

    /// A document that is no JSON.
    pub(crate) fn syntax(&mut self, document: &str, error: &serde_json::Error) {
        let before: usize = document.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(document.len());
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
        let place = Place { at, pointer: String::new() };
        self.problem(&place, format!("no JSON: {what}"), "mend the JSON here");
    }

    /// All findings of a severity, in the order of their places, then one that counts those that are not told.
    pub(crate) fn diagnostics(self, document: &str, severity: Severity) -> Vec<Diagnostic> {
        let mut findings = match severity {
            Severity::Problem => self.problems,
            Severity::Warning => self.warnings,
        };
        findings.keep_first();
        let Findings { told, count } = findings;
        let untold = count - told.len();
        let mut cursor = Cursor { document, at: 0, line: 1, column: 1 };
        let mut diagnostics: Vec<_> = told
            .into_iter()
            .map(|Finding { place, message, mend }| {
                let (line, column) = cursor.advance(place.at);
                Diagnostic { severity, pointer: place.pointer, line, column, message, mend }
            })
            .collect();
        if untold > 0 {
            let message = format!("{untold} more that are not told one by one");
            let mend = "mend the ones above first".to_owned();
            diagnostics.push(Diagnostic { severity, pointer: String::new(), line: 1, column: 1, message, mend });
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

/// Most characters of a document's text that a message repeats.
const SHOWN_CHARACTERS: usize = 64;

/// A text of the document as a message repeats it: cut, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARACTERS)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if shown.len() < text.len() && text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}
