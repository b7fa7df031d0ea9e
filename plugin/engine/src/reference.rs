//! Names of repositories, tags and digests, read as the OCI distribution and image specifications write them.

/// The full name of a repository: `prod/team/app`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repository<'a> {
    name: &'a str,
    /// The first component of a name of two or more, and the rest.
    split: Option<(&'a str, &'a str)>,
}

impl<'a> Repository<'a> {
    /// Most bytes of a name: longer ones are refused by clients and registries too.
    pub(crate) const BYTES: usize = 255;

    /// Reads a name. Returns `None` for, for example:
    ///
    /// - `` (empty), `Prod/app`, `prod//app`, `/app`, `app/`, `a..b`, `a___b`, `-app`: no legal component
    /// - a name of 256 characters
    #[inline]
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        if name.len() > Self::BYTES || Spot::after(name.as_bytes()) != Spot::INSIDE {
            return None;
        }
        let slash = name.bytes().position(|byte| byte == b'/');
        let split = slash.and_then(|at| name.get(..at).zip(name.get(at + 1..)));
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
    !text.contains('/') && Repository::parse(text).is_some()
}

/// A position in a repository's name, by what may follow: how many bits the [row](Kind::row) of the next byte has to be
/// moved so that the next spot comes first.
///
/// Spots are looked up, not branched on: components end elsewhere in every name, and one wrong guess of the processor
/// costs as much as ten bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot(u64);

impl Spot {
    const BITS: u64 = 6;

    /// After what no name begins with.
    const NOWHERE: Self = Self(0);
    /// At the beginning of a component: a letter or digit follows.
    const START: Self = Self(Self::BITS);
    /// After a letter or digit: anything follows, or nothing.
    const INSIDE: Self = Self(Self::BITS * 2);
    /// After `.` or `__`: a letter or digit follows.
    const SEPARATED: Self = Self(Self::BITS * 3);
    /// After `_`: another one follows, or a letter or digit.
    const UNDERSCORE: Self = Self(Self::BITS * 4);
    /// After `-`: another one follows, or a letter or digit.
    const DASH: Self = Self(Self::BITS * 5);

    /// The spot after a text.
    #[inline]
    fn after(text: &[u8]) -> Self {
        const MASK: u64 = (1 << Spot::BITS) - 1;
        let step = |spot: u64, byte: &u8| row_of(*byte) >> (spot & MASK);
        Self(text.iter().fold(Self::START.0, step) & MASK)
    }

    /// How this spot has the next one in a row.
    const fn to(self, next: Self) -> u64 {
        next.0 << self.0
    }
}

/// What a byte is in names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Illegal,
    /// `/`, in repositories alone.
    Slash,
    Point,
    Underscore,
    Dash,
    /// A lower-case letter or a digit.
    Inside,
    /// An upper-case letter, in tags alone.
    Capital,
}

impl Kind {
    #[inline]
    fn of(byte: u8) -> Self {
        /// Of each byte.
        const KINDS: [Kind; 256] = {
            let mut kinds = [Kind::Illegal; 256];
            let mut rest = kinds.as_mut_slice();
            let mut byte = 0_u8;
            while let [kind, others @ ..] = rest {
                *kind = Kind::read(byte);
                rest = others;
                byte = byte.wrapping_add(1);
            }
            kinds
        };
        KINDS.get(usize::from(byte)).copied().unwrap_or(Self::Illegal)
    }

    const fn read(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => Self::Inside,
            b'A'..=b'Z' => Self::Capital,
            b'.' => Self::Point,
            b'_' => Self::Underscore,
            b'-' => Self::Dash,
            b'/' => Self::Slash,
            _ => Self::Illegal,
        }
    }

    /// Where it leads from each spot. What is not listed leads nowhere.
    const fn row(self) -> u64 {
        match self {
            Self::Illegal | Self::Capital => Spot::NOWHERE.0,
            Self::Slash => Spot::INSIDE.to(Spot::START),
            Self::Point => Spot::INSIDE.to(Spot::SEPARATED),
            Self::Underscore => Spot::INSIDE.to(Spot::UNDERSCORE) | Spot::UNDERSCORE.to(Spot::SEPARATED),
            Self::Dash => Spot::INSIDE.to(Spot::DASH) | Spot::DASH.to(Spot::DASH),
            Self::Inside => {
                Spot::START.to(Spot::INSIDE)
                    | Spot::INSIDE.to(Spot::INSIDE)
                    | Spot::SEPARATED.to(Spot::INSIDE)
                    | Spot::UNDERSCORE.to(Spot::INSIDE)
                    | Spot::DASH.to(Spot::INSIDE)
            }
        }
    }
}

