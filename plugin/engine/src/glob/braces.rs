//! Patterns without their braces: `{a,b}c` is `ac` or `bc`.

use super::Token;

/// Most patterns that one is written out as. What stands for more is sooner found by a regular expression.
const MOST: usize = 16;

/// An open brace, or the pattern itself.
struct Level {
    /// The alternatives that a comma has closed.
    closed: Vec<Vec<Token>>,
    /// The alternative that is being read: several, where braces in it were written out.
    open: Vec<Vec<Token>>,
}

/// All that a pattern stands for. None where that is too much, and where it holds what would not be told without a regular
/// expression anyway: classes, `?`, and `**`, whose meaning depends on the brace around it.
pub(super) fn written_out(tokens: &[Token]) -> Option<Vec<Vec<Token>>> {
    let mut outer = Vec::new();
    let mut level = Level::new();
    for token in tokens {
        match token {
            Token::Open => outer.push(std::mem::replace(&mut level, Level::new())),
            Token::Comma => level.comma(),
            Token::Close => level = level.within(outer.pop()?)?,
            Token::Literal(_) | Token::Star => level.open.iter_mut().for_each(|text| text.push(token.clone())),
            Token::Any | Token::Components | Token::Class(_) => return None,
        }
    }
    Some(level.open)
}

impl Level {
    fn new() -> Self {
        Self { closed: Vec::new(), open: vec![Vec::new()] }
    }

    fn comma(&mut self) {
        self.closed.append(&mut self.open);
        self.open.push(Vec::new());
    }

    /// The level around it, each of its own alternatives behind each of what stood before the brace.
    fn within(mut self, outer: Self) -> Option<Self> {
        self.closed.append(&mut self.open);
        if outer.open.len() * self.closed.len() + outer.closed.len() > MOST {
            return None;
        }
        let behind = |before: &Vec<Token>| self.closed.iter().map(|text| [before.as_slice(), text].concat()).collect();
        Some(Self { open: outer.open.iter().flat_map(|before| -> Vec<_> { behind(before) }).collect(), ..outer })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Glob, Subject};
    use super::*;

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
                Some(["aaaa"]) => assert_eq!(found.map(|all| all.len()), Some(MOST)),
                expected => {
                    assert_eq!(found, expected.map(|all| all.iter().map(|&text| text.into()).collect()), "{pattern}")
                }
            }
        }
    }
}
