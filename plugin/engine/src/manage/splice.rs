//! A text with some of its parts replaced, and every other byte as it was.

use std::ops::Range;

/// Replacements in a text.
#[derive(Debug)]
pub(super) struct Splice<'a> {
    text: &'a str,
    /// In the order of their places.
    parts: Vec<(Range<usize>, String)>,
}

impl<'a> Splice<'a> {
    /// No replacements yet.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, parts: Vec::new() }
    }

    /// Replaces a part, which does not overlap with another.
    pub(super) fn replace(&mut self, part: Range<usize>, with: String) {
        // Most come in their order.
        let at = self.parts.partition_point(|(other, _)| (other.start, other.end) <= (part.start, part.end));
        self.parts.insert(at, (part, with));
    }

    /// Puts something in. What is put in at the same place later comes after it.
    pub(super) fn insert(&mut self, at: usize, what: String) {
        self.replace(at..at, what);
    }

    /// The text with the replacements made. `None` where two of them overlap, or one is not in the text.
    pub(super) fn finish(self) -> Option<String> {
        let added: usize = self.parts.iter().map(|(_, with)| with.len()).sum();
        let mut spliced = String::with_capacity(self.text.len() + added);
        let mut at = 0;
        for (part, with) in self.parts {
            spliced.push_str(self.text.get(at..part.start)?);
            spliced.push_str(&with);
            at = part.end;
        }
        spliced.push_str(self.text.get(at..)?);
        Some(spliced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_spliced(parts: &[(Range<usize>, &str)], expected: Option<&str>) {
        let mut splice = Splice::new("0123é");
        parts.iter().for_each(|(part, with)| splice.replace(part.clone(), (*with).to_owned()));
        assert_eq!(splice.finish().as_deref(), expected, "{parts:?}");
    }

    #[test]
    fn parts_are_replaced_wherever_they_were_named() {
        assert_spliced(&[], Some("0123é"));
        assert_spliced(&[(0..1, "")], Some("123é"));
        assert_spliced(&[(3..4, "x"), (1..2, "yz")], Some("0yz2xé"));
        assert_spliced(&[(1..1, "a"), (1..1, "b"), (1..2, "c")], Some("0abc23é"));
        assert_spliced(&[(4..6, "e"), (6..6, "!")], Some("0123e!"));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        assert_spliced(&[(0..2, "a"), (1..3, "b")], None);
        assert_spliced(&[(5..6, "a")], None);
        assert_spliced(&[(6..7, "a")], None);
    }
}
