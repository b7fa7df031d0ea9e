//! What a change would do to a document, as a unified difference.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write, stdout};

use anstyle::Style;
use similar::{ChangeTag, TextDiff};

use crate::command::terminal::{BAD, FRAME, GOOD, printable};

/// Writes what is different. To anything but a terminal, byte for byte, so that `patch` can take it.
pub(super) fn write(name: &str, old: &str, new: &str, to: &mut impl Write) -> io::Result<()> {
    let shown: fn(&str) -> Cow<'_, str> = if stdout().is_terminal() { printable } else { |text| text.into() };
    let difference = TextDiff::from_lines(old, new);
    writeln!(to, "{BAD}--- {0}{BAD:#}\n{GOOD}+++ {0}{GOOD:#}", shown(name))?;
    for hunk in difference.unified_diff().iter_hunks() {
        writeln!(to, "{FRAME}{}{FRAME:#}", hunk.header())?;
        for change in hunk.iter_changes() {
            let style = match change.tag() {
                ChangeTag::Delete => BAD,
                ChangeTag::Insert => GOOD,
                ChangeTag::Equal => Style::new(),
            };
            let line = change.value();
            let line = line.strip_suffix('\n').unwrap_or(line);
            writeln!(to, "{style}{}{}{style:#}", change.tag(), shown(line))?;
            if change.missing_newline() {
                writeln!(to, "\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}
