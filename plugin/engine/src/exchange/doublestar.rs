//! The globs of Go's doublestar, which Harbor has and those that took its rules over, in terms of ours.
//!
//! Harbor had doublestar 1.1 up to its release 2.10, and has 1.3 since. Most patterns mean the same in both and here. What
//! does not is translated where its meaning can be kept, and told in every case.

mod class;

use super::draft::Pattern;
use crate::glob::{Subject, shape};
use crate::limits;
use crate::source::{Node, Report, shown};
use class::Class;
use std::iter::Peekable;
use std::str::Bytes;

/// Reads a pattern, and tells what it means otherwise here. None, and a problem, where it can't be read. An empty one
/// matches everything.
pub(super) fn read(node: &Node<'_>, subject: Subject, report: &mut Report) -> Option<Pattern> {
    let text = node.text(report)?;
    let translation = if text.is_empty() { Ok(Translation::of("**")) } else { translate(&text) };
    let checked = translation.map_err(|fault| fault.told()).and_then(|translation| {
        if subject == Subject::Tag && text.contains('@') {
            return Err(("a tag holds no `@`, and here it opens a version class".into(), "leave it out"));
        }
        shape(&translation.pattern, subject).map_err(|fault| (fault.message(), fault.mend()))?;
        Ok(translation)
    });
    match checked {
        Ok(translation) => {
            for difference in &translation.differences {
                report.warning(&node.place, difference.message(&text), difference.mend());
            }
            Some(Pattern { place: node.place.clone(), text: translation.pattern })
        }
        Err((message, mend)) => {
            report.problem(&node.place, message, mend);
            None
        }
    }
}

/// A pattern in our terms, and what sets it apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translation {
    pub(super) pattern: String,
    /// Each once.
    pub(super) differences: Vec<Difference>,
}

impl Translation {
    fn of(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), differences: Vec::new() }
    }

    fn note(&mut self, difference: Difference) {
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }
}

/// Where doublestar and we differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// `[!a]`: two letters there.
    Exclamation,
    /// A class that can't be written here as it is there: with escapes, with a range over `/`.
    Class,
    /// `{a,{b,c}}`.
    NestedBraces,
    /// `v{,-rc}` on `v`.
    EmptyAlternative,
    /// `v*{,-rc}` on `v1`, `a***` on `a`.
    StarBeforeNothing,
    /// `{a,a/b}` on `a`, `{**/x,y}` on `a/x`.
    SlashInBraces,
    /// `a\/b` on `a/b`.
    EscapedSlash,
    /// `**/` on everything.
    SlashAtEnd,
}

/// Whose meaning of a pattern is another than ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nobody's, the pattern being written otherwise here.
    Kept,
    /// That of doublestar 1.1.
    Older,
    /// That of both.
    Both,
}

impl Difference {
    /// Whose meaning is another.
    pub(super) fn extent(self) -> Extent {
        match self {
            Self::Exclamation | Self::Class => Extent::Kept,
            Self::NestedBraces | Self::EmptyAlternative => Extent::Older,
            Self::StarBeforeNothing | Self::SlashInBraces | Self::EscapedSlash | Self::SlashAtEnd => Extent::Both,
        }
    }

    /// What it is, of a pattern that has it.
    pub(super) fn message(self, pattern: &str) -> String {
        let pattern = shown(pattern);
        match self {
            Self::Exclamation => {
                format!("`!` in a class of `{pattern}` is a character like others in doublestar, and stays one")
            }
            Self::Class => format!("a class of `{pattern}` is written otherwise here, and means the same"),
            Self::NestedBraces => {
                format!(
                    "braces nest in `{pattern}`, but doublestar 1.1 (Harbor up to 2.10) ends them at the first `}}`"
                )
            }
            Self::EmptyAlternative => {
                format!("braces of `{pattern}` may stand for nothing, but not in doublestar 1.1 (Harbor up to 2.10)")
            }
            Self::StarBeforeNothing => {
                format!("nothing need follow a `*` of `{pattern}` here, but something must in doublestar")
            }
            Self::SlashInBraces => {
                format!(
                    "each alternative of `{pattern}` is tried by itself here, which doublestar does not do with `/` in braces"
                )
            }
            Self::EscapedSlash => format!("the escaped `/` of `{pattern}` is a `/` here, and nothing in doublestar"),
            Self::SlashAtEnd => format!("`{pattern}` matches something here, and nothing in doublestar"),
        }
    }

    /// What to do about it.
    pub(super) fn mend(self) -> &'static str {
        match self {
            Self::Exclamation => "write `^` for it where all other characters were meant",
            Self::Class => "nothing, unless it was a mistake",
            Self::NestedBraces => "write the alternatives side by side to mean the same everywhere",
            Self::EmptyAlternative | Self::StarBeforeNothing | Self::SlashInBraces => {
                "write a list of patterns to mean the same everywhere"
            }
            Self::EscapedSlash => "write the `/` alone",
            Self::SlashAtEnd => "leave the last `/` out",
        }
    }
}

/// Why a pattern is none in doublestar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    UnclosedClass,
    EmptyClass,
    StrayDash,
    DanglingEscape,
    BraceInClass,
    SlashInClass,
    NoMember,
    NoExclusion,
}

