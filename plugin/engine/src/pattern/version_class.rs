//! Version classes of tags. They sort names and compare no versions, so leading zeros are fine, and so is a `V`.
//!
//! A number is one or more digits. The *numbers* of a tag are the whole run of numbers joined by dots at its start, after an
//! optional `v`: `1.2.3.4` in `v1.2.3.4b1`.

use crate::words::words;

words! {
    /// A class of tags, which a pattern of `@` and its name matches.
    pub(crate) enum VersionClass {
        /// Three or four numbers and nothing after them, except for `_` and build metadata: `1.2.3`, `v1.2.3_build.7`.
        Release = "@release",
        /// A version with a word for a pre-release after its numbers: `1.2.3-rc.1`, `3.1.0rc4`, `1.2.3b2`.
        Prerelease = "@prerelease",
        /// At least three numbers, then anything: `1.2.3`, `1.2.3-alpine`, `1.2.3.Final`.
        Version = "@version",
        /// `latest`, or one or two numbers of at most four digits each: `1`, `v1.2`, `24.04`.
        Rolling = "@rolling",
        /// 7 to 40, or 64, lower-case hex digits, after an optional `sha-` or `git-`: `deadbeef`, `sha-1234567`.
        Commit = "@commit",
    }
}

impl VersionClass {
    /// Whether a tag is in the class.
    #[inline]
    pub(crate) fn holds(self, tag: &str) -> bool {
        let tag = tag.as_bytes();
        match self {
            Self::Version => Numbers::of(tag).is_version(),
            Self::Release => Numbers::of(tag).is_release(),
            Self::Prerelease => Numbers::of(tag).is_prerelease(),
            Self::Rolling => tag == b"latest" || Numbers::of(tag).is_rolling(),
            Self::Commit => is_commit(tag),
        }
    }
}

/// The numbers that a tag begins with.
#[derive(Clone, Copy, Debug)]
struct Numbers<'a> {
    count: usize,
    /// The digits of the longest of them.
    longest: usize,
    /// The rest of the tag after them.
    rest: &'a [u8],
}

/// The fewest numbers of a version.
const VERSION_NUMBERS: usize = 3;
/// The most numbers of a release.
const MAX_RELEASE_NUMBERS: usize = 4;
/// The most numbers of a rolling tag, and the most digits of each: eight digits are a date, and more are a commit.
const MAX_ROLLING_NUMBERS: usize = 2;
const MAX_ROLLING_DIGITS: usize = 4;

impl<'a> Numbers<'a> {
    #[inline]
    fn of(tag: &'a [u8]) -> Self {
        let mut next = match tag {
            [b'v' | b'V', rest @ ..] => rest,
            tag => tag,
        };
        let mut numbers = Self { count: 0, longest: 0, rest: tag };
        loop {
            let (digits, rest) = split_run(next, |byte| byte.is_ascii_digit());
            if digits.is_empty() {
                return numbers;
            }
            numbers = Self { count: numbers.count + 1, longest: numbers.longest.max(digits.len()), rest };
            match rest {
                [b'.', rest @ ..] => next = rest,
                _ => return numbers,
            }
        }
    }

    #[inline]
    fn is_version(&self) -> bool {
        self.count >= VERSION_NUMBERS
    }

    #[inline]
    fn is_release(&self) -> bool {
        let has_end = match self.rest {
            [] => true,
            [b'_', build @ ..] => !build.is_empty() && build.iter().all(|byte| is_build(*byte)),
            _ => false,
        };
        has_end && (VERSION_NUMBERS..=MAX_RELEASE_NUMBERS).contains(&self.count)
    }

    #[inline]
    fn is_prerelease(&self) -> bool {
        self.is_version() && has_prerelease_word(split_run(self.rest, |byte| byte != b'_').0)
    }

    #[inline]
    fn is_rolling(&self) -> bool {
        self.rest.is_empty() && (1..=MAX_ROLLING_NUMBERS).contains(&self.count) && self.longest <= MAX_ROLLING_DIGITS
    }
}

