//! The administrator's token. Whoever has it may manage the rules.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderValue, PROXY_AUTHORIZATION};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The smallest length of a token: as hexadecimal digits, it has 128 bits, which nobody can guess.
const MIN_LENGTH: usize = 32;
/// The greatest length of a token. It has to fit into the head of a request.
const MAX_LENGTH: usize = 4096;
/// The bits of a file mode that are refused: write by the group, and anything by others.
const REFUSED_MODE: u32 = 0o027;

/// The administrator's token. Only its SHA-256 is kept, so that the token can't leak, and so that a comparison always takes
/// equally long. Attempts to guess are not slowed down: that would only help to lock the administrator out.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

/// Why a text or a file is not a valid administrator's token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminTokenError {
    /// The file can't be read.
    #[error("could not read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// The file can be opened by others than its owner and group, or written by others than its owner. This is its mode.
    #[error("others can open `{}` (mode {:03o}); `chmod 600 {}`", .0.display(), .1, .0.display())]
    Open(PathBuf, u32),
    /// It is too short. This is its length.
    #[error("the token has {0} characters, and needs at least {MIN_LENGTH}; make one with `openssl rand -hex 32`")]
    Short(usize),
    /// It is too long.
    #[error("the token has more than {MAX_LENGTH} characters; make one with `openssl rand -hex 32`")]
    Long,
    /// It has a character that a token in an `Authorization` header can't have.
    #[error("a token is one word of letters, digits and `-._~+/=`; make one with `openssl rand -hex 32`")]
    Character,
}

impl AdminToken {
    /// Reads a token from a file. White space around it is ignored. Its group may read the file, since containers and service
    /// managers provide secrets in that way, but nobody else may.
    ///
    /// # Errors
    ///
    /// - a file that does not exist or is not permitted
    /// - a file of mode 644 or 660
    /// - a token that [`AdminToken::parse`] refuses
    pub fn from_file(path: &Path) -> Result<Self, AdminTokenError> {
        Self::parse(read_secret(path, 2 * MAX_LENGTH as u64)?.trim_ascii())
    }

    /// Parses a token: 32 to 4,096 characters that an `Authorization: Bearer` header can have.
    ///
    /// # Errors
    ///
    /// - `` (empty), `secret`: too short
    /// - `correct horse battery staple, again`: not one word
    pub fn parse(text: &str) -> Result<Self, AdminTokenError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        match text.chars().count() {
            length if length < MIN_LENGTH => Err(AdminTokenError::Short(length)),
            length if length > MAX_LENGTH => Err(AdminTokenError::Long),
            _ if !text.bytes().all(plain) => Err(AdminTokenError::Character),
            _ => Ok(Self(Sha256::digest(text).into())),
        }
    }

    /// Returns whether a request has the token, and no other credentials.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (first, more) = (values.next(), values.next());
        more.is_none() && first.and_then(|value| bearer(value.as_bytes())).is_some_and(|token| self.is(token))
    }

    /// Returns whether a request has the token anywhere where credentials are: as a bearer token, as the password of a user, or in
    /// a cookie.
    pub(super) fn is_among(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter().chain(headers.get_all(PROXY_AUTHORIZATION));
        let is_in = |value: &HeaderValue| {
            let (token, password) = (bearer(value.as_bytes()), password(value.as_bytes()));
            token.is_some_and(|token| self.is(token)) || password.is_some_and(|password| self.is(&password))
        };
        values.any(is_in) || headers.get_all(COOKIE).iter().any(|value| self.is_in_cookie(value.as_bytes()))
    }

    fn is_in_cookie(&self, cookies: &[u8]) -> bool {
        let mut values = cookies.split(|byte| *byte == b';');
        values.any(|cookie| {
            let value = cookie.iter().position(|byte| *byte == b'=').and_then(|at| cookie.get(at + 1..));
            value.is_some_and(|value| self.is(value.trim_ascii()))
        })
    }

    fn is(&self, token: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        self.0.ct_eq(&hash).into()
    }
}

/// Reads a file that others can't open, up to a length.
pub(super) fn read_secret(path: &Path, max_length: u64) -> Result<String, AdminTokenError> {
    let read = || {
        let file = File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        let mut bytes = Vec::new();
        file.take(max_length).read_to_end(&mut bytes)?;
        Ok((mode, bytes))
    };
    let (mode, bytes) = read().map_err(|error| AdminTokenError::Read(path.to_owned(), error))?;
    if mode & REFUSED_MODE != 0 {
        return Err(AdminTokenError::Open(path.to_owned(), mode));
    }
    String::from_utf8(bytes).map_err(|_| AdminTokenError::Character)
}

/// Returns the token of an `Authorization` header, if its scheme is `Bearer` in upper or lower case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer") && token.first() == Some(&b' ');
    is_bearer.then(|| token.trim_ascii())
}

