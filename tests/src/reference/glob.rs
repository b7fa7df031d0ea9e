//! Globs by brute force: the set of all places that a pattern can reach in a text.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// A part of a pattern.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    Character(char),
    /// `?`: one character that is no `/`.
    One,
    /// `*`: any number of characters that are no `/`.
    Some,
    /// `[a-z]`, `[!a]`: one character that is no `/` and is, or is not, in one of the ranges.
    Class(bool, Vec<RangeInclusive<char>>),
    /// `**/` as a whole component: any number of components, each with its `/`.
    Components,
    /// `**` as the last whole component: whatever is left.
    Rest,
    /// `{a,b}`
    Either(Vec<Vec<Piece>>),
}

/// Reads a pattern.
///
/// # Errors
///
/// - `` (empty), more than 512 bytes, or other than ASCII
/// - `[a`, `{a`, `a}`, `a\`: something is open, closed or escaped that isn't there
/// - `[b-a]`: a range the wrong way round
/// - `[+-9]`, `[/]`: a class that holds `/`
/// - `{{{{{{{{{a}}}}}}}}}`: more than 8 braces deep
pub fn read(pattern: &str) -> Result<Vec<Piece>, &'static str> {
    if !pattern.is_ascii() || !(1..=512).contains(&pattern.len()) {
        return Err("not 1 to 512 characters of ASCII");
    }
    let mut reader = Reader { characters: pattern.chars().collect(), place: 0, depth: 0 };
    let pieces = reader.sequence(true)?;
    // As `globset` has it: `**/` alone is `**`.
    if pieces.iter().all(|piece| *piece == Piece::Components) {
        return Ok(vec![Piece::Rest]);
    }
    Ok(pieces)
}

struct Reader {
    characters: Vec<char>,
    place: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.place + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek(0)?;
        self.place += 1;
        Some(character)
    }

    /// Reads to the end of the pattern, or of an alternative. `start`: whether a component of the path starts here.
    fn sequence(&mut self, start: bool) -> Result<Vec<Piece>, &'static str> {
        let mut pieces = Vec::new();
        let mut start = start;
        while let Some(character) = self.peek(0) {
            if self.depth > 0 && matches!(character, ',' | '}') {
                break;
            }
            let piece = self.piece(start, pieces.is_empty())?;
            start = matches!(piece, Piece::Character('/') | Piece::Components);
            pieces.push(piece);
        }
        Ok(pieces)
    }

    fn piece(&mut self, start: bool, first: bool) -> Result<Piece, &'static str> {
        Ok(match self.next().ok_or("the end")? {
            '?' => Piece::One,
            '*' if self.peek(0) == Some('*') => self.double_star(start, first),
            '*' => Piece::Some,
            '[' => self.class()?,
            '{' => self.alternatives(start)?,
            '}' => return Err("a `}` without `{`"),
            '\\' => Piece::Character(self.next().ok_or("a `\\` at the end")?),
            character => Piece::Character(character),
        })
    }

    /// The first star is read already.
    fn double_star(&mut self, start: bool, first: bool) -> Piece {
        self.place += 1;
        let inside = self.depth > 0;
        match self.peek(0) {
            Some('/') if start => {
                self.place += 1;
                Piece::Components
            }
            None if start => Piece::Rest,
            Some(',' | '}') if start && inside && !first => Piece::Rest,
            _ => Piece::Some,
        }
    }

    /// The `{` is read already.
    fn alternatives(&mut self, start: bool) -> Result<Piece, &'static str> {
        self.depth += 1;
        if self.depth > 8 {
            return Err("more than 8 braces deep");
        }
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.sequence(start)?);
            match self.next() {
                Some(',') => {}
                Some(_) => break,
                None => return Err("a `{` without `}`"),
            }
        }
        self.depth -= 1;
        Ok(Piece::Either(alternatives))
    }

    /// The `[` is read already. A `]` that comes first, and a `-` that comes first or last, stand for themselves.
    fn class(&mut self) -> Result<Piece, &'static str> {
        let negated = matches!(self.peek(0), Some('!' | '^'));
        if negated {
            self.place += 1;
        }
        let mut ranges: Vec<RangeInclusive<char>> = Vec::new();
        while ranges.is_empty() || self.peek(0) != Some(']') {
            let from = self.next().ok_or("a `[` without `]`")?;
            ranges.push(from..=self.range_end(from)?);
        }
        self.place += 1;
        if ranges.iter().any(|range| range.contains(&'/')) {
            return Err("a class that holds `/`");
        }
        Ok(Piece::Class(negated, ranges))
    }

    /// The last character of the range that begins with `from`: itself, unless `-` and another follow. As `globset` has
    /// it, `a-b-c` is `a-c`.
    fn range_end(&mut self, from: char) -> Result<char, &'static str> {
        let mut to = from;
        while let (Some('-'), Some(next)) = (self.peek(0), self.peek(1))
            && next != ']'
        {
            if next < from {
                return Err("a range the wrong way round");
            }
            self.place += 2;
            to = next;
        }
        Ok(to)
    }
}

