//! Who sends a request, as far as its credentials say.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

/// The greatest length of a name, in characters.
const MAX_NAME_LENGTH: usize = 1024;

/// Who asked, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// The name of a user, or the subject of a token.
    pub name: String,
    /// How the name is known.
    pub known_by: KnownBy,
    /// Whether the registry or the gateway verified it.
    pub verified: bool,
}

/// How the name of an actor is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownBy {
    /// The name of a Basic credential.
    Basic,
    /// A bearer token: its subject, or the name that it has in the gateway's own file of tokens.
    Token,
    /// The name of the user who runs a command.
    OperatingSystem,
}

/// The part of a token that is read. Nothing in it is verified.
#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl Actor {
    /// Returns whom the credentials of a request name. The registry may or may not have accepted them.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        let (name, known_by) = match scheme.to_ascii_lowercase().as_str() {
            "basic" => (basic(credentials.trim())?, KnownBy::Basic),
            "bearer" => (subject(credentials.trim())?, KnownBy::Token),
            _ => return None,
        };
        Self::new(&name, known_by, false)
    }

    /// Names an actor, or nobody if the name is empty. What is not printable does not come into an audit.
    pub(crate) fn new(name: &str, known_by: KnownBy, verified: bool) -> Option<Self> {
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME_LENGTH).collect();
        (!name.is_empty()).then_some(Self { name, known_by, verified })
    }
}

fn basic(credentials: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    text.split_once(':').map(|(name, _)| name.to_owned())
}

/// Returns the subject of a JSON Web Token.
fn subject(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok().map(|claims: Claims| claims.sub)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> Option<(String, KnownBy)> {
        let headers = [(AUTHORIZATION, value.parse().unwrap())].into_iter().collect();
        Actor::of(&headers).map(|actor| {
            assert!(!actor.verified);
            (actor.name, actor.known_by)
        })
    }

    #[test]
    fn credentials_name_who_sends_them() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"iss": "issuer", "sub": "ci", "access": []}"#);
        let table = [
            (format!("Basic {}", STANDARD.encode("alice:secret")), Some(("alice", KnownBy::Basic))),
            (format!("basic  {}", STANDARD.encode("a\nb:c:d")), Some(("ab", KnownBy::Basic))),
            (format!("Bearer e30.{claims}.c2ln"), Some(("ci", KnownBy::Token))),
            (format!("Basic {}", STANDARD.encode(":secret")), None),
            (format!("Basic {}", STANDARD.encode("no colon")), None),
            ("Basic %".to_owned(), None),
            ("Bearer opaque".to_owned(), None),
            (format!("Bearer e30.{}.c2ln", URL_SAFE_NO_PAD.encode("{}")), None),
            ("Digest a".to_owned(), None),
            ("Basic".to_owned(), None),
        ];
        for (value, expected) in table {
            let expected = expected.map(|(name, known_by)| (name.to_owned(), known_by));
            assert_eq!(named(&value), expected, "{value}");
        }
        assert_eq!(Actor::of(&HeaderMap::new()), None);
    }
}
