//! The gateway's own paths.

/// The name below which all paths are the gateway's own. No registry has it: theirs begin with `v2`.
const ROOM: &str = "tagseal";
/// The path of the rules.
pub(super) const RULES: &str = "/tagseal/v1/rules";
/// The path of the description.
const DESCRIPTION: &str = "/tagseal/v1/openapi.json";
/// The greatest id that a rule can have.
const GREATEST: u64 = (1 << 53) - 1;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// All rules.
    Rules,
    /// The rule with an id, whether there is one or not.
    Rule(u64),
    /// What can be asked here, and what is answered.
    Description,
}

impl Resource {
    /// Reads a path, letter by letter: a path that is written in another way is another path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        match path {
            RULES => Some(Self::Rules),
            DESCRIPTION => Some(Self::Description),
            _ => path.strip_prefix(RULES)?.strip_prefix('/').and_then(id).map(Self::Rule),
        }
    }

    /// What can be done with it.
    pub(super) const fn methods(self) -> &'static str {
        match self {
            Self::Rules => "GET, HEAD, OPTIONS, POST",
            Self::Rule(_) => "DELETE, GET, HEAD, OPTIONS, PATCH",
            Self::Description => "GET, HEAD, OPTIONS",
        }
    }
}

/// The path of a rule.
pub(super) fn rule(id: u64) -> String {
    format!("{RULES}/{id}")
}

fn id(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|&id| is_plain && id <= GREATEST)
}

/// Whether a path is below `/tagseal`, in any spelling that a server could read so. None of them goes to the registry.
pub(crate) fn is_own(path: &str) -> bool {
    if path.starts_with("/v2/") && !path.contains(['%', '\\']) && !path.contains("..") {
        return false;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let plain = plain(path);
    for part in plain.split(|byte| matches!(byte, b'/' | b'\\')) {
        match part.split(|&byte| byte == b';').next().unwrap_or_default() {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.first().is_some_and(|part| part.eq_ignore_ascii_case(ROOM.as_bytes()))
}

/// A path with all its escapes undone, those of escapes too.
fn plain(path: &str) -> Vec<u8> {
    let mut plain = path.as_bytes().to_vec();
    loop {
        let once = unescaped(&plain);
        // Each round makes it shorter, or is the last.
        if once.len() == plain.len() {
            return plain;
        }
        plain = once;
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let (byte, behind) = escaped(rest).unwrap_or((*first, behind));
        plain.push(byte);
        rest = behind;
    }
    plain
}

fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, behind @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    Some((u8::try_from(digit(high)? * 16 + digit(low)?).ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_letter_by_letter() {
        let table = [
            ("/tagseal/v1/rules", Some(Resource::Rules)),
            ("/tagseal/v1/rules/1", Some(Resource::Rule(1))),
            ("/tagseal/v1/rules/9007199254740991", Some(Resource::Rule(9007199254740991))),
            ("/tagseal/v1/openapi.json", Some(Resource::Description)),
            ("/tagseal/v1/rules/", None),
            ("/tagseal/v1/rules/1/", None),
            ("/tagseal/v1/rules//1", None),
            ("/tagseal/v1/rules1", None),
            ("/tagseal/v1/rules/0", None),
            ("/tagseal/v1/rules/01", None),
            ("/tagseal/v1/rules/+1", None),
            ("/tagseal/v1/rules/-1", None),
            ("/tagseal/v1/rules/1.0", None),
            ("/tagseal/v1/rules/1e3", None),
            ("/tagseal/v1/rules/one", None),
            ("/tagseal/v1/rules/%31", None),
            ("/tagseal/v1/rules/9007199254740992", None),
            ("/tagseal/v1/rules/99999999999999999999", None),
            ("/tagseal/v1/rules/1/../2", None),
            ("/tagseal/v1/./rules", None),
            ("/tagseal/v1/Rules", None),
            ("/tagseal/v1/openapi.json/", None),
            ("/tagseal/v1", None),
            ("/tagseal", None),
            ("/", None),
        ];
        for (path, resource) in table {
            assert_eq!(Resource::parse(path), resource, "{path}");
        }
    }

    #[test]
    fn what_could_be_read_as_our_own_is() {
        for path in [
            "/tagseal",
            "/tagseal/",
            "/tagseal/v1/rules",
            "/tagseal/v2",
            "/tagseal/../tagseal",
            "//tagseal/v1/rules",
            "/./tagseal/v1/rules",
            "/v2/../tagseal/v1/rules",
            "/v2/%2e%2e/tagseal/v1/rules",
            "/v2/a/..%2f..%2ftagseal/v1/rules",
            "/../tagseal/v1/rules",
            "/%74agseal/v1/rules",
            "/%2574agseal/v1/rules",
            "/tagseal%2fv1%2frules",
            "/%2Ftagseal/v1/rules",
            "/tagseal\\v1\\rules",
            "/\\tagseal/v1/rules",
            "/tagseal;x=1/v1/rules",
            "/TagSeal/v1/rules",
        ] {
            assert!(is_own(path), "{path}");
        }
    }

    #[test]
    fn what_is_a_registrys_stays_so() {
        for path in [
            "",
            "*",
            "/",
            "/v2/",
            "/v2/tagseal/manifests/v1",
            "/v2/tagseal/v1/manifests/sha256%3Aabc",
            "/tagseal/../v2/",
            "/tagseals/v1/rules",
            "/tag/seal",
            "/api/tagseal",
            "/%zztagseal",
            "/%",
            "/v2/a%2",
        ] {
            assert!(!is_own(path), "{path}");
        }
    }
}
