//! Why a component is refused before it runs.

use crate::cache::CacheError;
use std::io;
use std::path::PathBuf;

/// Why a component is refused before it runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It imports something: these names. A policy component imports nothing.
    #[error("the component imports {}; a policy component imports nothing", list(.0))]
    Imports(Vec<String>),
    /// It does not offer what the contract asks for: these items are missing or of another type.
    #[error("the component has another world: {} missing or of another type; build it for `tagseal:policy`", list(.0))]
    World(Vec<String>),
    /// It starts with more memory than an instance may hold.
    #[error("the component starts with {starts} bytes of memory, of {allowed} that it may hold; allow it more")]
    Memory {
        /// Bytes that its largest memory starts with.
        starts: u64,
        /// Bytes that it may hold.
        allowed: usize,
    },
    /// The file is larger than a component may be.
    #[error("the component takes {bytes} bytes, of {allowed} that it may; allow it more")]
    Size {
        /// Bytes of the file.
        bytes: u64,
        /// Bytes that it may have.
        allowed: u64,
    },
    /// It is no component: what is wrong with it.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// The file can't be read.
    #[error("the component `{}` can't be read: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// The folder for compiled code can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The host can't run components.
    #[error("this host can't run components: {0}")]
    Host(String),
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
