//! One value in JSON, laid out as people, programs and nobody would.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::fmt::Write as _;

/// How a value is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    style: Style,
    /// Of the order of fields, and of all that is odd.
    seed: u64,
}

#[derive(Clone, Copy, Debug)]
enum Style {
    /// `{"a":[1,2]}`
    Compact,
    /// `{"a": [1, 2]}`, or with something within the braces.
    Spaced(&'static str),
    /// Each part on a line of its own down to a depth, indented by this, lines ended by that.
    Lines { depth: usize, unit: &'static str, end: &'static str },
    /// White space of every kind wherever it may stand, and letters written as escapes.
    Odd,
}

/// A layout.
pub(crate) fn layout() -> impl Strategy<Value = Layout> {
    let ends = select(&["\n", "\n", "\r\n"][..]);
    let lines = (select(&[1, 2, 3, 9][..]), select(&["  ", "    ", "\t", ""][..]), ends);
    let style = prop_oneof![
        1 => Just(Style::Compact),
        2 => select(&["", " "][..]).prop_map(Style::Spaced),
        4 => lines.prop_map(|(depth, unit, end)| Style::Lines { depth, unit, end }),
        2 => Just(Style::Odd),
    ];
    (style, any::<u64>()).prop_map(|(style, seed)| Layout { style, seed })
}

impl Layout {
    /// The text of a value.
    pub(crate) fn text(&self, value: &Value) -> String {
        let mut pen = Pen { style: self.style, random: self.seed, text: String::new() };
        pen.odd_space();
        pen.value(value, 0);
        pen.odd_space();
        if let Style::Lines { end, .. } = self.style {
            pen.text.push_str(end);
        }
        pen.text
    }
}

struct Pen {
    style: Style,
    random: u64,
    text: String,
}

impl Pen {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                self.disorder(&mut fields);
                self.each('{', fields, '}', depth, |pen, (name, field)| {
                    pen.string(name);
                    pen.odd_space();
                    pen.text.push(':');
                    if !matches!(pen.style, Style::Compact | Style::Odd) {
                        pen.text.push(' ');
                    }
                    pen.odd_space();
                    pen.value(field, depth + 1);
                });
            }
            Value::Array(items) => self.each('[', items.iter().collect(), ']', depth, |pen, item| {
                pen.value(item, depth + 1);
            }),
            Value::String(text) => self.string(text),
            plain => self.text.push_str(&plain.to_string()),
        }
    }

    fn each<T>(&mut self, open: char, parts: Vec<T>, close: char, depth: usize, write: impl Fn(&mut Self, T)) {
        let is_empty = parts.is_empty();
        self.text.push(open);
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                self.odd_space();
                self.text.push(',');
            }
            self.space(index > 0, open == '{', depth + 1);
            write(self, part);
        }
        if is_empty {
            self.odd_space()
        } else {
            self.space(false, open == '{', depth)
        }
        self.text.push(close);
    }

    /// What stands before a part, or before the end. The parts of a value at a depth are one deeper.
    fn space(&mut self, is_behind_comma: bool, is_in_braces: bool, depth: usize) {
        let deepest = if self.text.ends_with(['{', '[', ',']) { depth } else { depth + 1 };
        match self.style {
            Style::Lines { depth: lines, unit, end } if deepest <= lines => {
                self.text.push_str(end);
                self.text.push_str(&unit.repeat(depth));
            }
            Style::Lines { .. } | Style::Spaced(_) if is_behind_comma => self.text.push(' '),
            Style::Spaced(gap) if is_in_braces => self.text.push_str(gap),
            Style::Odd => self.odd_space(),
            _ => {}
        }
    }

    fn odd_space(&mut self) {
        if matches!(self.style, Style::Odd) {
            let spaces = ["", "", "", " ", "  ", "\n", "\t", "\r\n", "\r", "\n\n  "];
            let space = spaces[self.roll(spaces.len())];
            self.text.push_str(space);
        }
    }

    fn string(&mut self, text: &str) {
        if !matches!(self.style, Style::Odd) {
            return self.text.push_str(&Value::from(text).to_string());
        }
        self.text.push('"');
        for letter in text.chars() {
            if letter.is_ascii_alphanumeric() && self.roll(12) == 0 {
                write!(self.text, "\\u{:04x}", u32::from(letter)).expect("a string takes all");
            } else {
                let quoted = Value::from(letter.to_string()).to_string();
                let bare = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                self.text.push_str(bare.expect("a string stands in quotes"));
            }
        }
        self.text.push('"');
    }

    /// Puts fields into another order, half of the time.
    fn disorder<T>(&mut self, fields: &mut [T]) {
        if self.roll(2) == 0 {
            for index in (1..fields.len()).rev() {
                let other = self.roll(index + 1);
                fields.swap(index, other);
            }
        }
    }

    /// A number below another.
    fn roll(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        usize::try_from(self.random >> 33).unwrap_or_default() % below
    }
}
