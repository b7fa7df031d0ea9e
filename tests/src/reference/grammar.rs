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

/// Tags of build caches.
pub(super) static CACHE: Grammar = grammar!(r"(build)?cache(-.*)?|.*-(build)?cache");

/// Repositories of build caches.
pub(super) static CACHE_REPOSITORY: Grammar = grammar!(r"(.*/)?(build)?cache");

/// A time in UTC.
pub(super) static TIME: Grammar = grammar!(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z");

/// `@version`
pub(super) static VERSION: Grammar = grammar!(r"[vV]?[0-9]+(\.[0-9]+){2,}.*");

/// `@release`
pub(super) static RELEASE: Grammar = grammar!(r"[vV]?[0-9]+(\.[0-9]+){2,3}(_[0-9A-Za-z.-]+)?");

/// `@prerelease`. What is before a word is not a letter, and neither is what is after it.
pub(super) static PRERELEASE: Grammar = grammar!(concat!(
    r"(?i)v?[0-9]+(\.[0-9]+){2,}",
    r"([ab][0-9].*|([^_]*[^_a-z])?(alpha|beta|rc|cr|pre|preview|dev|snapshot|nightly|canary|next|milestone|ea)([^a-z].*)?",
    r"|([^_]*[^_a-z])?m[0-9].*)"
));

/// `@rolling`
pub(super) static ROLLING: Grammar = grammar!(r"latest|[vV]?[0-9]{1,4}(\.[0-9]{1,4})?");

/// `@commit`
pub(super) static COMMIT: Grammar = grammar!(r"(sha-|git-)?([0-9a-f]{7,40}|[0-9a-f]{64})");

/// Whether a text is a time in UTC, on a day that exists.
pub(super) fn is_time(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| {
        text.get(range).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or_default()
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let most = month.checked_sub(1).and_then(|month| days.get(month as usize).copied()).unwrap_or_default();
    TIME.admits(text) && (1..=most).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        for grammar in [
            &REPOSITORY,
            &TAG,
            &DIGEST,
            &SIGNATURES,
            &REFERRERS,
            &CACHE,
            &CACHE_REPOSITORY,
            &TIME,
            &VERSION,
            &RELEASE,
            &PRERELEASE,
            &ROLLING,
            &COMMIT,
        ] {
            assert!(grammar.0.is_some());
        }
    }
}
