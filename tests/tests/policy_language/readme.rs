//! Markdown, as far as the README needs it: sections with their JSON blocks and tables.

use serde_json::Value;

/// A page, by its sections.
pub(crate) struct Readme {
    sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Default)]
pub(crate) struct Section {
    pub(crate) heading: String,
    /// The text of its first JSON block, on one line.
    pub(crate) document: Option<String>,
    pub(crate) tables: Vec<Table>,
    /// The text of its blocks of plain text.
    pub(crate) messages: Vec<String>,
    /// Its text without blocks and tables.
    prose: String,
    /// Its first JSON block, as it stands there.
    block: Option<String>,
}

/// A table: its header, and its lines.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) lines: Vec<Vec<String>>,
}

impl Readme {
    pub(crate) fn new(text: &str) -> Self {
        let mut sections = vec![Section::default()];
        let mut lines = text.lines();
        let mut is_in_table = false;
        while let Some(line) = lines.next() {
            let section = sections.last_mut().expect("there is a first section");
            let was_in_table = std::mem::replace(&mut is_in_table, line.starts_with('|'));
            if let Some(heading) = line.strip_prefix('#') {
                let heading = heading.trim_start_matches('#').trim().to_owned();
                sections.push(Section { heading, ..Section::default() });
            } else if let Some(language) = line.strip_prefix("```") {
                let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
                section.add_block(language, &block);
            } else if line.starts_with('|') {
                section.add_line(line, was_in_table);
            } else {
                section.prose.push_str(line);
                section.prose.push('\n');
            }
        }
        Self { sections }
    }

    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The document that a section is about: its own, or the first of the page.
    pub(crate) fn document(&self, section: &Section) -> String {
        let first = self.sections.iter().find_map(|section| section.document.as_ref());
        section.document.as_ref().or(first).expect("the page has a document").clone()
    }

    /// The names of the files that examples link to, and the documents that stand under the links.
    pub(crate) fn examples(&self) -> Vec<(String, String)> {
        let example = |section: &Section| {
            let (_, rest) = section.prose.split_once("](examples/")?;
            let (name, _) = rest.split_once(')')?;
            Some((name.to_owned(), section.block.clone()?))
        };
        self.sections.iter().filter_map(example).collect()
    }

    /// The names of all fields, exempt sets and version classes.
    pub(crate) fn words(&self) -> Vec<String> {
        let tables = self.sections.iter().flat_map(|section| &section.tables);
        let named = |table: &Table| ["field", "set"].contains(&table.header[0].as_str());
        let mut words: Vec<_> = tables
            .filter(|table| named(table))
            .flat_map(|table| &table.lines)
            .flat_map(|line| codes(&line[0]))
            .collect();
        let classes = self.sections.iter().filter(|section| section.heading == "Version classes");
        words.extend(classes.flat_map(|section| codes(&section.prose)).filter(|code| code.starts_with('@')));
        words
    }
}

impl Section {
    fn add_block(&mut self, language: &str, lines: &[&str]) {
        match language {
            "json" if self.document.is_none() => {
                let text: Vec<_> = lines.iter().map(|line| line.trim()).collect();
                self.document = Some(text.join(" "));
                self.block = Some(lines.iter().map(|line| format!("{line}\n")).collect());
            }
            "text" => self.messages.push(lines.join("\n")),
            _ => {}
        }
    }

    fn add_line(&mut self, line: &str, goes_on: bool) {
        let cells = cells(line);
        match self.tables.last_mut() {
            Some(_) if cells.iter().all(|cell| cell.starts_with("--")) => {}
            Some(table) if goes_on => table.lines.push(cells),
            _ => self.tables.push(Table { header: cells, lines: Vec::new() }),
        }
    }
}

/// The cells of a line of a table. `\|` is a bar in a cell.
fn cells(line: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let line = line.trim().replace("\\|", BAR);
    let inner = line.trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace(BAR, "|")).collect()
}

/// What stands between backticks, piece by piece.
pub(crate) fn codes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The first text between backticks.
#[track_caller]
pub(crate) fn code(cell: &str) -> String {
    codes(cell).into_iter().next().unwrap_or_else(|| panic!("nothing between backticks in `{cell}`"))
}

/// A text without its backticks.
pub(crate) fn plain(cell: &str) -> String {
    cell.replace('`', "")
}

/// The JSON between backticks, piece by piece.
#[track_caller]
pub(crate) fn values(cell: &str) -> Vec<Value> {
    let value = |code: &String| serde_json::from_str(code).unwrap_or_else(|error| panic!("`{code}`: {error}"));
    codes(cell).iter().map(value).collect()
}
