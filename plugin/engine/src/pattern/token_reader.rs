//! Reads a glob into its pieces.

use super::fault::PatternFault;
use super::token::Token;
use crate::limits;

/// The pieces of a glob.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    /// A run of stars that is not a whole component is somewhere in it.
    pub(super) stray_stars: bool,
}

/// Reads a glob into its pieces.
pub(super) fn read_tokens(pattern: &str) -> Result<Tokens, PatternFault> {
    let mut reader = Reader::new(pattern);
    reader.read()?;
    Ok(Tokens { tokens: reader.tokens, stray_stars: reader.stray_stars })
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Bytes<'a>>,
    pub(super) tokens: Vec<Token>,
    stray_stars: bool,
    /// For each open brace, whether a component begins there.
    braces: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { rest: pattern.bytes().peekable(), tokens: Vec::new(), stray_stars: false, braces: Vec::new() }
    }

    fn read(&mut self) -> Result<(), PatternFault> {
        while let Some(byte) = self.rest.next() {
            let token = self.token(byte)?;
            self.tokens.push(token);
        }
        if self.braces.is_empty() { Ok(()) } else { Err(PatternFault::UnclosedBrace) }
    }

    fn token(&mut self, byte: u8) -> Result<Token, PatternFault> {
        match byte {
            b'?' => Ok(Token::Any),
            b'*' => Ok(self.stars()),
            b'[' => self.class().map(Token::Class),
            b'{' => self.open(),
            b'}' => self.braces.pop().map(|_| Token::Close).ok_or(PatternFault::StrayBrace),
            b',' if !self.braces.is_empty() => Ok(Token::Comma),
            b'\\' => self.rest.next().map(Token::Literal).ok_or(PatternFault::DanglingEscape),
            byte => Ok(Token::Literal(byte)),
        }
    }

    fn open(&mut self) -> Result<Token, PatternFault> {
        if self.braces.len() == limits::MAX_BRACE_DEPTH {
            return Err(PatternFault::TooDeep);
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

    /// Whether a component ends before what comes next. The end of an alternative is one only after a `/` in it: that is
    /// how globset has it.
    fn component_ends(&mut self) -> bool {
        match self.rest.peek() {
            None | Some(b'/') => true,
            Some(b',' | b'}') => !self.braces.is_empty() && self.tokens.last() == Some(&Token::Literal(b'/')),
            Some(_) => false,
        }
    }

    /// Whether `**/` is before a `**` at the end of an alternative. There globset takes `**/**` for `**/`, and `**/*`
    /// is what is meant.
    fn repeats(&mut self) -> bool {
        self.rest.peek().is_some_and(|next| *next != b'/')
            && self.tokens.ends_with(&[Token::Components, Token::Literal(b'/')])
    }

    /// Reads a class after its `[`, and writes it so that, negated, it leaves `/` out.
    fn class(&mut self) -> Result<String, PatternFault> {
        let negated = self.rest.next_if(|byte| matches!(byte, b'!' | b'^')).is_some();
        let mut body = String::new();
        let mut from = None;
        let mut open_range = false;
        loop {
            let byte = self.rest.next().ok_or(PatternFault::UnclosedClass)?;
            match (byte, from) {
                (b']', Some(_)) => break,
                (b'-', Some(_)) if !open_range => open_range = true,
                (to, Some(start)) if open_range => {
                    check_range(start, to)?;
                    open_range = false;
                }
                (b'/', _) => return Err(PatternFault::SlashInClass),
                (byte, _) => from = Some(byte),
            }
            body.push(char::from(byte));
        }
        if !negated {
            return Ok(format!("[{body}]"));
        }
        // A `-` at the end is a literal. It has to stay there: a `/` after it would end a range.
        match body.strip_suffix('-') {
            Some(body) if open_range => Ok(format!("[!{body}/-]")),
            _ => Ok(format!("[!{body}/]")),
        }
    }
}

fn check_range(from: u8, to: u8) -> Result<(), PatternFault> {
    if from > to {
        return Err(PatternFault::ReversedRange(from.into(), to.into()));
    }
    if (from..=to).contains(&b'/') { Err(PatternFault::SlashInClass) } else { Ok(()) }
}
