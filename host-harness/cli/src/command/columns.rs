//! A table for people: each column as wide as what is in it.
//!
//! Crates for tables bring borders, the width of the terminal and wrapped cells. A line of this table stays one line, so that
//! `grep` finds it, and forty lines of code are enough for that.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::terminal::printable;

/// Spaces between columns.
const GAP: usize = 2;

/// Rows of cells.
#[derive(Default)]
pub(crate) struct Columns<const COUNT: usize>(Vec<[Cell; COUNT]>);

/// Text, and how it looks.
#[derive(Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn styled(text: &str, style: Style) -> Self {
        Self { text: printable(text).into_owned(), style }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::styled(text, Style::new())
    }
}

impl<const COUNT: usize> Columns<COUNT> {
    pub(crate) fn push(&mut self, row: [Cell; COUNT]) {
        self.0.push(row);
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut widths = [0; COUNT];
        for row in &self.0 {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.text.width().max(*width);
            }
        }
        self.0.iter().try_for_each(|row| write_row(row, &widths, to))
    }
}

/// Writes a row, without spaces after its last cell that is not empty.
fn write_row(row: &[Cell], widths: &[usize], to: &mut impl Write) -> io::Result<()> {
    let mut space = 0;
    for (Cell { text, style }, width) in row.iter().zip(widths) {
        if !text.is_empty() {
            write!(to, "{:space$}{style}{text}{style:#}", "")?;
            space = 0;
        }
        space += width - text.width().min(*width) + GAP;
    }
    writeln!(to)
}

#[cfg(test)]
mod tests {
    use super::{Cell, Columns};

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut columns = Columns::default();
        columns.push(["ID", "NAME", "NOTE"].map(Cell::from));
        columns.push([Cell::from("1000"), Cell::from("東京"), Cell::from("a\tb")]);
        columns.push([Cell::default(), Cell::default(), Cell::from("c")]);
        columns.push([Cell::from("2"), Cell::from("dev"), Cell::default()]);
        let mut written = Vec::new();
        columns.write(&mut written).unwrap();
        let expected = "ID    NAME  NOTE\n1000  東京  a b\n            c\n2     dev\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