/// Whether a byte may stand in build metadata.
fn is_build(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// Words that mark a pre-release.
const PRERELEASE_WORDS: [&str; 13] =
    ["alpha", "beta", "rc", "cr", "pre", "preview", "dev", "snapshot", "nightly", "canary", "next", "milestone", "ea"];

/// Whether a whole run of letters in what follows the numbers marks a pre-release: one of the words, `m` directly before a
/// digit, or `a` or `b` directly after the numbers and directly before a digit.
fn has_prerelease_word(after_numbers: &[u8]) -> bool {
    let mut rest = after_numbers;
    let mut is_first = true;
    while !rest.is_empty() {
        let (letters, after) = split_run(rest, |byte| byte.is_ascii_alphabetic());
        let is_before_digit = after.first().is_some_and(u8::is_ascii_digit);
        match letters {
            [b'm' | b'M'] if is_before_digit => return true,
            [b'a' | b'A' | b'b' | b'B'] if is_before_digit && is_first => return true,
            letters if is_prerelease_word(letters) => return true,
            _ => {}
        }
        is_first = false;
        rest = split_run(after, |byte| !byte.is_ascii_alphabetic()).1;
    }
    false
}

fn is_prerelease_word(letters: &[u8]) -> bool {
    PRERELEASE_WORDS.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(letters))
}

/// The shortest abbreviated commit of git that counts, the length of a SHA-1, and that of a SHA-256.
const MIN_COMMIT_DIGITS: usize = 7;
const SHA1_DIGITS: usize = 40;
const SHA256_DIGITS: usize = 64;

#[inline]
fn is_commit(tag: &[u8]) -> bool {
    let digits = tag.strip_prefix(b"sha-").or_else(|| tag.strip_prefix(b"git-")).unwrap_or(tag);
    matches!(digits.len(), MIN_COMMIT_DIGITS..=SHA1_DIGITS | SHA256_DIGITS)
        && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Splits a text before the first byte that does not belong.
#[inline]
fn split_run(text: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !belongs(*byte)).unwrap_or(text.len());
    text.split_at_checked(length).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::VersionClass::{Commit, Prerelease, Release, Rolling, Version};
    use super::*;
    use crate::words::Word as _;

    #[test]
    fn a_tag_is_in_these_classes_and_in_no_other() {
        let table: [(&str, &[VersionClass]); 24] = [
            ("1.2.3", &[Release, Version]),
            ("V01.02.03", &[Release, Version]),
            ("1.2.3.4_a.b-c", &[Release, Version]),
            ("1.2.3.4.5", &[Version]),
            ("1.2.3_", &[Version]),
            ("1.2.3_a_b", &[Version]),
            ("1.2.3.", &[Version]),
            ("1.2.3-x.RC.1", &[Prerelease, Version]),
            ("1.2.3m4", &[Prerelease, Version]),
            ("1.2.3-m", &[Version]),
            ("1.2.3_rc1", &[Release, Version]),
            ("1.2.3-arm64", &[Version]),
            ("1.2.3-0a1", &[Version]),
            ("1.2.3a", &[Version]),
            ("1.2", &[Rolling]),
            ("V9999.0001", &[Rolling]),
            ("10000", &[]),
            ("1.2.", &[]),
            ("v", &[]),
            ("latest", &[Rolling]),
            ("vlatest", &[]),
            ("20240115", &[Commit]),
            ("git-sha-1234567", &[]),
            ("", &[]),
        ];
        for (tag, expected) in table {
            let classes: Vec<_> = VersionClass::ALL.iter().copied().filter(|class| class.holds(tag)).collect();
            assert_eq!(classes, expected, "{tag}");
        }
    }

    #[test]
    fn a_commit_has_the_length_of_one() {
        let lengths: Vec<_> = (0..=80).filter(|length| Commit.holds(&"e".repeat(*length))).collect();
        assert_eq!(lengths, (7..=40).chain([64]).collect::<Vec<_>>());
    }
}