/// Whether a pattern matches a whole text.
pub fn matches(pieces: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    after_all(pieces, &text, BTreeSet::from([0])).contains(&text.len())
}

/// The places at which the pieces can end when they start at one of `places`.
fn after_all(pieces: &[Piece], text: &[char], places: BTreeSet<usize>) -> BTreeSet<usize> {
    pieces.iter().fold(places, |places, piece| match piece {
        Piece::Either(alternatives) => {
            alternatives.iter().flat_map(|pieces| after_all(pieces, text, places.clone())).collect()
        }
        piece => places.into_iter().flat_map(|place| after(piece, text, place)).collect(),
    })
}

/// The places at which a piece without alternatives can end when it starts at `place`.
fn after(piece: &Piece, text: &[char], place: usize) -> BTreeSet<usize> {
    let next = text.get(place).copied();
    let step = |admitted: bool| if admitted { BTreeSet::from([place + 1]) } else { BTreeSet::new() };
    match piece {
        Piece::Character(character) => step(next == Some(*character)),
        Piece::One => step(next.is_some_and(|next| next != '/')),
        Piece::Class(negated, ranges) => {
            step(next.is_some_and(|next| next != '/' && ranges.iter().any(|range| range.contains(&next)) != *negated))
        }
        Piece::Some => {
            let length = text.iter().skip(place).take_while(|character| **character != '/').count();
            (place..=place + length).collect()
        }
        Piece::Components => {
            let slashes = text.iter().enumerate().skip(place).filter(|(_, character)| **character == '/');
            slashes.map(|(slash, _)| slash + 1).chain([place]).collect()
        }
        Piece::Rest => (place..=text.len()).collect(),
        Piece::Either(_) => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, hits: &[&str], misses: &[&str]) {
        let pieces = read(pattern).unwrap();
        for hit in hits {
            assert!(matches(&pieces, hit), "`{pattern}` has to match `{hit}`");
        }
        for miss in misses {
            assert!(!matches(&pieces, miss), "`{pattern}` must not match `{miss}`");
        }
    }

    #[test]
    fn patterns_match_what_the_design_says() {
        check("*", &["", "a"], &["a/b"]);
        check("a?", &["ab"], &["a", "a/", "abc"]);
        check("**", &["a", "a/b"], &[]);
        check("**/", &["a", "a/b"], &[]);
        check("**/a", &["a", "b/a", "b/c/a"], &["ba", "b/ca"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "ab"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]);
        check("a**b", &["ab", "axb"], &["a/b"]);
        check("**b", &["b", "ab"], &["a/b"]);
        check("{**,x}", &["b", "x"], &["a/b"]);
        check("{**/b,x}", &["b", "a/b", "x"], &["ab"]);
        check("x{**/b,c}", &["x/b", "xa/b", "xc"], &["xb", "xa/a/b"]);
        check("{a/**,x}", &["a/b", "a/b/c", "x"], &["a"]);
        check("x/{**/**,c}", &["x/b", "x/a/b"], &["xb"]);
        check("{,a,b{c,}}", &["", "a", "b", "bc"], &["c"]);
        check("[]a-]x", &["]x", "ax", "-x"], &["x", "bx"]);
        check("[!a-c]", &["d"], &["a", "c", "/", ""]);
        check("[^-]", &["d", "^"], &["-", "/"]);
        check(r"\*\\", &[r"*\"], &["a", r"\*"]);
    }

    #[test]
    fn patterns_that_are_none() {
        for pattern in
            ["", "[", "[]", "[!]", "{", "a}", "{a", "\\", "[b-a]", "[/]", "[+-9]", "ä", "{{{{{{{{{a}}}}}}}}}"]
        {
            assert!(read(pattern).is_err(), "`{pattern}`");
        }
        assert!(read(&"a".repeat(513)).is_err());
        assert!(read("{{{{{{{{a}}}}}}}}").is_ok());
    }
}
