//! What names, digests and versions look like, as the specifications write it.

use regex::Regex;
use std::sync::LazyLock;

/// A regular expression that has to match the whole text. Only what is written in this file is ever compiled.
pub(super) struct Grammar(LazyLock<Option<Regex>>);

impl Grammar {
    /// Whether a text is of this form.
    pub(super) fn admits(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

macro_rules! grammar {
    ($expression:expr) => {
        Grammar(LazyLock::new(|| Regex::new(concat!("^(?:", $expression, r")\z")).ok()))
    };
}

/// `<name>` of the distribution specification; its length is a limit beside it.
pub(super) static REPOSITORY: Grammar =
    grammar!(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*");

/// `<reference>` as a tag.
pub(super) static TAG: Grammar = grammar!(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

/// A digest.
pub(super) static DIGEST: Grammar = grammar!(r"(sha256|blake3):[0-9a-f]{64}|sha512:[0-9a-f]{128}");

/// What signing tools write beside an image.
pub(super) static SIGNATURES: Grammar = grammar!(r"sha256-[0-9a-f]{64}\.(sig|att|sbom)");

/// The fallback tag of the referrers API.
pub(super) static REFERRERS: Grammar = grammar!(r"sha(256|512)-[0-9a-f]{64}");

// The expression of semver.org 2.0.0, with an optional `v` before and `_` where it has `+`.
macro_rules! number {
    () => {
        r"(0|[1-9][0-9]*)"
    };
}
macro_rules! core {
    () => {
        concat!("v?", number!(), r"\.", number!(), r"\.", number!())
    };
}
macro_rules! prerelease {
    () => {
        r"-((0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)"
    };
}
macro_rules! build {
    () => {
        r"(_[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
    };
}

/// `@release`
pub(super) static RELEASE: Grammar = grammar!(concat!(core!(), build!()));

/// `@prerelease`
pub(super) static PRERELEASE: Grammar = grammar!(concat!(core!(), prerelease!(), build!()));

/// `@rolling`
pub(super) static ROLLING: Grammar = grammar!(concat!("v?", number!(), r"(\.", number!(), ")?"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        for grammar in [&REPOSITORY, &TAG, &DIGEST, &SIGNATURES, &REFERRERS, &RELEASE, &PRERELEASE, &ROLLING] {
            assert!(grammar.0.is_some());
        }
    }
}
