//! From patterns of doublestar to ours.

use super::class::{self, Class};
use super::difference::Difference;
use super::endings::note_endings;
use super::fault::DoublestarFault;
use super::piece::Piece;
use super::translation::Translation;
use crate::limits;
use std::iter::Peekable;
use std::str::Bytes;

/// Puts a pattern of doublestar into our terms. What neither of us can read stays as it is, for our own check to refuse.
///
/// # Errors
///
/// - `[]a]`, `[a-]`, `[-a]`, `{[,],a}`: no pattern there, though it may be one here
/// - `[b-a]`, `[^]`, `[/]`: a class that can't be written here
pub(in crate::convert) fn translate(pattern: &str) -> Result<Translation, DoublestarFault> {
    if !pattern.is_ascii() || pattern.len() > limits::MAX_PATTERN_BYTES {
        return Ok(Translation::of(pattern));
    }
    let mut reader =
        Reader { rest: pattern.bytes().peekable(), depth: 0, pieces: Vec::new(), translation: Translation::of("") };
    reader.read()?;
    Ok(reader.translation)
}

struct Reader<'a> {
    rest: Peekable<Bytes<'a>>,
    depth: usize,
    pieces: Vec<Piece>,
    translation: Translation,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), DoublestarFault> {
        while let Some(byte) = self.rest.next() {
            self.translation.pattern.push(byte.into());
            let piece = self.piece(byte)?;
            self.pieces.push(piece);
        }
        if let [before @ .., Piece::Stars(2), Piece::Slash] = &*self.pieces
            && matches!(before, [] | [.., Piece::Slash])
        {
            self.translation.note(Difference::SlashAtEnd);
        }
        note_endings(&self.pieces, &mut self.translation);
        Ok(())
    }

    fn piece(&mut self, byte: u8) -> Result<Piece, DoublestarFault> {
        match byte {
            b'\\' => Ok(self.escaped()),
            b'*' => Ok(self.stars()),
            b'[' => self.class(),
            b'/' => {
                self.differ_in_braces(1, Difference::SlashInBraces);
                Ok(Piece::Slash)
            }
            b'{' => {
                self.depth += 1;
                self.differ_in_braces(2, Difference::NestedBraces);
                Ok(Piece::Open)
            }
            b'}' if self.depth > 0 => {
                self.depth -= 1;
                Ok(Piece::Close)
            }
            b',' if self.depth > 0 => Ok(Piece::Comma),
            _ => Ok(Piece::Character),
        }
    }

    fn differ_in_braces(&mut self, depth: usize, difference: Difference) {
        if self.depth >= depth {
            self.translation.note(difference);
        }
    }

    fn escaped(&mut self) -> Piece {
        if let Some(byte) = self.rest.next() {
            self.translation.pattern.push(byte.into());
            if byte == b'/' {
                self.translation.note(Difference::EscapedSlash);
            }
        }
        Piece::Character
    }

    fn stars(&mut self) -> Piece {
        let mut run = 1;
        while self.rest.next_if_eq(&b'*').is_some() {
            self.translation.pattern.push('*');
            run += 1;
        }
        Piece::Stars(run)
    }

    /// Reads a class after its `[`, up to the first `]` that has no `\` before it.
    fn class(&mut self) -> Result<Piece, DoublestarFault> {
        let mut content = String::new();
        let mut escaped = false;
        for byte in self.rest.by_ref() {
            if byte == b']' && !escaped {
                return self.closed(&content);
            }
            // A bracket after `\` is skipped, and what comes before the next one is read again from the start.
            escaped = byte == b'\\';
            content.push(byte.into());
        }
        Err(DoublestarFault::UnclosedClass)
    }

    fn closed(&mut self, content: &str) -> Result<Piece, DoublestarFault> {
        let Class { written, exclaims, plain } = class::translate(content, self.depth > 0)?;
        self.translation.pattern.push_str(&written);
        self.translation.pattern.push(']');
        if exclaims {
            self.translation.note(Difference::Exclamation);
        } else if !plain {
            self.translation.note(Difference::Class);
        }
        Ok(Piece::Character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse::shape;
    use crate::pattern::subject::Subject;

    #[track_caller]
    fn assert_translation(pattern: &str, expected: &str, differences: &[Difference]) {
        let expected = Translation { pattern: expected.to_owned(), differences: differences.to_vec() };
        assert_eq!(translate(pattern), Ok(expected), "{pattern}");
    }

    #[test]
    fn what_means_the_same_stays_as_it_is() {
        for pattern in [
            "**",
            "*",
            "v*",
            "a**",
            "**/x",
            "a/**/b",
            "web-?",
            "{a,b}",
            "{*,x}",
            "v{1,2}.*",
            "[a-c]x",
            "[^ab]",
            r"\*",
            "rc,test",
            "***",
            "[a!]",
            "x}",
            r"\{",
            "{a,b}/**",
            r"{a\,b,c}",
            "release-[0-9]*",
            "a{b,}c",
        ] {
            assert_translation(pattern, pattern, &[]);
        }
    }

    #[test]
    fn what_means_something_else_is_reported() {
        use Difference::*;
        let table: [(&str, &str, &[Difference]); 24] = [
            ("[!a]", "[a!]", &[Exclamation]),
            ("[!a-c]x", "[a-c!]x", &[Exclamation]),
            (r"[\]a]", "[]a]", &[Class]),
            (r"[a\-z]", "[az-]", &[Class]),
            (r"[^\]a-c]", "[^]a-c]", &[Class]),
            ("[+-9]", "[+,.0-9-]", &[Class]),
            ("{a,a/b}", "{a,a/b}", &[SlashInBraces]),
            ("{**/x,y}", "{**/x,y}", &[SlashInBraces]),
            ("v*{,-rc}", "v*{,-rc}", &[EmptyAlternative, StarBeforeNothing]),
            ("v{,-rc}", "v{,-rc}", &[EmptyAlternative]),
            ("v{,-rc}/x", "v{,-rc}/x", &[EmptyAlternative]),
            ("v{*,-rc}", "v{*,-rc}", &[EmptyAlternative]),
            ("{,a}", "{,a}", &[]),
            ("*{*,a}", "*{*,a}", &[EmptyAlternative, StarBeforeNothing]),
            ("a***", "a***", &[StarBeforeNothing]),
            ("{a***,b}", "{a***,b}", &[StarBeforeNothing]),
            ("a***/b", "a***/b", &[StarBeforeNothing]),
            ("a***b", "a***b", &[]),
            ("{a,{b,c}}", "{a,{b,c}}", &[NestedBraces]),
            (r"a\/b", r"a\/b", &[EscapedSlash]),
            ("**/", "**/", &[SlashAtEnd]),
            ("a/**/", "a/**/", &[SlashAtEnd]),
            ("[^!]", "[^!]", &[]),
            (r"{[\,a],b}", "{[,a],b}", &[Class]),
        ];
        for (pattern, expected, differences) in table {
            assert_translation(pattern, expected, differences);
        }
    }

    #[test]
    fn what_is_not_a_pattern_there_is_refused() {
        let table = [
            ("[a", DoublestarFault::UnclosedClass),
            (r"[a\]", DoublestarFault::UnclosedClass),
            ("[]", DoublestarFault::EmptyClass),
            ("[]a]", DoublestarFault::EmptyClass),
            ("[a-]", DoublestarFault::StrayDash),
            ("[-a]", DoublestarFault::StrayDash),
            ("[a-c-e]", DoublestarFault::StrayDash),
            ("[a--]", DoublestarFault::StrayDash),
            ("{[a,b],c}", DoublestarFault::BraceInClass),
            ("[!]", DoublestarFault::NoMember),
            ("[!^]", DoublestarFault::NoMember),
            ("[b-a]", DoublestarFault::NoMember),
            ("[^]", DoublestarFault::NoExclusion),
            ("[a/]", DoublestarFault::SlashInClass),
            (r"[\]/]", DoublestarFault::SlashInClass),
        ];
        for (pattern, fault) in table {
            assert_eq!(translate(pattern), Err(fault), "{pattern}");
        }
    }

    #[test]
    fn what_we_refuse_stays_for_us_to_refuse() {
        for pattern in ["{a", r"a\", "é"] {
            assert_translation(pattern, pattern, &[]);
            assert!(shape(pattern, Subject::Tag).is_err(), "{pattern}");
        }
    }
}
