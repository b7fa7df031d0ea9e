//! Patterns without their braces: `{a,b}c` is `ac` or `bc`.

use super::token::Token;

/// How many patterns one is written out as. Where there are more, a regular expression is faster.
pub(super) const MAX_ALTERNATIVES: usize = 16;

/// An open brace, or the pattern itself.
struct Level {
    /// The alternatives that a comma has closed.
    closed: Vec<Vec<Token>>,
    /// The alternative that is being read: several, where braces in it were written out.
    open: Vec<Vec<Token>>,
}

/// Returns all patterns that a pattern with braces means. Returns `None` where they are too many, and where a regular expression
/// is needed anyway: for classes, `?`, and `**`, whose meaning depends on the brace around it.
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

    /// The level around it, with each of its own alternatives after each of the texts before the brace.
    fn within(mut self, outer: Self) -> Option<Self> {
        self.closed.append(&mut self.open);
        if outer.open.len() * self.closed.len() + outer.closed.len() > MAX_ALTERNATIVES {
            return None;
        }
        let joined = |before: &Vec<Token>| self.closed.iter().map(|text| [before.as_slice(), text].concat()).collect();
        Some(Self { open: outer.open.iter().flat_map(|before| -> Vec<_> { joined(before) }).collect(), ..outer })
    }
}
