//! Where doublestar and this engine differ.

use crate::document::located_json::quote::shown;

/// Where doublestar and we differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum Difference {
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
pub(in crate::convert) enum Extent {
    /// Nobody's, the pattern being written otherwise here.
    Kept,
    /// That of doublestar 1.1.
    Older,
    /// That of both.
    Both,
}

impl Difference {
    /// Whose meaning is another.
    pub(in crate::convert) fn extent(self) -> Extent {
        match self {
            Self::Exclamation | Self::Class => Extent::Kept,
            Self::NestedBraces | Self::EmptyAlternative => Extent::Older,
            Self::StarBeforeNothing | Self::SlashInBraces | Self::EscapedSlash | Self::SlashAtEnd => Extent::Both,
        }
    }

    /// What it is, of a pattern that has it.
    pub(in crate::convert) fn message(self, pattern: &str) -> String {
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
                format!("nothing has to follow a `*` of `{pattern}` here, but something must in doublestar")
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
    pub(in crate::convert) fn help(self) -> &'static str {
        match self {
            Self::Exclamation => "write `^` for it where all other characters were meant",
            Self::Class => "nothing has to be done, unless it was a mistake",
            Self::NestedBraces => "write the alternatives side by side to mean the same everywhere",
            Self::EmptyAlternative | Self::StarBeforeNothing | Self::SlashInBraces => {
                "write a list of patterns to mean the same everywhere"
            }
            Self::EscapedSlash => "write the `/` alone",
            Self::SlashAtEnd => "leave the last `/` out",
        }
    }
}
