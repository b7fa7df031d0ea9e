//! Why a pattern is invalid.

use crate::limits;

/// Why a pattern is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternFault {
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
    EmptyRegex,
    /// Not a regular expression: what is wrong with it.
    InvalidRegex(String),
    RegexFlag(char),
    RegexTooLarge,
}

impl PatternFault {
    /// What is wrong.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Empty => "the pattern is empty".into(),
            Self::TooLong => format!("the pattern is longer than {} bytes", limits::MAX_PATTERN_BYTES),
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
            Self::TooDeep => format!("braces nest deeper than {}", limits::MAX_BRACE_DEPTH),
            Self::DanglingEscape => "a `\\` at the end escapes nothing".into(),
            Self::NoVersionClass => {
                "`@` is only allowed at the start of a version class, which has to be the whole pattern".into()
            }
            Self::EmptyRegex => "the regular expression is empty".into(),
            Self::InvalidRegex(what) => format!("the regular expression is invalid: {what}"),
            Self::RegexFlag(flag) => format!("the flag `{flag}` of a regular expression is not supported"),
            Self::RegexTooLarge => "the regular expression needs too many states".into(),
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
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
            Self::NoVersionClass => "write `@release`, `@prerelease`, `@version`, `@rolling` or `@commit`",
            Self::EmptyRegex => "write `.*` for everything",
            Self::InvalidRegex(_) => "write it in the syntax of the `regex` crate, without Unicode classes",
            Self::RegexFlag(_) => "use only the flags i, m, s, U and x",
            Self::RegexTooLarge => "write smaller counts, fewer `.*`, or a list of simpler patterns",
        }
    }
}
