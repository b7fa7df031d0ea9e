//! Globs as people write them: read, checked, and written again in the form that globset reads with the same meaning.
//!
//! The syntax is globset's: `*` and `?` stop at `/`, `**` crosses it as a whole component, `{a,b}`, `[a-z]`, `[!a]`, `\`.
//! Two things are changed on the way: a negated class never matches `/`, and `**` that is not a whole component is `*`.

use super::braces;
use super::fault::PatternFault;
use super::shape::Shape;
use super::subject::Subject;
use super::token::Token;
use super::token_reader::read_tokens;
use crate::limits;

/// A pattern that is well written.
#[derive(Debug)]
pub(crate) struct Glob {
    subject: Subject,
    tokens: Vec<Token>,
    /// Whether a run of stars that is not a whole component is in it.
    stray_stars: bool,
}

impl Glob {
    /// Reads a pattern that is not a version class.
    pub(crate) fn parse(pattern: &str, subject: Subject) -> Result<Self, PatternFault> {
        if pattern.is_empty() {
            return Err(PatternFault::Empty);
        }
        if pattern.len() > limits::MAX_PATTERN_BYTES {
            return Err(PatternFault::TooLong);
        }
        if let Some(character) = pattern.chars().find(|character| !character.is_ascii()) {
            return Err(PatternFault::NotAscii(character));
        }
        let read = read_tokens(pattern)?;
        Ok(Self { subject, tokens: read.tokens, stray_stars: read.stray_stars })
    }

    /// Whether `**` is where it only means `*`.
    pub(crate) fn has_stray_stars(&self) -> bool {
        self.stray_stars
    }

    /// The bytes that every subject must have as they are, or every subject of one alternative.
    pub(crate) fn literals(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Literal(byte) => Some(*byte),
            _ => None,
        })
    }

    /// The bytes that subjects begin with, as far as they are literals: one, or where the pattern begins with a brace, one for
    /// each alternative.
    pub(crate) fn first_literals(&self) -> Vec<u8> {
        let mut firsts = Vec::new();
        // For each open brace, whether its alternatives begin the pattern.
        let mut braces = Vec::new();
        let mut begins = true;
        for token in &self.tokens {
            match token {
                Token::Open => braces.push(begins),
                Token::Comma => begins = braces.last().copied().unwrap_or(false),
                Token::Close => begins = braces.pop().is_none(),
                Token::Literal(byte) if begins => firsts.push(*byte),
                Token::Literal(_) | Token::Any | Token::Star | Token::Components | Token::Class(_) => {}
            }
            begins &= matches!(token, Token::Open | Token::Comma);
            if !begins && braces.is_empty() {
                break;
            }
        }
        firsts
    }

    /// The byte that every subject ends with.
    pub(crate) fn last(&self) -> Option<u8> {
        self.tokens.last().and_then(Token::literal)
    }

    /// The simplest shape that matches the same legal subjects.
    pub(crate) fn shape(&self) -> Shape {
        self.star_shape(&self.tokens)
            .or_else(|| self.any_of_shape())
            .unwrap_or_else(|| Shape::Expression(self.expression()))
    }

    fn any_of_shape(&self) -> Option<Shape> {
        let alternatives = braces::written_out(&self.tokens)?;
        alternatives.iter().map(|tokens| self.star_shape(tokens)).collect::<Option<_>>().map(Shape::AnyOf)
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
    pub(super) fn expression(&self) -> String {
        let mut written = String::new();
        for token in &self.tokens {
            token.write(&mut written);
        }
        written
    }
}

/// Returns the text of tokens that are all literals, or `None` for any others.
fn text(tokens: &[Token]) -> Option<String> {
    tokens.iter().map(|token| token.literal().map(char::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::braces::{MAX_ALTERNATIVES, written_out};

    #[test]
    fn braces_are_written_out() {
        let table: [(&str, Option<&[&str]>); 8] = [
            ("a", Some(&["a"])),
            ("{a,b}c", Some(&["ac", "bc"])),
            ("{a,{b,c}*}", Some(&["a", "b*", "c*"])),
            ("{a,b}{c,d}", Some(&["ac", "ad", "bc", "bd"])),
            ("{,a}{}", Some(&["", "a"])),
            ("{a,b}{a,b}{a,b}{a,b}", Some(&["aaaa"])),
            ("{a,b}{a,b}{a,b}{a,b}{a,b}", None),
            ("{a,b}?", None),
        ];
        for (pattern, expected) in table {
            let glob = Glob::parse(pattern, Subject::Tag).unwrap();
            let found = written_out(&glob.tokens).map(|all| {
                let written = all.iter().map(|tokens| {
                    tokens.iter().fold(String::new(), |mut text, token| {
                        token.write(&mut text);
                        text
                    })
                });
                written.collect::<Vec<_>>()
            });
            match expected {
                Some(["aaaa"]) => assert_eq!(found.map(|all| all.len()), Some(MAX_ALTERNATIVES)),
                expected => {
                    assert_eq!(found, expected.map(|all| all.iter().map(|&text| text.into()).collect()), "{pattern}")
                }
            }
        }
    }
}
