//! How a manifest refers to its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reference::{Algorithm, Digest};

/// A reference from a manifest to a blob. Its fields are as the manifest writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content.
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
    /// What else is said about the content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Describes some content.
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        let digest = Algorithm::Sha256.digest(content);
        Self { media_type: media_type.to_owned(), digest, size: content.len() as u64, annotations: BTreeMap::new() }
    }
}
