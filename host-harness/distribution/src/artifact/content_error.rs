//! Why content could not be read from a registry, or written to it.

use crate::inventory::InventoryError;
use crate::reference::Digest;

/// Why content could not be read from a registry, or written to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// The registry gave no answer, or refused.
    #[error(transparent)]
    Registry(#[from] InventoryError),
    /// The answer could not be read to its end, for this reason.
    #[error("the registry's answer could not be read: {0}")]
    Broken(String),
    /// The registry sent something else than it was asked for.
    #[error("the registry sent other content than `{expected}`: what it sent has the digest `{found}`")]
    Digest {
        /// What was asked for.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// The registry sent fewer bytes than the manifest says.
    #[error("the registry sent {found} bytes of `{digest}`, which has {expected}")]
    Size {
        /// What was asked for.
        digest: Digest,
        /// Its size in bytes.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// The registry said that it sends one manifest, and sent another one.
    #[error("the registry said that the manifest has the digest `{announced}`, but what it sent has `{found}`")]
    Announced {
        /// What the registry said. It can be any text.
        announced: String,
        /// What came.
        found: Digest,
    },
    /// The registry sends its clients somewhere else, where they can't go: the place, and the reason.
    #[error("the registry redirects to `{0}`, which is not followed: {1}")]
    Redirect(String, &'static str),
    /// The registry does not say where an upload goes on, or names a place outside itself.
    #[error("the registry does not say at which address of its own the upload goes on, but `{0}`")]
    Upload(String),
}
