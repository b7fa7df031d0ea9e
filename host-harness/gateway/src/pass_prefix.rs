//! Paths that are not the registry's API, and are passed on as they come: of a web page, or of another interface.

use std::str::FromStr;

use super::rules::plain;

/// A path, and all paths below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassPrefix(String);

/// Why a text is not a path that can be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassPrefixError {
    /// It is not a path without a `/` at its end.
    #[error("write a path as in `/api/v2.0`, of letters, digits and `._~-`, without a `/` at its end")]
    Path,
    /// It is the registry's own API, or that of the gateway.
    #[error("paths below `/v2` and `/tagseal` are never passed on unseen; name another path")]
    Guarded,
}

impl FromStr for PassPrefix {
    type Err = PassPrefixError;

    /// Parses a path.
    ///
    /// # Errors
    ///
    /// - `api`, `/`, `/api/`, `/a//b`, `/a/../b`, `/%61`: not a plain path
    /// - `/v2`, `/v2/prod`, `/TagSeal`: what the gateway guards, and its own paths
    fn from_str(text: &str) -> Result<Self, PassPrefixError> {
        let is_plain = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
            !matches!(part, "" | "." | "..") && part.bytes().all(plain)
        };
        let parts = text.strip_prefix('/').ok_or(PassPrefixError::Path)?;
        if !parts.split('/').all(is_plain) {
            return Err(PassPrefixError::Path);
        }
        let first = parts.split('/').next().unwrap_or_default();
        match ["v2", "tagseal"].iter().any(|guarded| first.eq_ignore_ascii_case(guarded)) {
            true => Err(PassPrefixError::Guarded),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl PassPrefix {
    /// Returns whether a path is this one or below it, whoever reads it: a path that a server could take for another one is
    /// not.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let below = path.strip_prefix(&self.0);
        let decoded = plain(path);
        let climbs = decoded.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| {
            let part = part.split(|byte| *byte == b';').next().unwrap_or_default();
            matches!(part, b"." | b"..")
        });
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !climbs && !path.contains('\\')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_plain_path_outside_of_what_is_guarded() {
        for text in ["/api/v2.0", "/c", "/service/token", "/v20", "/v2.0"] {
            assert!(text.parse::<PassPrefix>().is_ok(), "{text}");
        }
        let table = [
            ("", PassPrefixError::Path),
            ("/", PassPrefixError::Path),
            ("api", PassPrefixError::Path),
            ("/api/", PassPrefixError::Path),
            ("/a//b", PassPrefixError::Path),
            ("/a/../v2", PassPrefixError::Path),
            ("/%76%32", PassPrefixError::Path),
            ("/v2", PassPrefixError::Guarded),
            ("/v2/prod", PassPrefixError::Guarded),
            ("/V2", PassPrefixError::Guarded),
            ("/tagseal/v1", PassPrefixError::Guarded),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<PassPrefix>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_prefix_covers_what_is_below_it_in_every_reading() {
        let prefix: PassPrefix = "/api/v2.0".parse().unwrap();
        for path in ["/api/v2.0", "/api/v2.0/", "/api/v2.0/projects/a%252Fb", "/api/v2.0/a..b"] {
            assert!(prefix.covers(path), "{path}");
        }
        for path in [
            "/api",
            "/api/v2.01",
            "/API/v2.0",
            "/api/v2.0/../../v2/prod/manifests/v1",
            "/api/v2.0/%2e%2e/%2e%2e/v2",
            "/api/v2.0/%252e%252e/v2",
            "/api/v2.0/..%2f..%2fv2",
            "/api/v2.0/..;/v2",
            "/api/v2.0\\..\\v2",
            "/api/v2.0/%5c..",
        ] {
            assert!(!prefix.covers(path), "{path}");
        }
    }
}
