//! Regular expressions of other registries, in the spelling of the `regex` crate.
//!
//! Go's `regexp` (RE2) and Python's `regex` share most of their syntax with the `regex` crate. What means the same is kept
//! as it is, what is spelled in another way is rewritten, and what the crate does not have, or would understand in another
//! way, is refused. Both sides match ASCII here, since tags are ASCII.

use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;

/// The language in which a regular expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum Dialect {
    /// Go's `regexp`, which is RE2.
    Go,
    /// Python's module `regex`, in its version 0.
    Python,
}

/// Why a regular expression can't be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::convert) enum RegexFault {
    /// It holds something that the `regex` crate does not have: what it is, and its text.
    Unsupported(&'static str, String),
    /// It is not valid where it comes from either.
    Broken(&'static str),
    /// It holds a character that is not ASCII.
    NotAscii(char),
}

impl RegexFault {
    /// What is wrong.
    pub(in crate::convert) fn message(&self) -> String {
        match self {
            Self::Unsupported(what, text) => {
                format!("the regular expression holds {what} (`{text}`), which is not supported here")
            }
            Self::Broken(what) => format!("the regular expression is invalid: {what}"),
            Self::NotAscii(character) => {
                format!("the regular expression holds `{}`, which is not ASCII", character.escape_default())
            }
        }
    }

    /// What to do about it.
    pub(in crate::convert) fn help(&self) -> &'static str {
        match self {
            Self::Unsupported(..) => "write an expression without it, or a list of patterns",
            Self::Broken(_) => "write it as the registry accepts it",
            Self::NotAscii(_) => "leave it out: tags are ASCII",
        }
    }
}

/// Returns the regular expression of the `regex` crate that matches the same tags as one of another registry. Reports one that
/// can't be imported, at its place.
pub(in crate::convert) fn read(node: &Node<'_>, text: &str, dialect: Dialect, report: &mut Report) -> Option<String> {
    let translated = translate(text, dialect);
    if let Err(fault) = &translated {
        report.problem(&node.place, fault.message(), fault.help());
    }
    translated.ok()
}

/// Returns the regular expression of the `regex` crate that matches the same tags.
///
/// # Errors
///
/// - `(?!a)b`, `(a)\1`, `a++`, `(?>a)`, `(?R)`, `\p{L}`, `\Z`, `[a-\d]`, `[\w--.]`: not supported
/// - `` (empty), `a**`, `[a`, `a\`, `(?i`: invalid
/// - `é`: not ASCII
fn translate(text: &str, dialect: Dialect) -> Result<String, RegexFault> {
    if text.is_empty() {
        return Err(RegexFault::Broken("it is empty"));
    }
    if let Some(character) = text.chars().find(|character| !character.is_ascii()) {
        return Err(RegexFault::NotAscii(character));
    }
    let mut translation = Translation { rest: text, written: String::new(), dialect, is_repeated: false, depth: 0 };
    translation.run()?;
    Ok(translation.written)
}

/// An expression that is being read and written. It is ASCII.
struct Translation<'a> {
    rest: &'a str,
    written: String,
    dialect: Dialect,
    /// Whether a quantifier was read last. Another one must not follow it.
    is_repeated: bool,
    /// How many groups are open.
    depth: usize,
}

