//! Why a component is refused before it runs.

use crate::cache::CacheError;
use std::io;
use std::path::PathBuf;

/// Why a component is refused before it runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It imports these names. A policy component imports nothing.
    #[error("the component imports {}; a policy component imports nothing", list(.0))]
    Imports(Vec<String>),
    /// It does not have the exports of the contract: these are missing, or of another type.
    #[error("the component has another world: {} missing or of another type; build it for `tagseal:policy`", list(.0))]
    World(Vec<String>),
    /// It starts with more memory than an instance may hold.
    #[error("the component starts with {starts} bytes of memory, and may hold {allowed}; allow more")]
    Memory {
        /// The size in bytes of its largest memory at the start.
        starts: u64,
        /// The number of bytes that it may hold.
        allowed: usize,
    },
    /// The file is larger than a component may be.
    #[error("the component has {bytes} bytes, and may have {allowed}; allow more")]
    Size {
        /// The size of the file in bytes.
        bytes: u64,
        /// The number of bytes that it may have.
        allowed: u64,
    },
    /// It is not a component, for this reason.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// The file can't be read.
    #[error("the component `{}` can't be read: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// The folder for compiled code can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The host can't run components, for this reason.
    #[error("this host can't run components: {0}")]
    Host(String),
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