/// Returns the password of an `Authorization` header, if its scheme is `Basic`.
fn password(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, credentials) = value.split_at_checked(b"Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let user = STANDARD.decode(credentials.trim_ascii()).ok()?;
    let colon = user.iter().position(|byte| *byte == b':')?;
    user.get(colon + 1..).map(<[u8]>::to_vec)
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AdminToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    const TOKEN: &str = "0123456789abcdef0123456789ABCDEF";

    #[track_caller]
    fn parsed(text: &str) -> Result<(), String> {
        AdminToken::parse(text).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_one_long_word() {
        assert_eq!(parsed(TOKEN), Ok(()));
        assert_eq!(parsed(&"a-._~+/=".repeat(512)), Ok(()));
        let table = [
            ("", "has 0 characters"),
            (TOKEN.trim_start_matches('0'), "has 31 characters"),
            (&"a".repeat(4097), "more than 4096"),
            (&format!("{TOKEN} {TOKEN}"), "one word"),
            (&format!("{TOKEN}\n"), "one word"),
            (&"é".repeat(40), "one word"),
            (&format!("{TOKEN}\0"), "one word"),
            (&format!("{TOKEN},"), "one word"),
        ];
        for (text, part) in table {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(part) && error.contains("openssl rand -hex 32"), "{text}: {error}");
        }
    }

    #[test]
    fn a_request_carries_it_in_one_header_and_as_it_is() {
        let token = AdminToken::parse(TOKEN).unwrap();
        let headers = |values: &[&str]| -> HeaderMap {
            values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
        };
        for value in ["Bearer ", "bearer ", "BEARER   "] {
            assert!(token.is_in(&headers(&[&format!("{value}{TOKEN}")])), "{value}");
        }
        let lower = TOKEN.to_ascii_lowercase();
        let table = [
            vec![],
            vec![String::new()],
            vec!["Bearer".into()],
            vec!["Bearer ".into()],
            vec![TOKEN.to_owned()],
            vec![format!("Basic {TOKEN}")],
            vec![format!("Bearer{TOKEN}")],
            vec![format!("Bearer {lower}")],
            vec![format!("Bearer {}", TOKEN.trim_start_matches('0'))],
            vec![format!("Bearer {TOKEN}0")],
            vec![format!("Bearer {TOKEN}, Bearer {TOKEN}")],
            vec![format!("Bearer \"{TOKEN}\"")],
            vec![format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}")],
            vec!["Basic eDp5".into(), format!("Bearer {TOKEN}")],
        ];
        for values in table {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            assert!(!token.is_in(&headers(&values)), "{values:?}");
            assert_eq!(token.is_among(&headers(&values)), values.len() == 2, "{values:?}");
        }
    }

    /// Low: a person who gives the token to a registry's client must not give it to the registry.
    #[test]
    fn the_token_is_found_wherever_credentials_are() {
        let token = AdminToken::parse(TOKEN).unwrap();
        let basic = format!("Basic {}", STANDARD.encode(format!("admin:{TOKEN}")));
        let table = [
            (AUTHORIZATION, format!("Bearer {TOKEN}"), true),
            (AUTHORIZATION, basic.clone(), true),
            (AUTHORIZATION, basic.to_ascii_lowercase().replacen("basic", "Basic", 1), false),
            (PROXY_AUTHORIZATION, basic, true),
            (COOKIE, format!("a=b; token={TOKEN}"), true),
            (COOKIE, "a=b; token".to_owned(), false),
            (AUTHORIZATION, "Basic !".to_owned(), false),
        ];
        for (name, value, expected) in table {
            let headers = [(name, HeaderValue::try_from(&value).unwrap())].into_iter().collect();
            assert_eq!(token.is_among(&headers), expected, "{value}");
        }
    }

    #[test]
    fn a_file_that_others_can_open_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, format!("\n  {TOKEN}\r\n")).unwrap();
        let read = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            AdminToken::from_file(&path)
        };
        for mode in [0o600, 0o400, 0o440, 0o640] {
            assert!(read(mode).unwrap().is(TOKEN.as_bytes()), "{mode:o}");
        }
        for mode in [0o644, 0o604, 0o602, 0o601, 0o660, 0o620, 0o666, 0o777] {
            let error = read(mode).unwrap_err().to_string();
            assert!(error.contains(&format!("(mode {mode:o})")) && error.contains("`chmod 600 /"), "{error}");
        }
        assert!(matches!(AdminToken::from_file(&folder.path().join("none")), Err(AdminTokenError::Read(..))));
        assert!(matches!(AdminToken::from_file(folder.path()), Err(AdminTokenError::Read(..))));
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", AdminToken::parse(TOKEN).unwrap()), "AdminToken");
    }
}
