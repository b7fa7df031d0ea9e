//! The administrator's token: who has it may manage the rules.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Fewest characters of a token: in hexadecimal digits, they are 128 bits that nobody guesses.
const FEWEST: usize = 32;
/// Most characters of a token. It has to fit into the head of a request.
const MOST: usize = 4096;
/// What file modes let somebody else do: the group write, others anything.
const OPEN: u32 = 0o027;

/// The administrator's token. Only its SHA-256 is kept, so that it can't be told, and takes equally long to compare
/// whatever it is compared with. Nobody who guesses is slowed down: that would only serve to keep the administrator out.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

/// Why a text or file is no administrator's token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminTokenError {
    /// The file can't be read.
    #[error("could not read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// Others than its owner and group can open the file, or others than its owner can write it. This is its mode.
    #[error("others can open `{}` (mode {:03o}); `chmod 600 {}`", .0.display(), .1, .0.display())]
    Open(PathBuf, u32),
    /// It is too short: so many characters.
    #[error("the token has {0} characters, of at least {FEWEST}; make one with `openssl rand -hex 32`")]
    Short(usize),
    /// It is too long.
    #[error("the token has more than {MOST} characters; make one with `openssl rand -hex 32`")]
    Long,
    /// It has a character that no `Authorization` header can carry in a token.
    #[error("a token is one word of letters, digits and `-._~+/=`; make one with `openssl rand -hex 32`")]
    Character,
}

impl AdminToken {
    /// Reads the file of a token. White space around it is left out. A group may read it, since containers and service
    /// managers hand out secrets so, but nobody else.
    ///
    /// # Errors
    ///
    /// - a file that is not there or closed to us
    /// - a file of mode 644 or 660
    /// - what [`AdminToken::parse`] refuses
    pub fn from_file(path: &Path) -> Result<Self, AdminTokenError> {
        let read = || {
            let file = File::open(path)?;
            let mode = file.metadata()?.permissions().mode() & 0o777;
            let mut bytes = Vec::new();
            file.take(2 * MOST as u64).read_to_end(&mut bytes)?;
            Ok((mode, bytes))
        };
        let (mode, bytes) = read().map_err(|error| AdminTokenError::Read(path.to_owned(), error))?;
        if mode & OPEN != 0 {
            return Err(AdminTokenError::Open(path.to_owned(), mode));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| AdminTokenError::Character)?;
        Self::parse(text.trim_ascii())
    }

    /// Reads a token: 32 to 4,096 characters of those that an `Authorization: Bearer` header can carry.
    ///
    /// # Errors
    ///
    /// - `` (empty), `secret`: too short
    /// - `correct horse battery staple, again`: not one word
    pub fn parse(text: &str) -> Result<Self, AdminTokenError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        match text.chars().count() {
            length if length < FEWEST => Err(AdminTokenError::Short(length)),
            length if length > MOST => Err(AdminTokenError::Long),
            _ if !text.bytes().all(plain) => Err(AdminTokenError::Character),
            _ => Ok(Self(Sha256::digest(text).into())),
        }
    }

    /// Whether a request carries the token, and no other.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (first, more) = (values.next(), values.next());
        more.is_none() && first.and_then(|value| bearer(value.as_bytes())).is_some_and(|token| self.is(token))
    }

    /// Whether a request carries the token among whatever else it carries.
    pub(super) fn is_among(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        values.any(|value| bearer(value.as_bytes()).is_some_and(|token| self.is(token)))
    }

    fn is(&self, token: &[u8]) -> bool {
        let sum: [u8; 32] = Sha256::digest(token).into();
        self.0.ct_eq(&sum).into()
    }
}

/// The token of an `Authorization` header, if its scheme is `Bearer`, however that is written.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer") && token.first() == Some(&b' ');
    is_bearer.then(|| token.trim_ascii())
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
        for (text, told) in table {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(told) && error.contains("openssl rand -hex 32"), "{text}: {error}");
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
    fn a_token_is_not_told() {
        assert_eq!(format!("{:?}", AdminToken::parse(TOKEN).unwrap()), "AdminToken");
    }
}
