//! Patterns as people write them: read, checked, and written again in the form that globset means the same by.
//!
//! The syntax is globset's: `*` and `?` stop at `/`, `**` crosses it as a whole component, `{a,b}`, `[a-z]`, `[!a]`, `\`.
//! Two things are mended on the way: a negated class never matches `/`, and `**` that is no whole component is `*`.

mod braces;

use crate::limits;
use crate::version::VersionClass;

/// What a pattern is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The path of a repository, or its full name.
    Repository,
    /// A tag.
    Tag,
}

/// Why a pattern can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Empty,
    TooLong,
    NotAscii(char),
    UnclosedClass,
    ReversedRange(char, char),
    SlashInClass,
    UnclosedBrace,
    StrayBrace,
    TooDeep,
    DanglingEscape,
    NoVersionClass,
}

impl Fault {
    /// What is wrong.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Empty => "the pattern is empty".into(),
            Self::TooLong => format!("the pattern is longer than {} bytes", limits::PATTERN_BYTES),
            Self::NotAscii(character) => {
                format!("the pattern holds `{}`, which is not ASCII", character.escape_default())
            }
            Self::UnclosedClass => "`[` opens a class that nothing closes".into(),
            Self::ReversedRange(from, to) => {
                format!("the range `{}-{}` runs backwards", from.escape_default(), to.escape_default())
            }
            Self::SlashInClass => "a class holds `/`, which no class matches".into(),
            Self::UnclosedBrace => "`{` opens alternatives that nothing closes".into(),
            Self::StrayBrace => "`}` closes what nothing opened".into(),
            Self::TooDeep => format!("braces nest deeper than {}", limits::BRACE_DEPTH),
            Self::DanglingEscape => "a `\\` at the end escapes nothing".into(),
            Self::NoVersionClass => "`@` stands only at the head of a version class, which is the whole pattern".into(),
        }
    }

    /// What to do about it.
    pub(crate) fn mend(&self) -> &'static str {
        match self {
            Self::Empty => "write `**` for everything",
            Self::TooLong => "split it into a list of patterns",
            Self::NotAscii(_) => "leave it out: names and tags are ASCII",
            Self::UnclosedClass => "add `]`, or write `[[]` for the bracket itself",
            Self::ReversedRange(..) => "swap its ends",
            Self::SlashInClass => "take it out of the class, and write `/` where it stands",
            Self::UnclosedBrace => "add `}`, or write `\\{` for the brace itself",
            Self::StrayBrace => "remove it, or write `\\}` for the brace itself",
            Self::TooDeep => "write a list of patterns",
            Self::DanglingEscape => "remove it, or write what it escapes",
            Self::NoVersionClass => "write `@release`, `@prerelease`, `@version` or `@rolling`",
        }
    }
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(u8),
    Any,
    Star,
    /// `**` as a whole component.
    Components,
    /// The class, as globset reads it.
    Class(String),
    Open,
    Comma,
    Close,
}

/// A pattern that is well written.
#[derive(Debug)]
pub(crate) struct Glob {
    subject: Subject,
    tokens: Vec<Token>,
    /// A run of stars that is no whole component stood somewhere.
    stray_stars: bool,
}

/// The shapes of patterns, the simplest that fits. In the order in which they are packed: literals, then what is soonest
/// told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Equals a text.
    Literal(String),
    /// Matches whatever is legal.
    Everything,
    /// `a/**`, and of tags `a*`: begins with a text.
    Below(String),
    /// Text before and after one star, which stops at `/`.
    Affix(String, String),
    /// `**/a`: equals a text, or ends with `/` and it.
    Anywhere(String),
    /// A version class.
    Version(VersionClass),
    /// A few of the shapes above, any of which will do: braces, written out.
    Any(Vec<Shape>),
    /// Needs a regular expression: the pattern as globset means it.
    Expression(String),
}

/// Reads a pattern down to its shape.
///
/// # Errors
///
/// - `` (empty), `é`, more than 512 bytes
/// - `[a`, `[z-a]`, `[!-9]`, `{a`, `a}`, `a\`
/// - `@releases`, `v@release` for a tag
pub(crate) fn shape(pattern: &str, subject: Subject) -> Result<Shape, Fault> {
    if let Some(class) = version_class(pattern, subject)? {
        return Ok(Shape::Version(class));
    }
    plain(pattern, subject).map_or_else(|| Glob::parse(pattern, subject).map(|glob| glob.shape()), Ok)
}

