//! Those who may use the management interface, each with a name, a role and a token of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hyper::HeaderMap;

use super::token::{AdminToken, AdminTokenError, read_secret};

/// The greatest length of a file of tokens.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The name of the holder of a token without one.
const UNNAMED: &str = "administrator";

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Look at everything, and change nothing.
    Read,
    /// Change everything.
    Change,
}

/// A person or a machine with a token.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) name: String,
    pub(super) role: Role,
    token: AdminToken,
}

/// Those who may use the management interface. Clones are the same.
#[derive(Clone, Debug)]
pub struct Holders {
    /// The file that they come from, if it is one.
    path: Option<PathBuf>,
    current: Arc<RwLock<Arc<[Holder]>>>,
}

/// Why a file of tokens is not valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HoldersError {
    /// The file can't be used, or its one token is not valid.
    #[error("{0}")]
    Token(#[from] AdminTokenError),
    /// A line has another form. This is its number.
    #[error("`{}`: line {}: write `NAME read TOKEN` or `NAME change TOKEN`", .0.display(), .1)]
    Line(PathBuf, usize),
    /// The token of a line is not valid.
    #[error("`{}`: line {}: {}", .0.display(), .1, .2)]
    LineToken(PathBuf, usize, #[source] AdminTokenError),
    /// Two lines have the same name or the same token. This is the number of the second.
    #[error("`{}`: line {}: its name or its token is that of another line; give each person and machine its own", .0.display(), .1)]
    Twice(PathBuf, usize),
}

impl Holders {
    /// Reads a file that has one token and nothing else, or a line for each holder: name, role (`read` or `change`) and token.
    /// Empty lines, and those that begin with `#`, are ignored.
    ///
    /// # Errors
    ///
    /// - a file that [`AdminToken::from_file`] refuses
    /// - `alice admin …`: a role that does not exist
    /// - `alice change secret`: a token that is too short
    pub fn from_file(path: &Path) -> Result<Self, HoldersError> {
        Ok(Self { path: Some(path.to_owned()), ..read(path)?.into() })
    }

    /// Reads the file again. Whoever is not in it any more is nobody from the next request on.
    ///
    /// # Errors
    ///
    /// As [`Self::from_file`]. Those who were read before stay.
    pub fn reload(&self) -> Result<(), HoldersError> {
        if let Some(path) = &self.path {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = read(path)?.into();
        }
        Ok(())
    }

    /// Returns who sends a request: whoever has the one token in it.
    pub(super) fn sender(&self, headers: &HeaderMap) -> Option<Holder> {
        // All are compared, so that the time says nothing about whose token is like the one that was sent.
        self.all()
            .iter()
            .fold(None, |found, holder| if holder.token.is_in(headers) { Some(holder.clone()) } else { found })
    }

    /// Returns whether a request has a token of any of them, perhaps among other credentials.
    pub(super) fn is_token_among(&self, headers: &HeaderMap) -> bool {
        self.all().iter().any(|holder| holder.token.is_among(headers))
    }

    fn all(&self) -> Arc<[Holder]> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads a file of tokens.
fn read(path: &Path) -> Result<Vec<Holder>, HoldersError> {
    let text = read_secret(path, MAX_FILE_BYTES)?;
    if !text.trim_ascii().is_empty() && text.split_ascii_whitespace().count() == 1 {
        return Ok(vec![unnamed(AdminToken::parse(text.trim_ascii())?)]);
    }
    let (mut holders, mut names, mut tokens) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (line, number) in text.lines().zip(1..) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (name, role, token) = match words.as_slice() {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [name, "read", token] => (*name, Role::Read, *token),
            [name, "change", token] => (*name, Role::Change, *token),
            _ => return Err(HoldersError::Line(path.to_owned(), number)),
        };
        if !names.insert(name.to_owned()) || !tokens.insert(token.to_owned()) {
            return Err(HoldersError::Twice(path.to_owned(), number));
        }
        let token = AdminToken::parse(token);
        let token = token.map_err(|error| HoldersError::LineToken(path.to_owned(), number, error))?;
        holders.push(Holder { name: name.to_owned(), role, token });
    }
    if holders.is_empty() {
        // As for a file with one token that is too short.
        AdminToken::parse("")?;
    }
    Ok(holders)
}

/// Makes a holder without a name, who may change everything.
fn unnamed(token: AdminToken) -> Holder {
    Holder { name: UNNAMED.to_owned(), role: Role::Change, token }
}

impl From<Vec<Holder>> for Holders {
    fn from(holders: Vec<Holder>) -> Self {
        Self { path: None, current: Arc::new(RwLock::new(holders.into())) }
    }
}

/// One holder without a name, who may change everything.
impl From<AdminToken> for Holders {
    fn from(token: AdminToken) -> Self {
        vec![unnamed(token)].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::AUTHORIZATION;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    const ALICE: &str = "alices-token-0123456789abcdef0123456789";
    const CI: &str = "the-token-of-ci-0123456789abcdef0123456";

    fn holders_of(text: &str) -> Result<Holders, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        Holders::from_file(&path).map_err(|error| error.to_string())
    }

    fn sender(holders: &Holders, token: &str) -> Option<(String, Role)> {
        let headers = [(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())].into_iter().collect();
        holders.sender(&headers).map(|holder| (holder.name.clone(), holder.role))
    }

    #[test]
    fn each_line_names_a_holder() {
        let text = format!("# those who may\n\n alice\tchange {ALICE}\r\nci read {CI}\n");
        let holders = holders_of(&text).unwrap();
        assert_eq!(sender(&holders, ALICE), Some(("alice".to_owned(), Role::Change)));
        assert_eq!(sender(&holders, CI), Some(("ci".to_owned(), Role::Read)));
        assert_eq!(sender(&holders, "alices-token"), None);
    }

    #[test]
    fn a_file_that_is_read_again_has_other_holders_unless_it_is_invalid() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        let write = |text: String| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        };
        write(format!("alice change {ALICE}"));
        let holders = Holders::from_file(&path).unwrap();
        write("nonsense and more".to_owned());
        assert!(holders.clone().reload().is_err());
        assert_eq!(sender(&holders, ALICE), Some(("alice".to_owned(), Role::Change)));
        write(format!("ci read {CI}"));
        holders.clone().reload().unwrap();
        assert_eq!((sender(&holders, ALICE), sender(&holders, CI)), (None, Some(("ci".to_owned(), Role::Read))));
    }

    #[test]
    fn a_token_alone_is_that_of_the_administrator() {
        let holders = holders_of(&format!("{ALICE}\n")).unwrap();
        assert_eq!(sender(&holders, ALICE), Some(("administrator".to_owned(), Role::Change)));
    }

    #[test]
    fn a_file_with_anything_else_is_refused() {
        let table = [
            (String::new(), "has 0 characters"),
            ("# nobody\n# at all\n".to_owned(), "has 0 characters"),
            ("short".to_owned(), "has 5 characters"),
            (format!("alice change {ALICE}\nci admin {CI}\n"), "line 2: write `NAME read TOKEN`"),
            (format!("alice {ALICE}"), "line 1: write"),
            (format!("alice change {ALICE} more"), "line 1: write"),
            ("alice change short".to_owned(), "line 1: the token has 5 characters"),
            (format!("alice change {ALICE}\nalice read {CI}"), "line 2: its name or its token"),
            (format!("alice change {ALICE}\nbob read {ALICE}"), "line 2: its name or its token"),
        ];
        for (text, part) in table {
            let error = holders_of(&text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
            assert!(!error.contains(ALICE) && !error.contains(CI), "{error}");
        }
    }
}
