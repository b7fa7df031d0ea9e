//! The gateway's own paths, and what is there.

use tagseal_distribution::reference::Repository;

/// The first part of all paths of the gateway itself. Paths of registries begin with `v2`.
const ROOT: &str = "tagseal";
/// The path of the rules.
pub(super) const RULES: &str = "/tagseal/v1/rules";
/// The path of the repositories.
const REPOSITORIES: &str = "/tagseal/v1/repositories";
/// The path of the description.
const DESCRIPTION: &str = "/tagseal/v1/openapi.json";
/// The greatest id that a rule can have.
const MAX_ID: u64 = (1 << 53) - 1;

/// The resource at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// All rules.
    Rules,
    /// The rule with an id, which may not exist.
    Rule(u64),
    /// The whole policy document.
    Policy,
    /// The overrides.
    Overrides,
    /// Where rules of other registries are imported.
    Import,
    /// The audit.
    Audit,
    /// The repositories of which the ledger knows tags.
    Repositories,
    /// The tags of a repository, which the ledger may not know.
    Tags(Repository),
    /// The writes whose outcome is not known.
    OpenWrites,
    /// Where they are released.
    Release,
    /// The tags that moved or vanished without passing a gateway.
    Drift,
    /// The OpenAPI description.
    Description,
}

impl Resource {
    /// Parses a path, letter by letter: a path in another spelling is another path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        match path {
            RULES => Some(Self::Rules),
            DESCRIPTION => Some(Self::Description),
            "/tagseal/v1/policy" => Some(Self::Policy),
            "/tagseal/v1/overrides" => Some(Self::Overrides),
            "/tagseal/v1/import" => Some(Self::Import),
            "/tagseal/v1/audit" => Some(Self::Audit),
            REPOSITORIES => Some(Self::Repositories),
            "/tagseal/v1/open-writes" => Some(Self::OpenWrites),
            "/tagseal/v1/open-writes/release" => Some(Self::Release),
            "/tagseal/v1/drift" => Some(Self::Drift),
            _ => match path.strip_prefix(RULES) {
                Some(rest) => rest.strip_prefix('/').and_then(id).map(Self::Rule),
                None => tags(path).map(Self::Tags),
            },
        }
    }

    /// Returns the methods that it supports.
    pub(super) const fn methods(&self) -> &'static str {
        match self {
            Self::Rules => "GET, HEAD, OPTIONS, POST",
            Self::Rule(_) => "DELETE, GET, HEAD, OPTIONS, PATCH",
            Self::Policy => "GET, HEAD, OPTIONS, PUT",
            Self::Overrides => "DELETE, GET, HEAD, OPTIONS, POST",
            Self::Import | Self::Release => "OPTIONS, POST",
            Self::Audit | Self::Description | Self::Repositories | Self::Tags(_) | Self::OpenWrites | Self::Drift => {
                "GET, HEAD, OPTIONS"
            }
        }
    }
}

/// Returns the path of a rule.
pub(super) fn rule(id: u64) -> String {
    format!("{RULES}/{id}")
}

/// Parses `/tagseal/v1/repositories/prod/app/tags`. The `/` in the name of a repository may be written as `%2F`.
fn tags(path: &str) -> Option<Repository> {
    let name = path.strip_prefix(REPOSITORIES)?.strip_prefix('/')?.strip_suffix("/tags")?;
    Repository::parse(&name.replace("%2F", "/").replace("%2f", "/")).ok()
}

fn id(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|&id| is_plain && id <= MAX_ID)
}

/// Returns whether a path is below `/tagseal`, in any spelling that a server could take for it. None of them is forwarded to
/// the registry.
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
    parts.first().is_some_and(|part| part.eq_ignore_ascii_case(ROOT.as_bytes()))
}

/// Decodes all escapes of a path, also those that are escaped themselves.
pub(crate) fn plain(path: &str) -> Vec<u8> {
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
    while let [first, after @ ..] = rest {
        let (byte, after) = escaped(rest).unwrap_or((*first, after));
        plain.push(byte);
        rest = after;
    }
    plain
}

fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, after @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    Some((u8::try_from(digit(high)? * 16 + digit(low)?).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_letter_by_letter() {
        let app = Repository::parse("prod/app").unwrap();
        let table = [
            ("/tagseal/v1/rules", Some(Resource::Rules)),
            ("/tagseal/v1/rules/1", Some(Resource::Rule(1))),
            ("/tagseal/v1/rules/9007199254740991", Some(Resource::Rule(9007199254740991))),
            ("/tagseal/v1/openapi.json", Some(Resource::Description)),
            ("/tagseal/v1/policy", Some(Resource::Policy)),
            ("/tagseal/v1/overrides", Some(Resource::Overrides)),
            ("/tagseal/v1/import", Some(Resource::Import)),
            ("/tagseal/v1/audit", Some(Resource::Audit)),
            ("/tagseal/v1/repositories", Some(Resource::Repositories)),
            ("/tagseal/v1/repositories/prod/app/tags", Some(Resource::Tags(app.clone()))),
            ("/tagseal/v1/repositories/prod%2Fapp/tags", Some(Resource::Tags(app))),
            ("/tagseal/v1/open-writes", Some(Resource::OpenWrites)),
            ("/tagseal/v1/open-writes/release", Some(Resource::Release)),
            ("/tagseal/v1/drift", Some(Resource::Drift)),
            ("/tagseal/v1/repositories/", None),
            ("/tagseal/v1/repositories/prod/app", None),
            ("/tagseal/v1/repositories//tags", None),
            ("/tagseal/v1/repositories/Prod/tags", None),
            ("/tagseal/v1/repositories/prod/../app/tags", None),
            ("/tagseal/v1/repositories/prod%252Fapp/tags", None),
            ("/tagseal/v1/repositories/%70rod/tags", None),
            ("/tagseal/v1/policy/", None),
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
    fn a_path_that_could_be_taken_for_our_own_is_our_own() {
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
    fn a_path_of_a_registry_is_not_our_own() {
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
