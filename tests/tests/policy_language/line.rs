//! Each line of a table as vectors, by the table's header.

use crate::readme::{Readme, Section, Table, codes, plain};
use crate::vectors::{Key, Vector};
use crate::{event, fields, limits, patterns};

/// What a table asks: what its line says, beside the section's document.
pub(crate) struct Line<'a> {
    pub(crate) heading: &'a str,
    pub(crate) document: &'a str,
    pub(crate) header: &'a [String],
    pub(crate) cells: &'a [String],
    /// The messages that the section shows.
    pub(crate) messages: &'a [String],
}

impl Line<'_> {
    /// A name for a vector of this line: the section, and what the line has before its answers.
    pub(crate) fn name(&self, said: &[&str]) -> String {
        let said: Vec<_> = said.iter().map(|cell| plain(cell)).filter(|cell| !cell.is_empty()).collect();
        format!("{}: {}", self.heading, said.join(", "))
    }
}

type Read = fn(&Line<'_>) -> Vec<(&'static str, String, Vector)>;

/// The first cells of the headers of all tables that ask something, and how their lines are read.
const TABLES: [(&str, Read); 14] = [
    ("field", fields::field),
    ("repository", fields::seen),
    ("pattern", patterns::glob),
    ("glob, refused", patterns::refused_glob),
    ("regular expression, for tags", patterns::regex),
    ("regular expression, refused", patterns::refused_regex),
    ("tag", patterns::classes),
    ("of", patterns::doubted),
    ("selector for tags", patterns::selector),
    ("set", patterns::exempt),
    ("what happens", event::happens),
    ("what happened", event::happened),
    ("what", limits::limit),
    ("word", ignored),
];

/// Of the table of words, which asks nothing.
fn ignored(_: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    Vec::new()
}

/// All that the page says, in its order.
pub(crate) fn all(readme: &Readme) -> Vec<(Key, Vector)> {
    let of_section = |section: &Section| {
        let document = readme.document(section);
        let valid = section.document.iter().map(|document| fields::valid(&section.heading, document));
        let lines = section.tables.iter().flat_map(|table| of_table(section, table, &document));
        valid.chain(lines).map(|(kind, name, vector)| ((kind, name), vector)).collect::<Vec<_>>()
    };
    readme.sections().iter().flat_map(of_section).collect()
}

fn of_table(section: &Section, table: &Table, document: &str) -> Vec<(&'static str, String, Vector)> {
    let (_, read) = TABLES
        .iter()
        .find(|(head, _)| *head == table.header[0])
        .unwrap_or_else(|| panic!("{}: no test knows a table of `{}`", section.heading, table.header[0]));
    let line =
        |cells| Line { heading: &section.heading, document, header: &table.header, cells, messages: &section.messages };
    let lines = table.lines.iter().map(|cells| {
        assert_eq!(cells.len(), table.header.len(), "{}: {cells:?}", section.heading);
        read(&line(cells))
    });
    lines.flatten().collect()
}

/// Whether an answer is one of a list, where a line has a list of names that fit and one of names that don't.
pub(crate) fn both(fits: &str, fits_not: &str) -> Vec<(String, bool)> {
    let fits = codes(fits).into_iter().map(|name| (name, true));
    fits.chain(codes(fits_not).into_iter().map(|name| (name, false))).collect()
}