/// Most patterns of real documents are a text, or one around stars, and need no reading token by token.
fn plain(pattern: &str, subject: Subject) -> Option<Shape> {
    if !(1..=limits::PATTERN_BYTES).contains(&pattern.len()) || !pattern.bytes().all(is_plain) {
        return None;
    }
    let Some((before, rest)) = pattern.split_once('*') else { return Some(Shape::Literal(pattern.to_owned())) };
    let (wild, after) = match rest.strip_prefix('*') {
        Some(after) if before.is_empty() || before.ends_with('/') => (&Token::Components, after),
        Some(_) => return None,
        None => (&Token::Star, rest),
    };
    let is_component = after.is_empty() || after.starts_with('/');
    if after.contains('*') || (*wild == Token::Components && !is_component) {
        return None;
    }
    Shape::around(before.to_owned(), wild, after.to_owned(), subject)
}

/// Whether a byte stands for itself, or is a star.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'*')
}

fn version_class(pattern: &str, subject: Subject) -> Result<Option<VersionClass>, Fault> {
    if subject != Subject::Tag || !pattern.contains('@') {
        return Ok(None);
    }
    VersionClass::parse(pattern).map(Some).ok_or(Fault::NoVersionClass)
}

impl Glob {
    /// Reads a pattern that is no version class.
    pub(crate) fn parse(pattern: &str, subject: Subject) -> Result<Self, Fault> {
        if pattern.is_empty() {
            return Err(Fault::Empty);
        }
        if pattern.len() > limits::PATTERN_BYTES {
            return Err(Fault::TooLong);
        }
        if let Some(character) = pattern.chars().find(|character| !character.is_ascii()) {
            return Err(Fault::NotAscii(character));
        }
        let mut reader = Reader::new(pattern);
        reader.read()?;
        Ok(Self { subject, tokens: reader.tokens, stray_stars: reader.stray_stars })
    }

    /// Whether `**` stands where it means no more than `*`.
    pub(crate) fn has_stray_stars(&self) -> bool {
        self.stray_stars
    }

    /// The bytes that must stand in the subject, or in that of one alternative, as they are.
    pub(crate) fn literals(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Literal(byte) => Some(*byte),
            _ => None,
        })
    }

    /// The byte that every subject begins with.
    pub(crate) fn first(&self) -> Option<u8> {
        self.tokens.first().and_then(Token::literal)
    }

    /// The byte that every subject ends with.
    pub(crate) fn last(&self) -> Option<u8> {
        self.tokens.last().and_then(Token::literal)
    }

    /// The simplest shape that matches the same legal subjects.
    pub(crate) fn shape(&self) -> Shape {
        self.star_shape(&self.tokens)
            .or_else(|| self.any_shape())
            .unwrap_or_else(|| Shape::Expression(self.expression()))
    }

    fn any_shape(&self) -> Option<Shape> {
        let alternatives = braces::written_out(&self.tokens)?;
        alternatives.iter().map(|tokens| self.star_shape(tokens)).collect::<Option<_>>().map(Shape::Any)
    }

    fn star_shape(&self, tokens: &[Token]) -> Option<Shape> {
        let is_wild = |token: &Token| token.literal().is_none();
        let Some(at) = tokens.iter().position(is_wild) else {
            return text(tokens).map(Shape::Literal);
        };
        let (before, rest) = tokens.split_at(at);
        let (wild, after) = rest.split_first()?;
        let (before, after) = (text(before)?, text(after)?);
        Shape::around(before, wild, after, self.subject)
    }

    /// The pattern in the form that globset reads as it is meant here.
    fn expression(&self) -> String {
        let mut written = String::new();
        for token in &self.tokens {
            token.write(&mut written);
        }
        written
    }
}

impl Shape {
    /// The shape of a text around one piece that is none. None where only an expression will do.
    fn around(before: String, wild: &Token, after: String, subject: Subject) -> Option<Self> {
        match (wild, subject) {
            // A tag holds no `/`, so there a star is everything.
            (Token::Star, Subject::Tag) if before.is_empty() && after.is_empty() => Some(Self::Everything),
            (Token::Star, Subject::Tag) if after.is_empty() => Some(Self::Below(before)),
            (Token::Star, _) => Some(Self::Affix(before, after)),
            // So has globset `**/`.
            (Token::Components, _) if before.is_empty() && matches!(&*after, "" | "/") => Some(Self::Everything),
            (Token::Components, _) if after.is_empty() => Some(Self::Below(before)),
            (Token::Components, _) if before.is_empty() => {
                after.strip_prefix('/').map(|name| Self::Anywhere(name.into()))
            }
            _ => None,
        }
    }
}

/// The literals that tokens spell, None where one is no literal.
fn text(tokens: &[Token]) -> Option<String> {
    tokens.iter().map(|token| token.literal().map(char::from)).collect()
}

