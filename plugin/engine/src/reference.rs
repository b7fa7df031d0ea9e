//! Names of repositories, tags and digests, read as the OCI distribution and image specifications write them.

/// The full name of a repository: `prod/team/app`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repository<'a> {
    name: &'a str,
    /// The first component of a name of two or more, and the rest.
    split: Option<(&'a str, &'a str)>,
}

impl<'a> Repository<'a> {
    /// Most bytes of a name: longer ones are refused by clients and registries alike.
    pub(crate) const BYTES: usize = 255;

    /// Reads a name. None for, by example:
    ///
    /// - `` (empty), `Prod/app`, `prod//app`, `/app`, `app/`, `a..b`, `a___b`, `-app`: no legal component
    /// - a name of 256 characters
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        if name.len() > Self::BYTES {
            return None;
        }
        let first = component_end(name.as_bytes())?;
        let mut rest = name.as_bytes().get(first..)?;
        let split = match rest {
            [] => None,
            _ => Some((name.get(..first)?, name.get(first + 1..)?)),
        };
        while let [_, component @ ..] = rest {
            rest = component.get(component_end(component)?..)?;
        }
        Some(Self { name, split })
    }

    /// The first component of a name of two or more, and the rest.
    pub(crate) fn split(self) -> Option<(&'a str, &'a str)> {
        self.split
    }

    /// The name as it was given.
    pub(crate) fn as_str(self) -> &'a str {
        self.name
    }
}

/// Whether a text is one legal component of a repository's name.
pub(crate) fn is_component(text: &str) -> bool {
    text.len() <= Repository::BYTES && component_end(text.as_bytes()) == Some(text.len())
}

/// How many bytes the component at the beginning of a name has: those up to a `/` or the end. None where it is illegal.
fn component_end(name: &[u8]) -> Option<usize> {
    let mut rest = name;
    loop {
        let inside = rest.iter().position(|byte| !is_inside(*byte)).unwrap_or(rest.len());
        if inside == 0 {
            return None;
        }
        rest = rest.get(inside..)?;
        rest = match rest {
            [] | [b'/', ..] => return Some(name.len() - rest.len()),
            [b'_', b'_', next @ ..] | [b'.' | b'_', next @ ..] => next,
            [b'-', ..] => rest.get(rest.iter().position(|byte| *byte != b'-')?..)?,
            _ => return None,
        };
    }
}

/// Whether a component can hold a byte between separators.
fn is_inside(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9')
}

/// A tag: `v1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    /// Most bytes of a tag.
    pub(crate) const BYTES: usize = 128;

    /// Reads a tag. None for, by example:
    ///
    /// - `` (empty), and a tag of 129 characters
    /// - `.hidden`, `-x`: a tag does not start with `.` or `-`
    /// - `v1/latest`, `v1+build`, `é`: characters that a tag can't hold
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let legal =
            (1..=Self::BYTES).contains(&text.len()) && !text.starts_with(['.', '-']) && text.bytes().all(is_tag_byte);
        legal.then_some(Self(text))
    }

    /// The tag as it was given.
    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }
}

/// Whether a tag can hold a byte.
pub(crate) fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Whether a repository's name can hold a byte, `/` between components among them.
pub(crate) fn is_repository_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-' | b'/')
}

/// The digest of a manifest: `sha256:` and 64 hex digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest<'a>(&'a str);

impl<'a> Digest<'a> {
    /// Reads a digest. None for, by example:
    ///
    /// - `sha256:ABC…`: hex digits are lower case
    /// - `sha512:` and 64 digits: it has 128
    /// - `md5:…`: no registered algorithm
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (encoded, length) = match text.as_bytes() {
            [b's', b'h', b'a', b'2', b'5', b'6', b':', encoded @ ..] => (encoded, 64),
            [b's', b'h', b'a', b'5', b'1', b'2', b':', encoded @ ..] => (encoded, 128),
            [b'b', b'l', b'a', b'k', b'e', b'3', b':', encoded @ ..] => (encoded, 64),
            _ => return None,
        };
        (encoded.len() == length && is_hex(encoded)).then_some(Self(text))
    }

    /// Whether it is the same digest. As texts compare, block by block from the end.
    pub(crate) fn equals(self, other: Self) -> bool {
        let (one, ones) = self.0.as_bytes().as_rchunks::<BLOCK>();
        let (other, others) = other.0.as_bytes().as_rchunks::<BLOCK>();
        let differs = |(one, other)| words(one).zip(words(other)).fold(0, |all, (one, other)| all | (one ^ other)) != 0;
        ones.len() == others.len() && !ones.iter().zip(others).any(differs) && one == other
    }

    /// The algorithm and the first twelve hex digits, as messages show it.
    pub(crate) fn short(self) -> &'a str {
        const SHOWN: usize = "sha256:".len() + 12;
        self.0.get(..SHOWN).unwrap_or(self.0)
    }
}

