//! Why a pattern is invalid in doublestar.

/// Why a pattern is invalid in doublestar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum DoublestarFault {
    UnclosedClass,
    EmptyClass,
    StrayDash,
    DanglingEscape,
    BraceInClass,
    SlashInClass,
    NoMember,
    NoExclusion,
}

impl DoublestarFault {
    /// What is wrong, and what to do about it.
    pub(in crate::convert) fn explain(self) -> (String, &'static str) {
        let (what, help) = match self {
            Self::UnclosedClass => ("`[` opens a class that nothing closes", "add `]`, or write `\\[` for the bracket"),
            Self::EmptyClass => ("a class ends at its first `]`, so this one is empty", "write `\\]` for the bracket"),
            Self::StrayDash => ("a `-` of a class has nothing on one of its sides", "write `\\-` for the character"),
            Self::DanglingEscape => ("a `\\` at the end of a class escapes nothing", "remove it"),
            Self::BraceInClass => (
                "a class in braces holds `{`, `}` or `,`, which doublestar takes for a part of the braces",
                "write `\\` before it",
            ),
            Self::SlashInClass => ("a class holds `/`, which no class matches", "take it out of the class"),
            Self::NoExclusion => ("a class excludes nothing", "write `?` for any character"),
            Self::NoMember => ("a class matches nothing that a name or a tag can hold", "leave it out"),
        };
        (what.into(), help)
    }
}