impl Token {
    fn literal(&self) -> Option<u8> {
        match self {
            Self::Literal(byte) => Some(*byte),
            _ => None,
        }
    }

    fn write(&self, written: &mut String) {
        match self {
            Self::Literal(byte) => {
                if !byte.is_ascii_alphanumeric() && *byte != b'/' {
                    written.push('\\');
                }
                written.push(char::from(*byte));
            }
            Self::Any => written.push('?'),
            Self::Star => written.push('*'),
            Self::Components => written.push_str("**"),
            Self::Class(class) => written.push_str(class),
            Self::Open => written.push('{'),
            Self::Comma => written.push(','),
            Self::Close => written.push('}'),
        }
    }
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Bytes<'a>>,
    tokens: Vec<Token>,
    stray_stars: bool,
    /// For each open brace, whether it stands where a component begins.
    braces: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { rest: pattern.bytes().peekable(), tokens: Vec::new(), stray_stars: false, braces: Vec::new() }
    }

    fn read(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.rest.next() {
            let token = self.token(byte)?;
            self.tokens.push(token);
        }
        if self.braces.is_empty() { Ok(()) } else { Err(Fault::UnclosedBrace) }
    }

    fn token(&mut self, byte: u8) -> Result<Token, Fault> {
        match byte {
            b'?' => Ok(Token::Any),
            b'*' => Ok(self.stars()),
            b'[' => self.class().map(Token::Class),
            b'{' => self.open(),
            b'}' => self.braces.pop().map(|_| Token::Close).ok_or(Fault::StrayBrace),
            b',' if !self.braces.is_empty() => Ok(Token::Comma),
            b'\\' => self.rest.next().map(Token::Literal).ok_or(Fault::DanglingEscape),
            byte => Ok(Token::Literal(byte)),
        }
    }

    fn open(&mut self) -> Result<Token, Fault> {
        if self.braces.len() == limits::BRACE_DEPTH {
            return Err(Fault::TooDeep);
        }
        let begins = self.component_begins();
        self.braces.push(begins);
        Ok(Token::Open)
    }

    fn stars(&mut self) -> Token {
        let begins = self.component_begins();
        let mut run = 1;
        while self.rest.next_if_eq(&b'*').is_some() {
            run += 1;
        }
        let component = run == 2 && begins && self.component_ends();
        self.stray_stars |= run > 1 && !component;
        if component && !self.repeats() { Token::Components } else { Token::Star }
    }

    /// Whether what comes next begins a component.
    fn component_begins(&self) -> bool {
        match self.tokens.last() {
            None | Some(Token::Literal(b'/')) => true,
            Some(Token::Open | Token::Comma) => self.braces.last().copied().unwrap_or(false),
            _ => false,
        }
    }

    /// Whether a component ends before what comes next. An alternative's end is one only behind a `/` in it: that is how
    /// globset has it.
    fn component_ends(&mut self) -> bool {
        match self.rest.peek() {
            None | Some(b'/') => true,
            Some(b',' | b'}') => !self.braces.is_empty() && self.tokens.last() == Some(&Token::Literal(b'/')),
            Some(_) => false,
        }
    }

    /// Whether `**/` stands before a `**` at the end of an alternative. There globset takes `**/**` for `**/`, and `**/*`
    /// is what is meant.
    fn repeats(&mut self) -> bool {
        self.rest.peek().is_some_and(|next| *next != b'/')
            && self.tokens.ends_with(&[Token::Components, Token::Literal(b'/')])
    }

    /// Reads a class behind its `[`, and writes it so that, negated, it leaves `/` out.
    fn class(&mut self) -> Result<String, Fault> {
        let negated = self.rest.next_if(|byte| matches!(byte, b'!' | b'^')).is_some();
        let mut body = String::new();
        let mut from = None;
        let mut open_range = false;
        loop {
            let byte = self.rest.next().ok_or(Fault::UnclosedClass)?;
            match (byte, from) {
                (b']', Some(_)) => break,
                (b'-', Some(_)) if !open_range => open_range = true,
                (to, Some(start)) if open_range => {
                    check_range(start, to)?;
                    open_range = false;
                }
                (b'/', _) => return Err(Fault::SlashInClass),
                (byte, _) => from = Some(byte),
            }
            body.push(char::from(byte));
        }
        if !negated {
            return Ok(format!("[{body}]"));
        }
        // A `-` at the end is a literal. It has to stay there: behind it, `/` would end a range.
        match body.strip_suffix('-') {
            Some(body) if open_range => Ok(format!("[!{body}/-]")),
            _ => Ok(format!("[!{body}/]")),
        }
    }
}

