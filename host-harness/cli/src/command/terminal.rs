//! The look of text for people. The stream leaves colours out if it is not a terminal.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write, stderr};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// For whom an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Writes a document of JSON, for machines that people may look at.
pub(crate) fn write_json(value: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, value)?;
    writeln!(to)
}

/// Text from a file or a component with nothing in it that would move the cursor, ring, or turn the line around.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) { text.chars().map(shown).collect() } else { text.into() }
}

/// A character of `printable` text: a tab is one space, what can't be shown is `�`.
pub(crate) fn shown(letter: char) -> char {
    match letter {
        '\t' => ' ',
        letter if is_unsafe(letter) => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

/// Controls, and what changes the direction or the place of the text around it.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Shows notes on standard error. If that is closed, the answer itself still counts.
pub(crate) fn show_notes(notes: impl IntoIterator<Item = String>) {
    for note in notes {
        let _ = writeln!(anstream::stderr(), "{HELP}note{HELP:#}: {}", printable(&note));
    }
}

/// A number and its noun: `1 rule`, `2 rules`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What is being done, on a terminal only. The line is gone when this is dropped.
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(crate) fn start(step: &str) -> Self {
        let progress = Self { is_shown: stderr().is_terminal() };
        progress.go_on(step);
        progress
    }

    pub(crate) fn go_on(&self, step: &str) {
        if self.is_shown {
            // Progress that can't be shown is not missed.
            let _ = write!(stderr(), "\r\u{1b}[K{step}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.go_on("");
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn text_cannot_drive_the_terminal() {
        for (text, expected) in [
            ("", ""),
            ("größer, 東京 🦀", "größer, 東京 🦀"),
            ("a\tb", "a b"),
            ("\u{1b}[2Jgone\r\n", "�[2Jgone��"),
            ("\u{feff}{", "�{"),
            ("abc\u{202e}def", "abc�def"),
        ] {
            assert_eq!(printable(text), expected, "{text:?}");
        }
    }
}
