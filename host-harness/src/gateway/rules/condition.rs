//! What a document is known by, and the conditions of requests that name it.

use hyper::HeaderMap;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest as _, Sha256};

/// Bytes of a document's SHA-256 that are in its tag.
const BYTES: usize = 16;

/// What a document is known by: its revision, and what all of its bytes are. So a document that was edited by hand has
/// another one, whether its revision was edited or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

/// The conditions of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    matching: Option<Named>,
    none_matching: Option<Named>,
}

/// What a condition names.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Anything,
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
    /// What is there is not what was meant.
    Matching,
    /// What is there is what was not meant.
    NoneMatching,
}

impl EntityTag {
    /// That of a document.
    pub(super) fn of(revision: u64, text: &str) -> Self {
        let sum: String = Sha256::digest(text).iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{revision}-{sum}"))
    }

    /// As it stands in a header.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl Conditions {
    /// Reads the conditions of a request. A header that can't be read is told.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, HeaderName> {
        let read = |name: HeaderName| match headers.contains_key(&name) {
            true => named(headers, &name).ok_or(name).map(Some),
            false => Ok(None),
        };
        Ok(Self { matching: read(IF_MATCH)?, none_matching: read(IF_NONE_MATCH)? })
    }

    /// Whether they hold for what has this tag.
    pub(super) fn check(&self, tag: &EntityTag) -> Result<(), Unmet> {
        let is = |named: &Named, weak_too: bool| match named {
            Named::Anything => true,
            Named::Tags(tags) => tags.iter().any(|it| it.opaque == tag.0 && (weak_too || !it.is_weak)),
        };
        if self.matching.as_ref().is_some_and(|named| !is(named, false)) {
            return Err(Unmet::Matching);
        }
        match &self.none_matching {
            Some(named) if is(named, true) => Err(Unmet::NoneMatching),
            _ => Ok(()),
        }
    }
}

fn named(headers: &HeaderMap, name: &HeaderName) -> Option<Named> {
    let lines: Option<Vec<_>> = headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
    let text = lines?.join(",");
    if text.trim_ascii() == "*" { Some(Named::Anything) } else { tags(&text).map(Named::Tags) }
}

/// A list of tags, at least one: `"a", W/"b"`.
fn tags(text: &str) -> Option<Vec<Tag>> {
    const SPACE: [char; 2] = [' ', '\t'];
    const BETWEEN: [char; 3] = [',', ' ', '\t'];
    let mut tags = Vec::new();
    let mut rest = text.trim_matches(BETWEEN);
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (opaque, behind) = quoted.strip_prefix('"')?.split_once('"')?;
        let behind = behind.trim_start_matches(SPACE);
        if !behind.is_empty() && !behind.starts_with(',') {
            return None;
        }
        tags.push(Tag { is_weak, opaque: opaque.to_owned() });
        rest = behind.trim_start_matches(BETWEEN);
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
    fn a_document_is_known_by_its_revision_and_its_bytes() {
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
    fn a_condition_that_can_not_be_read_is_told() {
        for value in
            ["", ",", "7-a", "\"7-a", "7-a\"", "\"a\" \"b\"", "\"a\"b", "w/\"a\"", "*, \"a\"", "\"a\", *", "'a'"]
        {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                assert_eq!(conditions(&[(name.clone(), value)]), Err(name), "{value}");
            }
        }
    }
}
