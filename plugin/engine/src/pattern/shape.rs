//! The shapes of patterns: what is left of a pattern when it is read.

use super::subject::Subject;
use super::token::Token;
use super::version_class::VersionClass;

/// The shapes of patterns, the simplest that fits. In the order in which they are packed: literals, then what is matched
/// fastest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Equals a text.
    Literal(String),
    /// Matches every valid subject.
    Everything,
    /// `a/**`, and of tags `a*`: begins with a text.
    Prefix(String),
    /// Text before and after one star, which stops at `/`.
    PrefixSuffix(String, String),
    /// `**/a`: equals a text, or ends with `/` and it.
    PathSuffix(String),
    /// A version class.
    Version(VersionClass),
    /// A few of the shapes above, any of which will do: braces, written out.
    AnyOf(Vec<Shape>),
    /// A glob that no simpler shape fits: the pattern as globset means it.
    Expression(String),
    /// A regular expression.
    Regex(String),
}

impl Shape {
    /// The shape of a text around one piece that is not text. `None` where only an expression can match.
    pub(super) fn around(before: String, wild: &Token, after: String, subject: Subject) -> Option<Self> {
        match (wild, subject) {
            // A tag holds no `/`, so there a star is everything.
            (Token::Star, Subject::Tag) if before.is_empty() && after.is_empty() => Some(Self::Everything),
            (Token::Star, Subject::Tag) if after.is_empty() => Some(Self::Prefix(before)),
            (Token::Star, _) => Some(Self::PrefixSuffix(before, after)),
            // So has globset `**/`.
            (Token::Components, _) if before.is_empty() && matches!(&*after, "" | "/") => Some(Self::Everything),
            (Token::Components, _) if after.is_empty() => Some(Self::Prefix(before)),
            (Token::Components, _) if before.is_empty() => {
                after.strip_prefix('/').map(|name| Self::PathSuffix(name.into()))
            }
            _ => None,
        }
    }
}
