//! A request to the component, and the origin of each part of it, so that problems are shown in the text that the operator wrote.

use std::io::{self, Write};

use serde_json::Value;
use serde_json::value::RawValue;
use tagseal::contract::Diagnostic;

use super::excerpt;

/// A change or a query in JSON.
pub(crate) struct Request {
    text: String,
    /// What the operator wrote: flags, one a line, or a file.
    written: String,
    /// What that is called.
    name: String,
    parts: Vec<Part>,
    /// Whether the text is only the one part that is not JSON, so that the component reports what is wrong with it.
    is_broken: bool,
}

/// A value that the operator wrote.
struct Part {
    /// What it is in the request. It begins a line there.
    pointer: String,
    line: u32,
    /// Where it is in what was written.
    written: Place,
}

/// Line and column, from 1.
#[derive(Clone, Copy)]
struct Place {
    line: u32,
    column: u32,
}

impl Request {
    /// A request that is given on the command line.
    pub(crate) fn new() -> Self {
        Self::named("the command line")
    }

    /// A request that is given in a file.
    pub(crate) fn named(name: &str) -> Self {
        Self { text: String::new(), written: String::new(), name: name.to_owned(), parts: Vec::new(), is_broken: false }
    }

    /// The name of the text that the operator wrote.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The request itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Adds JSON that the operator did not write.
    pub(crate) fn add(&mut self, text: &str) {
        if !self.is_broken {
            self.text.push_str(text);
        }
    }

    /// Adds the name of a field, and the comma before it if there is another field.
    pub(crate) fn add_name(&mut self, name: &str) {
        self.part();
        self.add(&format!("\"{name}\": "));
    }

    /// Adds the comma between two values, if there is a value before.
    pub(crate) fn part(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.add(", ");
        }
    }

    /// Adds a string that a flag gives.
    pub(crate) fn add_text(&mut self, pointer: &str, flag: &str, text: &str) {
        self.add_json(pointer, flag, text, &Value::from(text).to_string());
    }

    /// Adds a list of strings, each given by its own flag.
    pub(crate) fn add_texts(&mut self, pointer: &str, flag: &str, texts: &[impl AsRef<str>]) {
        self.add("[");
        for (index, text) in texts.iter().enumerate() {
            self.part();
            self.add_text(&format!("{pointer}/{index}"), flag, text.as_ref());
        }
        self.add("]");
    }

    /// Adds JSON that a flag gives, in these words.
    pub(crate) fn add_json(&mut self, pointer: &str, flag: &str, words: &str, json: &str) {
        let place = Place { line: line(&self.written), column: count(flag.chars().count()) + 2 };
        self.written.push_str(&format!("{flag} {words}\n"));
        self.add_part(pointer, place, json);
    }

    /// Adds the content of the file.
    pub(crate) fn add_file(&mut self, pointer: &str, text: &str) {
        self.written.push_str(text);
        self.add_part(pointer, Place { line: 1, column: 1 }, text);
    }

    fn add_part(&mut self, pointer: &str, written: Place, json: &str) {
        if self.is_broken {
            return;
        }
        // Text that is not JSON could change the meaning of the JSON around it.
        self.is_broken = serde_json::from_str::<&RawValue>(json).is_err();
        if self.is_broken {
            self.text = json.to_owned();
            self.parts = vec![Part { pointer: String::new(), line: 1, written }];
            return;
        }
        self.add("\n");
        self.parts.push(Part { pointer: pointer.to_owned(), line: line(&self.text), written });
        self.add(json);
        self.add("\n");
    }

    /// Whether all these problems are in the text that the operator wrote.
    pub(crate) fn has_all(&self, problems: &[Diagnostic]) -> bool {
        let has = |problem: &Diagnostic| self.parts.iter().any(|part| is_in(&problem.pointer, &part.pointer));
        problems.iter().all(has)
    }

    /// Shows the problems in the text that the operator wrote. Returns the problems that have no place there.
    pub(crate) fn show<'a>(&self, problems: &'a [Diagnostic], to: &mut impl Write) -> io::Result<Vec<&'a Diagnostic>> {
        let (mut placed, mut others) = (Vec::new(), Vec::new());
        for problem in problems {
            match self.place(problem) {
                Some(problem) => placed.push(problem),
                None => others.push(problem),
            }
        }
        excerpt::show(&self.name, &self.written, &placed, to)?;
        Ok(others)
    }

    /// The problem with its place in the text that the operator wrote: in the part that holds it, or at the first part that it is about.
    fn place(&self, problem: &Diagnostic) -> Option<Diagnostic> {
        let around = self.parts.iter().find(|part| is_in(&problem.pointer, &part.pointer));
        let first_within = self.parts.iter().find(|part| is_in(&part.pointer, &problem.pointer));
        let (part, Place { line, column }) = match around {
            Some(part) => (part, part.place(problem)),
            None => first_within.map(|part| (part, part.written))?,
        };
        let pointer = problem.pointer.strip_prefix(&part.pointer).unwrap_or_default().to_owned();
        Some(Diagnostic { pointer, line, column, ..problem.clone() })
    }
}