/// Where a byte leads from each spot: one look-up, since each byte of each name has one.
#[inline]
fn row_of(byte: u8) -> u64 {
    const ROWS: [u64; 256] = {
        let mut rows = [Spot::NOWHERE.0; 256];
        let mut rest = rows.as_mut_slice();
        let mut byte = 0_u8;
        while let [row, others @ ..] = rest {
            *row = Kind::read(byte).row();
            rest = others;
            byte = byte.wrapping_add(1);
        }
        rows
    };
    ROWS.get(usize::from(byte)).copied().unwrap_or(Spot::NOWHERE.0)
}

/// A tag: `v1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    /// Most bytes of a tag.
    pub(crate) const BYTES: usize = 128;

    /// Reads a tag. Returns `None` for, for example:
    ///
    /// - `` (empty), and a tag of 129 characters
    /// - `.hidden`, `-x`: a tag does not start with `.` or `-`
    /// - `v1/latest`, `v1+build`, `é`: characters that a tag can't hold
    #[inline]
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let legal = (1..=Self::BYTES).contains(&text.len())
            && !matches!(text.as_bytes(), [b'.' | b'-', ..])
            && text.bytes().fold(true, |all, byte| all & is_tag_byte(byte));
        legal.then_some(Self(text))
    }

    /// The tag as it was given.
    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }
}

/// Whether a tag can hold a byte.
#[inline]
pub(crate) fn is_tag_byte(byte: u8) -> bool {
    Kind::of(byte) >= Kind::Point
}

/// Whether a repository's name can hold a byte, `/` between components among them.
pub(crate) fn is_repository_byte(byte: u8) -> bool {
    (Kind::Slash..=Kind::Inside).contains(&Kind::of(byte))
}

/// Whether a tag or a repository's name can hold a byte.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    is_tag_byte(byte) || is_repository_byte(byte)
}

/// The digest of a manifest: `sha256:` and 64 hex digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest<'a>(&'a str);

impl<'a> Digest<'a> {
    /// Reads a digest. Returns `None` for, for example:
    ///
    /// - `sha256:ABC…`: hex digits are lower case
    /// - `sha512:` and 64 digits: it has 128
    /// - `md5:…`: no registered algorithm
    #[inline]
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
    #[inline]
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
#[inline]
pub(crate) fn is_hex(bytes: &[u8]) -> bool {
    let (blocks, end) = bytes.as_chunks::<BLOCK>();
    blocks.iter().all(is_hex_block) && end.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[inline]
fn is_hex_block(block: &[u8; BLOCK]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (all, digits) = words(block).fold((0, HIGH), |(all, digits), word| (all | word, digits & hex_digits(word)));
    (all | !digits) & HIGH == 0
}

/// Bytes that are read together.
const BLOCK: usize = 64;

#[inline]
fn words(block: &[u8; BLOCK]) -> impl Iterator<Item = u64> {
    let (words, _) = block.as_chunks::<8>();
    words.iter().map(|word| u64::from_ne_bytes(*word))
}

/// The high bit of each byte of a word that is a lower-case hex digit, eight bytes for the price of one. Only of words that are
/// ASCII.
#[inline]
fn hex_digits(word: u64) -> u64 {
    // Adding up to 0x80 sets the high bit of what is no less than a bound. A digit is past one or three of the four.
    let at_least = |bound: u8| word.wrapping_add(u64::from_ne_bytes([0x80 - bound; 8]));
    at_least(b'0') ^ at_least(b'9' + 1) ^ at_least(b'a') ^ at_least(b'f' + 1)
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
    fn hex_is_reported_from_every_other_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            // A block, which is read by words, and what comes after it.
            for at in 0..=BLOCK {
                let mut bytes = *b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0";
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