impl<'a> Translation<'a> {
    fn run(&mut self) -> Result<(), RegexFault> {
        while let Some(character) = self.next() {
            let was_repeated = std::mem::take(&mut self.is_repeated);
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => self.quantifier(character.into(), was_repeated)?,
                '{' => self.brace(was_repeated)?,
                ')' => self.end_group()?,
                '}' | ']' => self.literal(character),
                character => self.written.push(character),
            }
        }
        if self.depth == 0 { Ok(()) } else { Err(NO_END) }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.skip(1);
        Some(next)
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Reads a text if it is what comes next.
    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What comes next before a text, which is read as well. `None` where the text does not come.
    fn until(&self, end: &str) -> Option<&'a str> {
        self.rest.split_once(end).map(|(before, _)| before)
    }

    /// The next characters, for messages.
    fn ahead(&self, start: &str, count: usize) -> String {
        format!("{start}{}", self.rest.get(..count).unwrap_or(self.rest))
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, character: char) {
        if !character.is_ascii_alphanumeric() && !matches!(character, '<' | '>' | '_' | ' ') {
            self.written.push('\\');
        }
        self.written.push(character);
    }

    fn quantifier(&mut self, quantifier: String, was_repeated: bool) -> Result<(), RegexFault> {
        if was_repeated {
            return Err(RegexFault::Broken("a quantifier follows another one"));
        }
        self.written.push_str(&quantifier);
        if self.eat("?") {
            self.written.push('?');
        } else if self.dialect == Dialect::Python && self.eat("+") {
            return Err(unsupported("a possessive quantifier", quantifier + "+"));
        }
        self.is_repeated = true;
        Ok(())
    }

    /// Reads what follows a `{`: a quantifier, or else a brace that stands for itself.
    fn brace(&mut self, was_repeated: bool) -> Result<(), RegexFault> {
        let Some(body) = self.until("}") else {
            self.literal('{');
            return Ok(());
        };
        if let Some(count) = quantifier_body(body, self.dialect) {
            self.skip(body.len() + 1);
            return self.quantifier(format!("{{{count}}}"), was_repeated);
        }
        if self.dialect == Dialect::Python && is_fuzzy(body) {
            return Err(unsupported("a fuzzy match", format!("{{{body}}}")));
        }
        self.literal('{');
        Ok(())
    }

    fn escape(&mut self) -> Result<(), RegexFault> {
        let Some(character) = self.next() else {
            return Err(RegexFault::Broken("a `\\` at its end escapes nothing"));
        };
        let what = match character {
            'Q' if self.dialect == Dialect::Go => {
                self.quoted();
                return Ok(());
            }
            'x' => return self.hexadecimal(),
            'z' if self.dialect == Dialect::Go => None,
            character if "dDwWsSbBAtnrfva".contains(character) => None,
            'p' | 'P' => Some("a Unicode class"),
            '0' => Some("an octal number"),
            '1'..='9' => Some("a back reference or an octal number"),
            character if character.is_ascii_alphabetic() => Some("an escape"),
            character => {
                self.literal(character);
                return Ok(());
            }
        };
        if let Some(what) = what {
            return Err(unsupported(what, format!("\\{character}")));
        }
        self.written.extend(['\\', character]);
        Ok(())
    }

    /// Reads `\x41`, or in Go `\x{41}`.
    fn hexadecimal(&mut self) -> Result<(), RegexFault> {
        let (digits, length) = if self.dialect == Dialect::Go && self.eat("{") {
            let digits = self.until("}").unwrap_or_default();
            (digits, digits.len() + 1)
        } else {
            (self.rest.get(..2).unwrap_or_default(), 2)
        };
        let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16).ok().filter(|byte| is_number && byte.is_ascii());
        let Some(byte) = byte else { return Err(unsupported("an escaped number", self.ahead("\\x", 2))) };
        self.skip(length);
        self.written.push_str(&format!("\\x{byte:02x}"));
        Ok(())
    }

    /// Reads Go's `\Q…\E`, in which everything stands for itself.
    fn quoted(&mut self) {
        while !self.eat("\\E") {
            let Some(character) = self.next() else { return };
            self.literal(character);
        }
    }

    fn end_group(&mut self) -> Result<(), RegexFault> {
        let outer = self.depth.checked_sub(1);
        self.depth = outer.ok_or(RegexFault::Broken("`)` closes a group that nothing opened"))?;
        self.written.push(')');
        Ok(())
    }

    fn group(&mut self) -> Result<(), RegexFault> {
        self.written.push('(');
        self.depth += 1;
        if !self.eat("?") {
            return Ok(());
        }
        let is_whole = self.written == "(";
        self.written.push('?');
        if self.eat(":") {
            self.written.push(':');
            return Ok(());
        }
        let start = self.ahead("(?", 2);
        let what = match self.next() {
            Some('P') if self.eat("<") => {
                self.written.push('P');
                return self.name(start);
            }
            Some('<') => return self.name(start),
            Some('P') => "a back reference or a recursion",
            Some('=' | '!') => "a look-around",
            Some('>') => "an atomic group",
            Some('#') => "a comment",
            Some('|') => "a branch reset",
            Some('R' | '&' | '0'..='9' | '+') => "a recursion",
            Some(flag) => return self.flags(flag, is_whole),
            None => return Err(NO_END),
        };
        Err(unsupported(what, start))
    }

    /// Reads the name of a group after its `<`. `(?<=` and `(?<!` are look-arounds.
    fn name(&mut self, start: String) -> Result<(), RegexFault> {
        let name = self.until(">").unwrap_or_default();
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(unsupported("a look-around or an invalid name of a group", start));
        }
        self.skip(name.len() + 1);
        self.written.extend(["<", name, ">"]);
        Ok(())
    }

    /// Reads flags, after the first: `(?i)`, `(?i:`, and in Go `(?s-i:`. Flags of a whole Python expression stand at its
    /// beginning.
    fn flags(&mut self, first: char, is_at_start: bool) -> Result<(), RegexFault> {
        let Some(at) = self.rest.find([')', ':']) else { return Err(NO_END) };
        let flags = format!("{first}{}", self.rest.get(..=at).unwrap_or_default());
        let (known, may_be_here) = match self.dialect {
            Dialect::Go => ("imsU-:)", true),
            Dialect::Python => ("ims-:)", is_at_start || flags.ends_with(':')),
        };
        if !may_be_here || flags.len() < 2 || !flags.chars().all(|flag| known.contains(flag)) {
            return Err(unsupported("flags", format!("(?{flags}")));
        }
        self.skip(at + 1);
        self.depth -= usize::from(flags.ends_with(')'));
        self.written.push_str(&flags);
        Ok(())
    }

    /// Reads a class after its `[`.
    fn class(&mut self) -> Result<(), RegexFault> {
        self.written.push('[');
        if self.eat("^") {
            self.written.push('^');
        }
        if self.eat("]") {
            self.written.push_str("\\]");
        }
        loop {
            let Some(character) = self.next() else {
                return Err(RegexFault::Broken("`[` opens a class that nothing closes"));
            };
            match character {
                ']' => break,
                '\\' if self.rest.starts_with(['b', 'B', 'A', 'z', 'Q', 'E']) => {
                    return Err(unsupported("an escape in a class", self.ahead("\\", 1)));
                }
                '\\' => self.escape()?,
                '[' if self.rest.starts_with(':') => self.named_class()?,
                '-' => self.range()?,
                character => self.literal(character),
            }
        }
        self.written.push(']');
        Ok(())
    }

    /// Reads a `-` of a class: of a range, unless it begins or ends the class or follows a class such as `\d`.
    fn range(&mut self) -> Result<(), RegexFault> {
        if self.rest.starts_with('-') {
            return Err(unsupported("`--` in a class", "--".into()));
        }
        let begins = self.written.ends_with('[') && !self.written.ends_with("\\[") || self.written.ends_with("[^");
        if begins || self.rest.starts_with(']') {
            self.literal('-');
            return Ok(());
        }
        let classes = ["\\d", "\\w", "\\s", "\\D", "\\W", "\\S"];
        let follows_class = self.written.ends_with(":]") || classes.iter().any(|class| self.written.ends_with(class));
        let is_class_ahead = self.rest.starts_with("[:") || classes.iter().any(|class| self.rest.starts_with(class));
        if follows_class || is_class_ahead {
            return Err(unsupported("a range with a class at one end", "-".into()));
        }
        self.written.push('-');
        Ok(())
    }

    /// Reads `[:alpha:]`.
    fn named_class(&mut self) -> Result<(), RegexFault> {
        let name = self.until("]").unwrap_or_default();
        let inner = name.strip_prefix(':').and_then(|name| name.strip_suffix(':')).unwrap_or_default();
        if !CLASSES.contains(&inner.trim_start_matches('^')) {
            return Err(unsupported("a named class", format!("[{name}]")));
        }
        self.skip(name.len() + 1);
        self.written.extend(["[", name, "]"]);
        Ok(())
    }
}

