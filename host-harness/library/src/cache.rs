//! Compiled code on disk, for the next start.

use rustix::process::geteuid;
use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use wasmtime::CacheConfig;

/// The bits of a folder's mode that let others write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Where compiled code is kept from one start to the next.
///
/// It is machine code that runs as it is found. So it is kept in a folder that belongs to this user and that nobody else may
/// write to, and is never taken from any other place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// In the folder `tagseal` in `$XDG_CACHE_HOME`, else in `$HOME/.cache`. If that folder can't be created, or others may
    /// write to it, nothing is kept.
    #[default]
    User,
    /// In this folder, which is created if it does not exist. An unsafe folder is refused.
    Folder(PathBuf),
    /// Nowhere. Each start compiles the component.
    Off,
}

/// Why a folder can't hold compiled code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It can't be created or read.
    #[error("the cache folder `{}` can't be used: {}; name another one, or none", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// It belongs to another user.
    #[error("the cache folder `{}` belongs to another user; name one of your own, or none", .0.display())]
    Foreign(PathBuf),
    /// Others may write to it.
    #[error("others may write to the cache folder `{}`; run `chmod 700` on it, or name another one", .0.display())]
    Writable(PathBuf),
}

impl Cache {
    /// Opens the cache. Returns `None` if nothing is kept.
    pub(crate) fn open(&self) -> Result<Option<wasmtime::Cache>, CacheError> {
        match self {
            Self::User => Ok(user_folder(|name| env::var_os(name)).and_then(|folder| open(&folder).ok())),
            Self::Folder(folder) => open(folder).map(Some),
            Self::Off => Ok(None),
        }
    }
}

/// The user's folder, by the variables of the environment. A relative path counts as none.
fn user_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("tagseal"))
}

fn open(folder: &Path) -> Result<wasmtime::Cache, CacheError> {
    let folder = secure(folder)?;
    let mut config = CacheConfig::new();
    config.with_directory(&folder);
    wasmtime::Cache::new(config).map_err(|error| CacheError::Io(folder, io::Error::other(error)))
}

/// Creates the folder if it does not exist, and returns its true path if only this user may write to it.
fn secure(folder: &Path) -> Result<PathBuf, CacheError> {
    let io = |error| CacheError::Io(folder.to_owned(), error);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    let folder = fs::canonicalize(folder).map_err(io)?;
    let metadata = fs::metadata(&folder).map_err(io)?;
    if metadata.uid() != geteuid().as_raw() {
        return Err(CacheError::Foreign(folder));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(CacheError::Writable(folder));
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_user_is_found_by_environment_variables() {
        for (caches, home, expected) in [
            (Some("/caches"), Some("/home/me"), Some("/caches/tagseal")),
            (None, Some("/home/me"), Some("/home/me/.cache/tagseal")),
            (Some("relative"), Some("/home/me"), Some("/home/me/.cache/tagseal")),
            (Some(""), Some("/home/me"), Some("/home/me/.cache/tagseal")),
            (None, Some("relative"), None),
            (None, None, None),
        ] {
            let variable = |name: &str| if name == "HOME" { home } else { caches }.map(OsString::from);
            assert_eq!(user_folder(variable), expected.map(PathBuf::from), "{caches:?} {home:?}");
        }
    }
}
