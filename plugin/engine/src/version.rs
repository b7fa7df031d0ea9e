//! Version classes of tags: what semver.org 2.0.0 calls a version, as tags write it.
//!
//! With an optional lower-case `v`, and build metadata after one `_`, since a tag can't hold `+`.

/// A class of tags that a pattern of `@` and its name matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum VersionClass {
    /// `@release`: a semantic version without pre-release: `1.2.3`, `v1.2.3_build`.
    Release,
    /// `@prerelease`: one with: `1.2.3-rc.1`.
    Prerelease,
    /// `@version`: either.
    Version,
    /// `@rolling`: one or two numbers: `1`, `v1.2`.
    Rolling,
}

impl VersionClass {
    /// Reads the pattern of a class, None for anything but a whole known class.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        match pattern {
            "@release" => Some(Self::Release),
            "@prerelease" => Some(Self::Prerelease),
            "@version" => Some(Self::Version),
            "@rolling" => Some(Self::Rolling),
            _ => None,
        }
    }

    /// Whether a tag is in the class.
    #[inline]
    pub(crate) fn holds(self, tag: &str) -> bool {
        let tag = tag.strip_prefix('v').unwrap_or(tag).as_bytes();
        match self {
            Self::Rolling => is_rolling(tag),
            Self::Release => semantic(tag) == Some(Self::Release),
            Self::Prerelease => semantic(tag) == Some(Self::Prerelease),
            Self::Version => semantic(tag).is_some(),
        }
    }
}

#[inline]
fn is_rolling(tag: &[u8]) -> bool {
    match behind_number(tag) {
        Some([b'.', minor @ ..]) => behind_number(minor).is_some_and(<[u8]>::is_empty),
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

/// Which of the two kinds of semantic versions a text is, None where it is no semantic version. Read once, to the first byte
/// that does not fit: most tags are none.
#[inline]
fn semantic(tag: &[u8]) -> Option<VersionClass> {
    let minor = behind_number(tag)?.strip_prefix(b".")?;
    let patch = behind_number(minor)?.strip_prefix(b".")?;
    let (class, rest) = match behind_number(patch)? {
        [b'-', prerelease @ ..] => {
            (VersionClass::Prerelease, behind_identifiers(prerelease, is_prerelease_identifier)?)
        }
        rest => (VersionClass::Release, rest),
    };
    let end = match rest {
        [b'_', build @ ..] => behind_identifiers(build, |_| true)?,
        rest => rest,
    };
    end.is_empty().then_some(class)
}

/// What stands behind a number without a leading zero. Of any length: a version is compared by nobody here.
#[inline]
fn behind_number(text: &[u8]) -> Option<&[u8]> {
    let (number, rest) = split(text, |byte| byte.is_ascii_digit());
    is_number(number).then_some(rest)
}

/// What stands behind identifiers with points between them.
fn behind_identifiers(text: &[u8], is_legal: fn(&[u8]) -> bool) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let (identifier, behind) = split(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if identifier.is_empty() || !is_legal(identifier) {
            return None;
        }
        match behind {
            [b'.', next @ ..] => rest = next,
            _ => return Some(behind),
        }
    }
}

/// A text before and from the first byte that does not belong.
#[inline]
fn split(text: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !belongs(*byte)).unwrap_or(text.len());
    text.split_at_checked(length).unwrap_or((text, &[]))
}

/// Of digits: whether they are a number.
#[inline]
fn is_number(digits: &[u8]) -> bool {
    matches!(digits, [b'0'] | [b'1'..=b'9', ..])
}

/// Of an identifier: digits alone have no leading zero.
fn is_prerelease_identifier(identifier: &[u8]) -> bool {
    is_number(identifier) || !identifier.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::VersionClass::{Prerelease, Release, Rolling};
    use super::*;

    #[test]
    fn a_tag_is_in_one_class_or_in_none() {
        let table = [
            ("1.2.3", Some(Release)),
            ("v1.2.3", Some(Release)),
            ("0.0.0", Some(Release)),
            ("1.2.3_build.7", Some(Release)),
            ("99999999999999999999999.0.0", Some(Release)),
            ("1.2.3-rc.1", Some(Prerelease)),
            ("1.2.3-alpine", Some(Prerelease)),
            ("1.2.3--", Some(Prerelease)),
            ("1.2.3-0a", Some(Prerelease)),
            ("1.2.3-rc_b", Some(Prerelease)),
            ("1", Some(Rolling)),
            ("v1", Some(Rolling)),
            ("1.2", Some(Rolling)),
            ("20240115", Some(Rolling)),
            ("2024.01.15", None),
            ("01.2.3", None),
            ("1.2.3-01", None),
            ("1.2.3-", None),
            ("1.2.3-a..b", None),
            ("1.2.3_", None),
            ("1.2.3_a_b", None),
            ("1.2.3.4", None),
            ("1.2_b", None),
            ("V1.2.3", None),
            ("vv1", None),
            ("v", None),
            ("01", None),
            ("1.", None),
            ("latest", None),
        ];
        for (tag, expected) in table {
            let found = [Release, Prerelease, Rolling].into_iter().filter(|class| class.holds(tag)).collect::<Vec<_>>();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{tag}");
            let version = matches!(expected, Some(Release | Prerelease));
            assert_eq!(VersionClass::Version.holds(tag), version, "{tag}");
        }
    }
}