/// The fault of a group that nothing closes.
const NO_END: RegexFault = RegexFault::Broken("a group has no end");

/// The named classes that all of the languages have.
const CLASSES: [&str; 12] =
    ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper"];

fn unsupported(what: &'static str, text: String) -> RegexFault {
    RegexFault::Unsupported(what, text)
}

/// Returns the inside of a quantifier's braces as the `regex` crate writes it, or `None` if it is not a quantifier.
fn quantifier_body(body: &str, dialect: Dialect) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match body.split_once(',') {
        None => is_number(body).then(|| body.to_owned()),
        // `{,}` is a quantifier there as well: any number.
        Some(("", most)) => {
            (dialect == Dialect::Python && (most.is_empty() || is_number(most))).then(|| format!("0,{most}"))
        }
        Some((least, most)) => (is_number(least) && (most.is_empty() || is_number(most))).then(|| body.to_owned()),
    }
}

/// Whether the inside of braces is a fuzzy match of Python's module: `e<=1`, `i<=2,d<=1`, `e`.
fn is_fuzzy(body: &str) -> bool {
    body.contains(['e', 'i', 'd', 's']) && body.chars().all(|character| "eids0123456789<=+,: ".contains(character))
}

#[cfg(test)]
mod tests {
    use super::Dialect::{Go, Python};
    use super::*;

