//! The entity tag of a document, and the conditions of requests that name one.

use hyper::HeaderMap;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest as _, Sha256};

/// The number of bytes of a document's SHA-256 in its entity tag.
const HASH_BYTES: usize = 16;

/// The entity tag of a document: its revision, and a hash of its bytes. So a document that was edited by hand has another
/// entity tag, even if its revision is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

/// The conditions of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    matching: Option<Versions>,
    none_matching: Option<Versions>,
}

/// The versions that a condition names.
#[derive(Debug, PartialEq, Eq)]
enum Versions {
    Any,
    Tags(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    opaque: String,
}

/// A condition that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    /// The current version is not one that `If-Match` names.
    Matching,
    /// The current version is one that `If-None-Match` names.
    NoneMatching,
}

impl EntityTag {
    /// Returns the entity tag of a document.
    pub(super) fn of(revision: u64, text: &str) -> Self {
        let sum: String = Sha256::digest(text).iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{revision}-{sum}"))
    }

    /// Writes it as headers have it.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl Conditions {
    /// Parses the conditions of a request.
    ///
    /// # Errors
    ///
    /// Returns the name of a header that can't be parsed.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, HeaderName> {
        let read = |name: HeaderName| match headers.contains_key(&name) {
            true => versions(headers, &name).ok_or(name).map(Some),
            false => Ok(None),
        };
        Ok(Self { matching: read(IF_MATCH)?, none_matching: read(IF_NONE_MATCH)? })
    }

    /// Returns whether they name the version that is to be changed.
    pub(super) fn has_match(&self) -> bool {
        self.matching.is_some()
    }

    /// Checks whether they hold for a document with this entity tag.
    ///
    /// # Errors
    ///
    /// Returns the condition that does not hold.
    pub(super) fn check(&self, tag: &EntityTag) -> Result<(), Unmet> {
        let is = |versions: &Versions, weak_too: bool| match versions {
            Versions::Any => true,
            Versions::Tags(tags) => tags.iter().any(|it| it.opaque == tag.0 && (weak_too || !it.is_weak)),
        };
        if self.matching.as_ref().is_some_and(|versions| !is(versions, false)) {
            return Err(Unmet::Matching);
        }
        match &self.none_matching {
            Some(versions) if is(versions, true) => Err(Unmet::NoneMatching),
            _ => Ok(()),
        }
    }
}

fn versions(headers: &HeaderMap, name: &HeaderName) -> Option<Versions> {
    let lines: Option<Vec<_>> = headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
    let text = lines?.join(",");
    if text.trim_ascii() == "*" { Some(Versions::Any) } else { tags(&text).map(Versions::Tags) }
}

/// Parses a list of at least one entity tag: `"a", W/"b"`.
fn tags(text: &str) -> Option<Vec<Tag>> {
    const SPACE: [char; 2] = [' ', '\t'];
    const BETWEEN: [char; 3] = [',', ' ', '\t'];
    let mut tags = Vec::new();
    let mut rest = text.trim_matches(BETWEEN);
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        let after = after.trim_start_matches(SPACE);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        tags.push(Tag { is_weak, opaque: opaque.to_owned() });
        rest = after.trim_start_matches(BETWEEN);
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(headers: &[(HeaderName, &str)]) -> Result<Conditions, HeaderName> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Conditions::read(&headers)
    }

    #[test]
    fn an_entity_tag_depends_on_the_revision_and_on_the_bytes() {
        let tags = [(1, "a"), (1, "b"), (2, "a")].map(|(revision, text)| EntityTag::of(revision, text).quoted());
        assert_eq!(tags[0], "\"1-ca978112ca1bbdcafac231b39a23dc4d\"");
        assert!(tags[0] != tags[1] && tags[0] != tags[2]);
    }

    #[test]
    fn a_condition_holds_or_not() {
        use Unmet::{Matching, NoneMatching};
        let tag = EntityTag("7-a".to_owned());
        let table: [(&[(HeaderName, &str)], _); 14] = [
            (&[], Ok(())),
            (&[(IF_MATCH, "*")], Ok(())),
            (&[(IF_MATCH, "\"7-a\"")], Ok(())),
            (&[(IF_MATCH, "\"6-b\" ,, \"7-a\"")], Ok(())),
            (&[(IF_MATCH, "\"6-b\""), (IF_MATCH, "\"7-a\"")], Ok(())),
            (&[(IF_MATCH, "\"6-a\"")], Err(Matching)),
            (&[(IF_MATCH, "\"7-A\"")], Err(Matching)),
            (&[(IF_MATCH, "\"7-a,\"")], Err(Matching)),
            (&[(IF_MATCH, "W/\"7-a\"")], Err(Matching)),
            (&[(IF_NONE_MATCH, "\"6-a\"")], Ok(())),
            (&[(IF_NONE_MATCH, "*")], Err(NoneMatching)),
            (&[(IF_NONE_MATCH, "W/\"7-a\"")], Err(NoneMatching)),
            (&[(IF_NONE_MATCH, "\"7-a\""), (IF_MATCH, "\"7-a\"")], Err(NoneMatching)),
            (&[(IF_NONE_MATCH, "\"7-a\""), (IF_MATCH, "\"6-a\"")], Err(Matching)),
        ];
        for (headers, expected) in table {
            assert_eq!(conditions(headers).unwrap().check(&tag), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_condition_that_can_not_be_parsed_is_an_error() {
        for value in
            ["", ",", "7-a", "\"7-a", "7-a\"", "\"a\" \"b\"", "\"a\"b", "w/\"a\"", "*, \"a\"", "\"a\", *", "'a'"]
        {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                assert_eq!(conditions(&[(name.clone(), value)]), Err(name), "{value}");
            }
        }
    }
}