impl Fault {
    /// What is wrong, and what to do about it.
    pub(super) fn told(self) -> (String, &'static str) {
        let (what, mend) = match self {
            Self::UnclosedClass => ("`[` opens a class that nothing closes", "add `]`, or write `\\[` for the bracket"),
            Self::EmptyClass => ("a class ends at its first `]`, so this one is empty", "write `\\]` for the bracket"),
            Self::StrayDash => ("a `-` of a class has nothing on one of its sides", "write `\\-` for the character"),
            Self::DanglingEscape => ("a `\\` at the end of a class escapes nothing", "remove it"),
            Self::BraceInClass => (
                "a class in braces holds `{`, `}` or `,`, which doublestar takes for a part of the braces",
                "write `\\` before it",
            ),
            Self::SlashInClass => ("a class holds `/`, which no class matches", "take it out of the class"),
            Self::NoExclusion => ("a class excludes nothing", "write `?` for any character"),
            Self::NoMember => ("a class matches nothing that a name or a tag can hold", "leave it out"),
        };
        (what.into(), mend)
    }
}

/// Puts a pattern of doublestar into our terms. What neither of us can read stays as it is, for our own check to refuse.
///
/// # Errors
///
/// - `[]a]`, `[a-]`, `[-a]`, `{[,],a}`: no pattern there, though it may be one here
/// - `[b-a]`, `[^]`, `[/]`: a class that can't be written here
pub(super) fn translate(pattern: &str) -> Result<Translation, Fault> {
    if !pattern.is_ascii() || pattern.len() > limits::PATTERN_BYTES {
        return Ok(Translation::of(pattern));
    }
    let mut reader =
        Reader { rest: pattern.bytes().peekable(), depth: 0, pieces: Vec::new(), translation: Translation::of("") };
    reader.read()?;
    Ok(reader.translation)
}

/// A part of a pattern, as far as it matters for where names may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// One character.
    Character,
    /// A run of stars.
    Stars(usize),
    Slash,
    Open,
    Comma,
    Close,
}

struct Reader<'a> {
    rest: Peekable<Bytes<'a>>,
    depth: usize,
    pieces: Vec<Piece>,
    translation: Translation,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Fault> {
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
        endings(&self.pieces, &mut self.translation);
        Ok(())
    }

    fn piece(&mut self, byte: u8) -> Result<Piece, Fault> {
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

    /// Reads a class behind its `[`, up to the first `]` that has no `\` before it.
    fn class(&mut self) -> Result<Piece, Fault> {
        let mut content = String::new();
        let mut escaped = false;
        for byte in self.rest.by_ref() {
            if byte == b']' && !escaped {
                return self.closed(&content);
            }
            // A bracket behind `\` is passed over, and what stands before the next one is looked at afresh.
            escaped = byte == b'\\';
            content.push(byte.into());
        }
        Err(Fault::UnclosedClass)
    }

    fn closed(&mut self, content: &str) -> Result<Piece, Fault> {
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

/// What may stand between a place in a pattern and the end of its component.
#[derive(Clone, Copy, Default)]
struct Ending {
    /// Nothing need stand there.
    may_be_empty: bool,
    /// Braces are written there.
    has_braces: bool,
}

/// Where a component may end before its pattern does. doublestar sees that for `*` and `**` at the end of the pattern, newer
/// ones for braces too, but none behind another `*`.
fn endings(pieces: &[Piece], translation: &mut Translation) {
    let end = Ending { may_be_empty: true, has_braces: false };
    let mut ending = end;
    // For each brace that is open, seen from behind: what follows it, and whether an alternative may be empty with that.
    let mut braces: Vec<(Ending, bool)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate().rev() {
        let begins = at.checked_sub(1).is_none_or(|before| pieces.get(before) == Some(&Piece::Slash));
        match piece {
            Piece::Character => ending = Ending::default(),
            Piece::Slash => ending = end,
            Piece::Stars(run) => {
                let is_whole = begins && pieces.get(at + 1).is_none_or(|next| *next == Piece::Slash);
                if ending.may_be_empty && (ending.has_braces || (*run > 2 && !is_whole)) {
                    translation.note(Difference::StarBeforeNothing);
                }
            }
            Piece::Close => braces.push((ending, false)),
            Piece::Comma => {
                if let Some((after, may_be_empty)) = braces.last_mut() {
                    *may_be_empty |= ending.may_be_empty;
                    ending = *after;
                }
            }
            Piece::Open => {
                let (_, other) = braces.pop().unwrap_or_default();
                let may_be_empty = other || ending.may_be_empty;
                // No component of a name is empty, so where one begins there is something left to match.
                if may_be_empty && !begins {
                    translation.note(Difference::EmptyAlternative);
                }
                ending = Ending { may_be_empty, has_braces: true };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_means_something_else_is_told() {
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
    fn what_is_no_pattern_there_is_refused() {
        let table = [
            ("[a", Fault::UnclosedClass),
            (r"[a\]", Fault::UnclosedClass),
            ("[]", Fault::EmptyClass),
            ("[]a]", Fault::EmptyClass),
            ("[a-]", Fault::StrayDash),
            ("[-a]", Fault::StrayDash),
            ("[a-c-e]", Fault::StrayDash),
            ("[a--]", Fault::StrayDash),
            ("{[a,b],c}", Fault::BraceInClass),
            ("[!]", Fault::NoMember),
            ("[!^]", Fault::NoMember),
            ("[b-a]", Fault::NoMember),
            ("[^]", Fault::NoExclusion),
            ("[a/]", Fault::SlashInClass),
            (r"[\]/]", Fault::SlashInClass),
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
