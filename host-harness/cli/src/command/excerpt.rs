//! Diagnostics as a compiler shows them: the place, the line itself, a caret under it, and the help.
//!
//! `annotate-snippets` draws the same. It works out lines and columns from the whole text for each diagnostic, and shows lines in
//! full. A policy document may have 256 MiB, all of it on one line: here it is read once for all diagnostics, and a long
//! line is cut around the place. The JSON pointer stands next to the place.

use std::io::{self, Write};

use tagseal::contract::{Diagnostic, Severity};
use unicode_width::UnicodeWidthChar;

use super::terminal::{BAD, DOUBTFUL, FRAME, HELP, printable, shown};

/// The most characters of a line that are shown, and how many of them stand before the place.
const WIDTH: usize = 100;
const BEFORE: usize = 60;

/// Shows each diagnostic of a document. If they come in the order of their places, the document is read only once.
pub(crate) fn show(name: &str, text: &str, diagnostics: &[Diagnostic], to: &mut impl Write) -> io::Result<()> {
    let mut reader = Reader::new(text);
    for diagnostic in diagnostics {
        reader.go_to(diagnostic.line, diagnostic.column);
        show_one(name, diagnostic, &Excerpt::around(text, reader.line_start, reader.offset), to)?;
    }
    Ok(())
}

/// The line and the column of an offset, both from 1.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX - 1) + 1;
    (number(before.matches('\n').count()), number(line.chars().count()))
}

fn show_one(name: &str, diagnostic: &Diagnostic, excerpt: &Excerpt, to: &mut impl Write) -> io::Result<()> {
    let Diagnostic { severity, pointer, line, column, message, help } = diagnostic;
    let (style, label) = match severity {
        Severity::Problem => (BAD, "error"),
        Severity::Warning => (DOUBTFUL, "warning"),
    };
    let gutter = " ".repeat(line.to_string().len());
    let place = if pointer.is_empty() { String::new() } else { format!(" ({})", printable(pointer)) };
    writeln!(to, "{style}{label}{style:#}: {}", printable(message))?;
    writeln!(to, "{gutter}{FRAME}-->{FRAME:#} {}:{line}:{column}{place}", printable(name))?;
    writeln!(to, "{gutter} {FRAME}|{FRAME:#}")?;
    writeln!(to, "{FRAME}{line} |{FRAME:#} {}", excerpt.line)?;
    writeln!(to, "{gutter} {FRAME}|{FRAME:#} {}{style}^{style:#}", " ".repeat(excerpt.caret))?;
    if !help.is_empty() {
        writeln!(to, "{gutter} {FRAME}={FRAME:#} {HELP}help{HELP:#}: {}", printable(help))?;
    }
    writeln!(to)
}

/// A place in a document. Moving forward reads the text in between; moving back starts again from the beginning.
struct Reader<'a> {
    text: &'a str,
    line: u32,
    line_start: usize,
    column: u32,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, line: 1, line_start: 0, column: 1, offset: 0 }
    }

    /// Goes to a line and a column, both from 1; to the end of what is shorter.
    fn go_to(&mut self, line: u32, column: u32) {
        if (line, column) < (self.line, self.column) {
            *self = Self::new(self.text);
        }
        while self.line < line
            && let Some(length) = self.rest().find('\n')
        {
            self.line += 1;
            self.line_start = self.offset + length + 1;
            (self.column, self.offset) = (1, self.line_start);
        }
        let steps = column.saturating_sub(self.column) as usize;
        let on_line = self.rest().chars().take_while(|&letter| letter != '\n').take(steps);
        let (count, bytes) = on_line.fold((0, 0), |(count, bytes), letter| (count + 1, bytes + letter.len_utf8()));
        self.column += count;
        self.offset += bytes;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }
}

/// As much of a line as is worth showing.
#[derive(Debug, PartialEq, Eq)]
struct Excerpt {
    line: String,
    /// Columns of the terminal before the place.
    caret: usize,
}

impl Excerpt {
    /// What is around an offset, and where a line was cut, `…`.
    fn around(text: &str, line_start: usize, offset: usize) -> Self {
        let before = text.get(line_start..offset).unwrap_or_default();
        let after = text.get(offset..).unwrap_or_default();
        let start = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(index, _)| index);
        let before = before.get(start..).unwrap_or_default();
        let mut line = String::from(if start > 0 { "…" } else { "" });
        line.extend(before.chars().map(shown));
        let caret = line.chars().filter_map(char::width).sum();
        let mut rest = after.chars().take_while(|letter| !matches!(letter, '\r' | '\n'));
        line.extend(rest.by_ref().take(WIDTH - before.chars().count()).map(shown));
        if rest.next().is_some() {
            line.push('…');
        }
        Self { line, caret }
    }
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, Reader};

    #[track_caller]
    fn assert_excerpt(text: &str, line: u32, column: u32, expected: (&str, usize)) {
        let mut reader = Reader::new(text);
        reader.go_to(line, column);
        let Excerpt { line, caret } = Excerpt::around(text, reader.line_start, reader.offset);
        assert_eq!((line.as_str(), caret), expected);
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_excerpt("", 1, 1, ("", 0));
        assert_excerpt("one\ntwo\nthree", 2, 3, ("two", 2));
        assert_excerpt("one\r\ntwo\r\n", 1, 2, ("one", 1));
        assert_excerpt("one\ntwo", 2, 4, ("two", 3));
        // Wide letters take two columns of a terminal, combining marks none.
        assert_excerpt("東京x", 1, 3, ("東京x", 4));
        assert_excerpt("e\u{301}x", 1, 3, ("e\u{301}x", 1));
    }

    #[test]
    fn a_place_past_the_end_is_the_end() {
        assert_excerpt("one\ntwo", 9, 9, ("two", 3));
        assert_excerpt("one\ntwo", 1, 9, ("one", 3));
        assert_excerpt("one", 0, 0, ("one", 0));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let text = format!("{}X{}", "a".repeat(1_000), "b".repeat(1_000));
        assert_excerpt(&text, 1, 1_001, (&format!("…{}X{}…", "a".repeat(60), "b".repeat(39)), 61));
    }

    #[test]
    fn going_back_starts_again() {
        let mut reader = Reader::new("one\ntwo\nthree");
        reader.go_to(3, 2);
        assert_eq!(reader.offset, 9);
        reader.go_to(1, 2);
        assert_eq!(reader.offset, 1);
        reader.go_to(2, 1);
        assert_eq!(reader.offset, 4);
    }
}
