//! Names in a registry's paths: repositories, tags and digests, as the OCI distribution specification writes them.
//!
//! All of them are parsed byte by byte, over the whole text, in ASCII. A name that does not parse is refused and never
//! forwarded: a registry that reads it in another way would do something that no policy has decided.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

/// The full name of a repository: `prod/team/app`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(String);

impl Repository {
    /// The greatest length of a name. The specification has no limit, but notes that many clients have this one.
    pub const MAX_BYTES: usize = 255;

    /// Parses the name of a repository.
    ///
    /// # Errors
    ///
    /// - `` (empty), `prod//app`, `/app`, `app/`: a component has at least one character
    /// - `Prod/app`: upper case
    /// - `prod/-app`, `a___b`, `a.-b`: a separator stands alone, between letters or digits
    /// - a name of 256 characters
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.len() <= Self::MAX_BYTES && text.split('/').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReferenceError::Repository)
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes
            .split(alphanumeric)
            .all(|run| matches!(run, b"" | b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-'))
}

/// A tag: 1 to 128 characters, without `.` or `-` at the start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The greatest length of a tag.
    pub const MAX_BYTES: usize = 128;

    /// Parses a tag.
    ///
    /// # Errors
    ///
    /// - `` (empty): a tag has at least one character
    /// - `.hidden`, `-v`: a tag starts with a letter, a digit or `_`
    /// - `v1/latest`, `v1:2`, `1.0+a`: characters that a tag can't have
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let starts_well = text.bytes().next().is_some_and(word);
        if starts_well && text.len() <= Self::MAX_BYTES && text.bytes().all(|b| word(b) || b == b'.' || b == b'-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReferenceError::Tag)
        }
    }

    /// Returns the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The algorithm of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, which every registry knows.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Returns its name, as digests have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the number of hexadecimal digits in one of its digests.
    const fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    /// Computes the digest of some content.
    pub fn digest(self, content: &[u8]) -> Digest {
        match self {
            Self::Sha256 => Digest::of(self, &Sha256::digest(content)),
            Self::Sha512 => Digest::of(self, &Sha512::digest(content)),
        }
    }
}

/// The digest of content: `sha256:` and 64, or `sha512:` and 128, lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: Algorithm,
    text: String,
}

impl Digest {
    /// Parses a digest.
    ///
    /// # Errors
    ///
    /// - `sha256:ABCD…`: upper-case digits
    /// - `sha256:` and 63 or 65 digits
    /// - `md5:…`, `sha384:…`, `blake3:…`: an algorithm that can't be computed here
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, digits) = text.split_once(':').ok_or(ReferenceError::Digest)?;
        let algorithm = [Algorithm::Sha256, Algorithm::Sha512].into_iter().find(|algorithm| algorithm.name() == name);
        let algorithm = algorithm.ok_or(ReferenceError::Digest)?;
        let lower_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == algorithm.digits() && digits.bytes().all(lower_hexadecimal) {
            Ok(Self { algorithm, text: text.to_owned() })
        } else {
            Err(ReferenceError::Digest)
        }
    }

    fn of(algorithm: Algorithm, hash: &[u8]) -> Self {
        use fmt::Write as _;
        let mut text = format!("{}:", algorithm.name());
        for byte in hash {
            // Writing to a string never fails.
            let _ = write!(text, "{byte:02x}");
        }
        Self { algorithm, text }
    }

    /// Returns its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns whether it is the digest of some content.
    pub fn is_of(&self, content: &[u8]) -> bool {
        self.algorithm.digest(content) == *self
    }

    /// Returns the digest, with the name of its algorithm.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Digest {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.text
    }
}

/// The last part of a manifest's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A tag.
    Tag(Tag),
    /// A digest.
    Digest(Digest),
}

impl Reference {
    /// Parses a tag or a digest. A text with a colon can only be a digest.
    ///
    /// # Errors
    ///
    /// As [`Tag::parse`] and [`Digest::parse`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.contains(':') { Digest::parse(text).map(Self::Digest) } else { Tag::parse(text).map(Self::Tag) }
    }

    /// Returns the tag or the digest.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }
}

/// The kind of name that a text was expected to be, and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// A repository.
    Repository,
    /// A tag.
    Tag,
    /// A digest.
    Digest,
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Repository => {
                "not a valid repository name; write lower-case letters, digits and single separators, \
                 in components between `/`, at most 255 characters"
            }
            Self::Tag => {
                "not a valid tag; write 1 to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
            }
            Self::Digest => {
                "not a valid digest; write `sha256:` and 64, or `sha512:` and 128, lower-case hexadecimal digits"
            }
        })
    }
}

impl std::error::Error for ReferenceError {}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;

    const NAME: &str = r"\A(?-u:[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)\z";
    const TAG: &str = r"\A(?-u:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})\z";
    const DIGEST: &str = r"\A(?-u:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})\z";

    /// Every text of up to `most` characters of the alphabet.
    fn every_text(alphabet: &[&str], most: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..most {
            last = last.iter().flat_map(|text| alphabet.iter().map(move |letter| format!("{text}{letter}"))).collect();
            all.extend_from_slice(&last);
        }
        all
    }

    #[test]
    fn names_and_tags_are_what_the_specification_writes_for_every_short_text() {
        let (name, tag) = (Regex::new(NAME).unwrap(), Regex::new(TAG).unwrap());
        for text in every_text(&["a", "0", "A", ".", "_", "-", "/", "é"], 5) {
            assert_eq!(Repository::parse(&text).is_ok(), name.is_match(text.as_bytes()), "repository `{text}`");
            assert_eq!(Tag::parse(&text).is_ok(), tag.is_match(text.as_bytes()), "tag `{text}`");
        }
    }

    #[test]
    fn lengths_end_where_the_protocol_says() {
        assert!(Repository::parse(&"a".repeat(255)).is_ok());
        assert!(Repository::parse(&"a".repeat(256)).is_err());
        assert!(Tag::parse(&"a".repeat(128)).is_ok());
        assert!(Tag::parse(&"a".repeat(129)).is_err());
    }

    #[test]
    fn look_alikes_are_neither_names_nor_tags_nor_digests() {
        let digits = "a".repeat(64);
        let hostile = [
            "v1\n".to_owned(),
            "v1\0".into(),
            "\u{212a}".into(),
            "٣".into(),
            "ｖ1".into(),
            "v1%2f".into(),
            "v1 ".into(),
            format!("sha256:{digits}\n"),
            format!("sha256:{}", "A".repeat(64)),
            format!("sha256:{}", "a".repeat(63)),
            format!("sha256:{}", "a".repeat(65)),
            format!("sha512:{digits}"),
            format!("SHA256:{digits}"),
            format!("sha384:{}", "a".repeat(96)),
            format!("blake3:{digits}"),
            format!("sha256::{digits}"),
            format!(":{digits}"),
            digits.clone() + ":",
        ];
        for text in &hostile {
            assert!(Repository::parse(text).is_err(), "repository {text:?}");
            assert!(Reference::parse(text).is_err(), "reference {text:?}");
        }
    }

    #[test]
    fn a_digest_is_that_of_its_content_in_its_own_algorithm() {
        let shape = Regex::new(DIGEST).unwrap();
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Algorithm::Sha256.digest(b"").as_str(), empty);
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let digest = algorithm.digest(b"manifest");
            assert!(shape.is_match(digest.as_str().as_bytes()), "{digest}");
            assert_eq!(Digest::parse(digest.as_str()), Ok(digest.clone()));
            assert!(digest.is_of(b"manifest") && !digest.is_of(b"manifest "));
        }
    }
}
