//! Where the component comes from that a command asks.

use std::path::Path;

use super::artifact_reference::{ArtifactReference, PinnedReference};
use super::fault::Fault;

/// Where the component comes from that a command asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ComponentSource<'a> {
    /// It is built in.
    BuiltIn,
    /// A file.
    File(&'a Path),
    /// An artifact of a registry, by its digest.
    Registry(PinnedReference),
}

impl<'a> ComponentSource<'a> {
    /// Reads what `--component` or TAGSEAL_COMPONENT names.
    ///
    /// # Errors
    ///
    /// - `oci://registry.example/policy:v1`: a tag, which can be moved
    /// - `oci://policy`: not a reference to an artifact
    pub(crate) fn parse(named: Option<&'a Path>) -> Result<Self, Fault> {
        let Some(path) = named else { return Ok(Self::BuiltIn) };
        match path.to_str().filter(|text| text.starts_with("oci://")) {
            None => Ok(Self::File(path)),
            Some(text) => ArtifactReference::parse(text)?.pinned().map(Self::Registry),
        }
    }
}