    #[test]
    fn what_means_the_same_stays_and_what_is_spelled_otherwise_is_rewritten() {
        let table = [
            ("^v[0-9]+\\.[0-9]+$", "^v[0-9]+\\.[0-9]+$", "^v[0-9]+\\.[0-9]+$"),
            ("rel-.*?|a{2,3}b{2}?", "rel-.*?|a{2,3}b{2}?", "rel-.*?|a{2,3}b{2}?"),
            ("(?:a|b)(?P<n>c)(?<m>d)", "(?:a|b)(?P<n>c)(?<m>d)", "(?:a|b)(?P<n>c)(?<m>d)"),
            ("(?i)a(?s:.)", "(?i)a(?s:.)", "(?i)a(?s:.)"),
            ("a{", "a\\{", "a\\{"),
            ("v{2", "v\\{2", "v\\{2"),
            ("a{x}", "a\\{x\\}", "a\\{x\\}"),
            ("a{,3}", "a\\{,3\\}", "a{0,3}"),
            ("a{,}", "a\\{,\\}", "a{0,}"),
            ("\\<a\\>", "<a>", "<a>"),
            ("[]a]", "[\\]a]", "[\\]a]"),
            ("[a[b&&c~~]", "[a\\[b\\&\\&c\\~\\~]", "[a\\[b\\&\\&c\\~\\~]"),
            ("[[:alpha:]-]", "[[:alpha:]\\-]", "[[:alpha:]\\-]"),
            ("[-a-z_]", "[\\-a-z_]", "[\\-a-z_]"),
            ("\\x41\\_\\-", "\\x41_\\-", "\\x41_\\-"),
        ];
        for (text, go, python) in table {
            assert_eq!(translate(text, Go).as_deref(), Ok(go), "{text}");
            assert_eq!(translate(text, Python).as_deref(), Ok(python), "{text}");
        }
        assert_eq!(translate("\\Qa.b*\\E\\x{2d}", Go).as_deref(), Ok("a\\.b\\*\\x2d"));
        assert_eq!(translate("(?U)a*(?-i)b", Go).as_deref(), Ok("(?U)a*(?-i)b"));
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        for text in [
            "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?P=n)", "(?P>n)", "(?>a)", "(?|a)", "(?#a)", "(?R)",
            "(?1)", "\\Z", "\\K", "\\G", "\\h", "\\N", "\\R", "\\X", "\\m", "\\M", "\\166", "\\0", "\\p{L}", "\\pL",
            "é", "[a-\\d]", "[\\d-a]", "[\\w--.]", "[\\b]", "[[:word", "(?x)a", "(?u)", "(?i", "a**", "a{2}{3}", "[a",
            "a\\", "\\xzz", "a)|(b", "(a", "(a))", "(?:a", "\\xff",
        ] {
            assert!(translate(text, Go).is_err(), "{text}");
            assert!(translate(text, Python).is_err(), "{text}");
        }
        for text in ["a*+", "a++", "a?+", "a{2}+", "(?:v){e<=1}", "a(?i)b", "(?U)a", "\\Qa\\E", "\\z"] {
            assert!(translate(text, Python).is_err(), "{text}");
        }
        assert!(translate("a*+", Go).is_err());
        assert_eq!(translate("(?:v){e<=1}", Go).as_deref(), Ok("(?:v)\\{e<=1\\}"));
    }
}