impl Part {
    /// Where a problem is that is in this part.
    fn place(&self, problem: &Diagnostic) -> Place {
        let Place { line, column } = self.written;
        match problem.line.saturating_sub(self.line) {
            0 => Place { line, column: column + problem.column.saturating_sub(1) },
            below => Place { line: line + below, column: problem.column },
        }
    }
}

/// Whether a JSON pointer is another one, or leads into it.
fn is_in(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The line on which a text ends, from 1.
fn line(text: &str) -> u32 {
    count(text.matches('\n').count()) + 1
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 2)
}

#[cfg(test)]
mod tests {
    use super::Request;
    use serde_json::Value;
    use tagseal::contract::{Diagnostic, Severity};

    fn request() -> Request {
        let mut request = Request::new();
        request.add("{\"create\": {");
        request.add_name("namespace");
        request.add_text("/create/namespace", "--namespace", "a \"b\"\n");
        request.add_name("protects");
        request.add("[");
        for (index, json) in ["{\"tags\":\n1}", "2"].into_iter().enumerate() {
            request.part();
            request.add_json(&format!("/create/protects/{index}"), "--protects", json, json);
        }
        request.add("]}}");
        request
    }

    /// Where a problem of a request is shown: its line, its column and its pointer.
    #[track_caller]
    fn assert_shown(request: &Request, (pointer, line, column): (&str, u32, u32), expected: Option<(u32, u32, &str)>) {
        let (message, help) = (String::new(), String::new());
        let problem =
            Diagnostic { severity: Severity::Problem, pointer: pointer.to_owned(), line, column, message, help };
        let placed = request.place(&problem);
        let shown = placed.as_ref().map(|placed| (placed.line, placed.column, placed.pointer.as_str()));
        assert_eq!(shown, expected, "{pointer}: {}", request.text());
    }

    #[test]
    fn a_problem_is_shown_in_the_text_of_the_operator() {
        let request = request();
        let json: Value = serde_json::from_str(request.text()).unwrap();
        assert_eq!(json.pointer("/create/protects/1"), Some(&Value::from(2)));
        let line = |part: &str| {
            let lines = request.text().lines().position(|line| line.starts_with(part));
            u32::try_from(lines.unwrap()).unwrap() + 1
        };
        assert_shown(&request, ("/create/namespace", line("\"a"), 1), Some((1, 13, "")));
        assert_shown(&request, ("/create/protects/0/tags", line("{\"tags"), 2), Some((3, 13, "/tags")));
        assert_shown(&request, ("/create/protects/0/tags", line("1}"), 1), Some((4, 1, "/tags")));
        assert_shown(&request, ("/create/protects/1", line("2"), 1), Some((5, 12, "")));
        assert_shown(&request, ("/create/protects", 1, 1), Some((3, 12, "")));
        assert_shown(&request, ("/create/protects/10", 1, 1), None);
        assert_shown(&request, ("/revision", 1, 1), None);
    }

    #[test]
    fn text_that_is_not_json_is_sent_without_the_rest() {
        let mut request = Request::named("rule.json");
        request.add("{\"create\": ");
        request.add_file("/create", "{\n\"a\": }, \"revision\": {");
        request.add("}");
        assert_eq!(request.text(), "{\n\"a\": }, \"revision\": {");
        assert_shown(&request, ("", 2, 6), Some((2, 6, "")));
    }
}
