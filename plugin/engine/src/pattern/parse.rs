//! From the text of a pattern to its shape.

use super::fault::PatternFault;
use super::glob::Glob;
use super::shape::Shape;
use super::subject::Subject;
use super::token::Token;
use super::version_class::VersionClass;
use super::written::WrittenPattern;
use crate::limits;
use crate::words::Word;

/// Reads a pattern as a document writes it down to its shape. A regular expression is compiled elsewhere: see
/// [`Regex::compile`](super::regex::Regex::compile).
///
/// # Errors
///
/// Those of [`shape`].
pub(crate) fn shape_of(pattern: WrittenPattern<'_>, subject: Subject) -> Result<Shape, PatternFault> {
    match pattern {
        WrittenPattern::Text(text) => shape(text, subject),
        WrittenPattern::Regex(text) => Ok(Shape::Regex(text.to_owned())),
    }
}

/// Reads a glob or a version class down to its shape.
///
/// # Errors
///
/// - `` (empty), `é`, more than 512 bytes
/// - `[a`, `[z-a]`, `[!-9]`, `{a`, `a}`, `a\`
/// - `@releases`, `v@release` for a tag
pub(crate) fn shape(pattern: &str, subject: Subject) -> Result<Shape, PatternFault> {
    if let Some(class) = version_class(pattern, subject)? {
        return Ok(Shape::Version(class));
    }
    plain(pattern, subject).map_or_else(|| Glob::parse(pattern, subject).map(|glob| glob.shape()), Ok)
}

/// Most patterns of real documents are a text, or one around stars, and need no reading token by token.
fn plain(pattern: &str, subject: Subject) -> Option<Shape> {
    if !(1..=limits::MAX_PATTERN_BYTES).contains(&pattern.len()) || !pattern.bytes().all(is_plain) {
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

/// Whether a byte means itself, or is a star.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'*')
}

fn version_class(pattern: &str, subject: Subject) -> Result<Option<VersionClass>, PatternFault> {
    if subject != Subject::Tag || !pattern.contains('@') {
        return Ok(None);
    }
    VersionClass::parse(pattern).map(Some).ok_or(PatternFault::NoVersionClass)
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
        assert_shape("*", Repository, Shape::PrefixSuffix(String::new(), String::new()));
        assert_shape("a/b", Repository, Shape::Literal("a/b".into()));
        assert_shape(r"\*\a", Tag, Shape::Literal("*a".into()));
        assert_shape("v*-rc", Tag, Shape::PrefixSuffix("v".into(), "-rc".into()));
        assert_shape("v*", Tag, Shape::Prefix("v".into()));
        assert_shape("v*", Repository, Shape::PrefixSuffix("v".into(), String::new()));
        assert_shape("a/**", Repository, Shape::Prefix("a/".into()));
        assert_shape("**/a", Repository, Shape::PathSuffix("a".into()));
        let [a, b] = ["a", "b"].map(|text| Shape::Literal(text.into()));
        assert_shape("{a,b}", Repository, Shape::AnyOf(vec![a, b]));
        let affixes = ["a/v", "b/v"].map(|before| Shape::PrefixSuffix(before.into(), "-x".into()));
        assert_shape("{a,b}/v*-x", Repository, Shape::AnyOf(affixes.into()));
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
            ("", PatternFault::Empty),
            (long.as_str(), PatternFault::TooLong),
            ("é", PatternFault::NotAscii('é')),
            ("[a", PatternFault::UnclosedClass),
            ("[]", PatternFault::UnclosedClass),
            ("[z-a]", PatternFault::ReversedRange('z', 'a')),
            ("[a/b]", PatternFault::SlashInClass),
            ("[!+-9]", PatternFault::SlashInClass),
            ("[--/]", PatternFault::SlashInClass),
            ("{a", PatternFault::UnclosedBrace),
            ("a}", PatternFault::StrayBrace),
            (deep.as_str(), PatternFault::TooDeep),
            ("a\\", PatternFault::DanglingEscape),
            ("@", PatternFault::NoVersionClass),
            ("v@release", PatternFault::NoVersionClass),
            (r"\@release", PatternFault::NoVersionClass),
        ];
        for (pattern, fault) in table {
            assert_eq!(shape(pattern, Subject::Tag), Err(fault), "{pattern}");
        }
    }
}
