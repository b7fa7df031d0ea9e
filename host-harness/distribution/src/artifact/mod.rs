//! Artifacts: content of a repository that is named by its digest, and WebAssembly components as such content.
//!
//! A component is laid out as the CNCF's guide says, so that other tools can move it too: a configuration of the type
//! `application/vnd.wasm.config.v0+json`, and one layer of the type `application/wasm`. Written by hand, though `oci-wasm` and
//! `oci-client` exist: those bring a second HTTP client, a second reader of credentials, and a second reader of WIT, and write
//! the time of the push into the artifact, so that equal components would have different digests.

mod content;
mod content_error;
mod descriptor;
mod layout;
mod packed;

pub use content::{FoundManifest, RepositoryContent};
pub use content_error::ContentError;
pub use descriptor::Descriptor;
pub use layout::{LayoutError, WasmConfig, WasmInterface, WasmManifest};
pub use packed::PackedComponent;
