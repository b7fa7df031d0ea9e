//! Version classes of tags: what semver.org 2.0.0 calls a version, as tags write it.
//!
//! With an optional lower-case `v`, and build metadata after one `_`, since a tag can't hold `+`.

/// A class of tags that a pattern of `@` and its name matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub(crate) fn holds(self, tag: &str) -> bool {
        let tag = tag.strip_prefix('v').unwrap_or(tag);
        match self {
            Self::Rolling => is_rolling(tag),
            Self::Release => semantic(tag) == Some(Self::Release),
            Self::Prerelease => semantic(tag) == Some(Self::Prerelease),
            Self::Version => semantic(tag).is_some(),
        }
    }
}

fn is_rolling(tag: &str) -> bool {
    match tag.split_once('.') {
        Some((major, minor)) => is_number(major) && is_number(minor),
        None => is_number(tag),
    }
}

/// Whether a semantic version has a pre-release, None where the text is no semantic version.
fn semantic(tag: &str) -> Option<VersionClass> {
    let (version, build) = split(tag, '_');
    if !build.is_none_or(|build| build.split('.').all(is_identifier)) {
        return None;
    }
    let (core, prerelease) = split(version, '-');
    let mut numbers = core.split('.');
    let three = numbers.by_ref().take(3).filter(|number| is_number(number)).count() == 3 && numbers.next().is_none();
    match prerelease {
        _ if !three => None,
        None => Some(VersionClass::Release),
        Some(text) => text.split('.').all(is_prerelease_identifier).then_some(VersionClass::Prerelease),
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Digits without a leading zero. Of any length: a version is compared by nobody here.
fn is_number(text: &str) -> bool {
    is_digits(text) && (text == "0" || !text.starts_with('0'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_prerelease_identifier(text: &str) -> bool {
    is_identifier(text) && (!is_digits(text) || is_number(text))
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