/// Whether all bytes are lower-case hex digits. A digest's are 64 or twice that: a block has no loop in it.
pub(crate) fn is_hex(bytes: &[u8]) -> bool {
    let (blocks, end) = bytes.as_chunks::<BLOCK>();
    blocks.iter().all(|block| words(block).map(strangers_to_hex).fold(0, |all, strangers| all | strangers) == 0)
        && end.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Bytes that are read together.
const BLOCK: usize = 64;

fn words(block: &[u8; BLOCK]) -> impl Iterator<Item = u64> {
    let (words, _) = block.as_chunks::<8>();
    words.iter().map(|word| u64::from_ne_bytes(*word))
}

/// The high bit of each byte of a word that is no lower-case hex digit: eight bytes for the price of one.
const fn strangers_to_hex(word: u64) -> u64 {
    const HIGH: u64 = every(0x80);
    // With the high bit of a byte set, a subtraction never borrows from the next, and leaves it set where it was due.
    const fn at_least(word: u64, least: u8) -> u64 {
        (word | HIGH).wrapping_sub(every(least)) & HIGH
    }
    const fn every(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let digit = at_least(word, b'0') & !at_least(word, b'9' + 1);
    let letter = at_least(word, b'a') & !at_least(word, b'f' + 1);
    (!(digit | letter) | word) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_repositories_are_read_to_the_letter() {
        for name in ["a", "prod/app", "a.b", "a_b", "a__b", "a---b", "0/1/2", "foo/manifests/bar"] {
            assert!(Repository::parse(name).is_some(), "{name}");
        }
        let illegal = [
            "", "A", "/", "a/", "/a", "a//b", "a..b", "a___b", "a._b", "a.-b", "-a", "a-", ".a", "a.", "_a", "a_",
            "a/../b", "a b", "é", "a\n", "a:b", "a@b",
        ];
        for name in illegal {
            assert!(Repository::parse(name).is_none(), "{name}");
        }
        assert!(Repository::parse(&"a".repeat(255)).is_some());
        assert!(Repository::parse(&"a".repeat(256)).is_none());
    }

    #[test]
    fn a_component_holds_no_slash() {
        assert!(is_component("team-a"));
        assert!(!is_component("team/a"));
        assert!(!is_component("*"));
        assert!(!is_component(""));
    }

    #[test]
    fn hex_is_told_from_every_other_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..17 {
                let mut bytes = *b"0123456789abcdef0";
                bytes[at] = byte;
                assert_eq!(is_hex(&bytes), matches!(byte, b'0'..=b'9' | b'a'..=b'f'), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn equal_digests_are_equal_to_the_last_digit() {
        let digits = "0123456789abcdef".repeat(4);
        let text = format!("sha256:{digits}");
        let digest = Digest::parse(&text).unwrap();
        assert!(digest.equals(Digest::parse(&text.clone()).unwrap()));
        for at in 7..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            assert!(!digest.equals(Digest::parse(&other).unwrap()), "{other}");
        }
        assert!(!digest.equals(Digest::parse(&text.replace("sha256", "blake3")).unwrap()));
        assert!(!digest.equals(Digest::parse(&format!("sha512:{digits}{digits}")).unwrap()));
    }

    #[test]
    fn digests_have_the_length_of_their_algorithm() {
        let digits = "0123456789abcdef".repeat(4);
        for (algorithm, count) in [("sha256", 1), ("blake3", 1), ("sha512", 2)] {
            assert!(Digest::parse(&format!("{algorithm}:{}", digits.repeat(count))).is_some());
            assert!(Digest::parse(&format!("{algorithm}:{}", digits.repeat(3 - count))).is_none());
        }
        for text in ["", "sha256", "sha256:", "md5:0123456789abcdef0123456789abcdef"] {
            assert!(Digest::parse(text).is_none(), "{text}");
        }
        assert!(Digest::parse(&format!("sha256:{}", digits.to_uppercase())).is_none());
    }
}
