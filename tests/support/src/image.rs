//! Images and indexes to push.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

/// The media type of an OCI image.
pub const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an OCI index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of a Docker image.
pub const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The media type of a Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// An image or an index to push.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its media type.
    pub media_type: &'static str,
    /// Its manifest.
    pub bytes: Vec<u8>,
    /// The blobs that must be uploaded before it.
    pub blobs: Vec<Vec<u8>>,
}

impl Image {
    /// Makes an image with a word as its content.
    pub fn of(media_type: &'static str, word: &str) -> Self {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"word": word}},
                            "rootfs": {"type": "layers", "diff_ids": [sha256(word.as_bytes())]}});
        let blobs = vec![config.to_string().into_bytes(), word.as_bytes().to_vec()];
        let (config_type, layer_type) = match media_type {
            DOCKER_IMAGE => {
                ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar")
            }
            _ => ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"),
        };
        let part = |kind: &str, blob: &[u8]| json!({"mediaType": kind, "digest": sha256(blob), "size": blob.len()});
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type,
                              "config": part(config_type, &blobs[0]), "layers": [part(layer_type, &blobs[1])]});
        Self { media_type, bytes: manifest.to_string().into_bytes(), blobs }
    }

    /// Makes an OCI image with a word as its content.
    pub fn oci(word: &str) -> Self {
        Self::of(OCI_IMAGE, word)
    }

    /// Makes an index of these parts.
    pub fn index(media_type: &'static str, parts: &[&Image]) -> Self {
        let part = |(image, architecture): (&&Image, &str)| {
            json!({"mediaType": image.media_type, "digest": image.digest(), "size": image.bytes.len(),
                   "platform": {"os": "linux", "architecture": architecture}})
        };
        let parts: Vec<_> = parts.iter().zip(["amd64", "arm64", "s390x"]).map(part).collect();
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": parts});
        Self { media_type, bytes: index.to_string().into_bytes(), blobs: Vec::new() }
    }

    /// Makes the same manifest with one more field.
    ///
    /// # Panics
    ///
    /// The manifest is not JSON.
    pub fn with(&self, field: &str, value: Value) -> Self {
        let mut manifest: Value = serde_json::from_slice(&self.bytes).unwrap();
        manifest[field] = value;
        Self { bytes: manifest.to_string().into_bytes(), ..self.clone() }
    }

    /// Returns its digest.
    pub fn digest(&self) -> String {
        sha256(&self.bytes)
    }

    /// Returns its digest as messages show it.
    pub fn short(&self) -> String {
        self.digest().chars().take(19).collect()
    }

    /// Returns its digest in the other algorithm.
    pub fn sha512(&self) -> String {
        format!("sha512:{}", hex(&Sha512::digest(&self.bytes)))
    }

    /// Returns the digest of its configuration, which is a blob.
    ///
    /// # Panics
    ///
    /// It is an index.
    pub fn config(&self) -> String {
        sha256(&self.blobs[0])
    }
}

/// Returns the SHA-256 digest of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