fn check_range(from: u8, to: u8) -> Result<(), Fault> {
    if from > to {
        return Err(Fault::ReversedRange(from.into(), to.into()));
    }
    if (from..=to).contains(&b'/') { Err(Fault::SlashInClass) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_shape(pattern: &str, subject: Subject, expected: Shape) {
        assert_eq!(shape(pattern, subject), Ok(expected), "{pattern}");
    }

    #[test]
    fn patterns_take_the_simplest_shape() {
        use Subject::{Repository, Tag};
        assert_shape("**", Repository, Shape::Everything);
        assert_shape("**/", Repository, Shape::Everything);
        assert_shape("*", Tag, Shape::Everything);
        assert_shape("*", Repository, Shape::Affix(String::new(), String::new()));
        assert_shape("a/b", Repository, Shape::Literal("a/b".into()));
        assert_shape(r"\*\a", Tag, Shape::Literal("*a".into()));
        assert_shape("v*-rc", Tag, Shape::Affix("v".into(), "-rc".into()));
        assert_shape("v*", Tag, Shape::Below("v".into()));
        assert_shape("v*", Repository, Shape::Affix("v".into(), String::new()));
        assert_shape("a/**", Repository, Shape::Below("a/".into()));
        assert_shape("**/a", Repository, Shape::Anywhere("a".into()));
        let [a, b] = ["a", "b"].map(|text| Shape::Literal(text.into()));
        assert_shape("{a,b}", Repository, Shape::Any(vec![a, b]));
        let affixes = ["a/v", "b/v"].map(|before| Shape::Affix(before.into(), "-x".into()));
        assert_shape("{a,b}/v*-x", Repository, Shape::Any(affixes.into()));
        assert_shape("a,b", Tag, Shape::Literal("a,b".into()));
        assert_shape("@release", Tag, Shape::Version(VersionClass::Release));
    }

    #[test]
    fn plain_patterns_have_the_shape_that_reading_them_gives() {
        let pieces = ["", "a", "/", "*", "**", "-"];
        for subject in [Subject::Repository, Subject::Tag] {
            for one in pieces {
                for two in pieces {
                    for three in pieces {
                        for four in pieces {
                            let pattern = [one, two, three, four].concat();
                            let Some(found) = plain(&pattern, subject) else { continue };
                            let read = Glob::parse(&pattern, subject).map(|glob| glob.shape());
                            assert_eq!(Ok(found), read, "{pattern} {subject:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_needs_an_expression_is_written_as_globset_means_it() {
        let table = [
            ("v?", "v?"),
            ("{a,b*}?", "{a,b*}?"),
            ("a**", "a*"),
            ("a**?", "a*?"),
            ("a/**/b?", "a/**/b?"),
            ("{**,b}", "{*,b}"),
            ("{**/x,y}", "{**/x,y}"),
            ("a{**/x,y}", "a{*/x,y}"),
            ("{a/**,b}", "{a/**,b}"),
            ("{**/**,b}", "{**/*,b}"),
            ("{a/**/**,b}", "{a/**/*,b}"),
            ("**/**/a?", "**/**/a?"),
            ("[!a]", "[!a/]"),
            ("[^a-c]", "[!a-c/]"),
            ("[!-]", "[!-/]"),
            ("[!a-]", "[!a/-]"),
            ("[!]]", "[!]/]"),
            ("[!]-]", "[!]/-]"),
            ("[a-]", "[a-]"),
            (r"?\,", r"?\,"),
            ("?,", r"?\,"),
        ];
        for (pattern, expected) in table {
            let found = Glob::parse(pattern, Subject::Repository).map(|glob| glob.expression());
            assert_eq!(found.as_deref(), Ok(expected), "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let deep = "{".repeat(9);
        let long = "a".repeat(513);
        let table = [
            ("", Fault::Empty),
            (long.as_str(), Fault::TooLong),
            ("é", Fault::NotAscii('é')),
            ("[a", Fault::UnclosedClass),
            ("[]", Fault::UnclosedClass),
            ("[z-a]", Fault::ReversedRange('z', 'a')),
            ("[a/b]", Fault::SlashInClass),
            ("[!+-9]", Fault::SlashInClass),
            ("[--/]", Fault::SlashInClass),
            ("{a", Fault::UnclosedBrace),
            ("a}", Fault::StrayBrace),
            (deep.as_str(), Fault::TooDeep),
            ("a\\", Fault::DanglingEscape),
            ("@", Fault::NoVersionClass),
            ("v@release", Fault::NoVersionClass),
            (r"\@release", Fault::NoVersionClass),
        ];
        for (pattern, fault) in table {
            assert_eq!(shape(pattern, Subject::Tag), Err(fault), "{pattern}");
        }
    }
}
