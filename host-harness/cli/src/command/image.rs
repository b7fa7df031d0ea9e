//! Real images, small enough to be made in memory: one layer with one file.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// What a manifest of an image is declared as.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An OCI image.
pub(crate) struct Image {
    /// Its configuration and its layer.
    pub(crate) blobs: [Bytes; 2],
    pub(crate) manifest: Bytes,
}

impl Image {
    /// An image with a file `/hello.txt` that says this.
    pub(crate) fn that_says(text: &str) -> io::Result<Self> {
        let files = archive(text)?;
        Ok(Self::new(text, &digest(&files), zipped(&files)?.into()))
    }

    /// An image whose layer no client can unpack: any bytes, for measurements of what only stores them.
    pub(crate) fn with_layer(text: &str, layer: Bytes) -> Self {
        Self::new(text, &digest(&layer), layer)
    }

    fn new(text: &str, diff_id: &str, layer: Bytes) -> Self {
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"says": text}},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created_by": "tagseal demo"}],
        });
        let config = config.to_string().into_bytes();
        let part = |kind: &str, blob: &[u8]| json!({"mediaType": kind, "digest": digest(blob), "size": blob.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part("application/vnd.oci.image.config.v1+json", &config),
            "layers": [part("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
        });
        Self { blobs: [config.into(), layer], manifest: manifest.to_string().into() }
    }

    /// The digest of its manifest.
    pub(crate) fn digest(&self) -> String {
        digest(&self.manifest)
    }
}

/// A tar archive of one file. It has no times, so that equal texts make equal images.
fn archive(text: &str) -> io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "hello.txt", text.as_bytes())?;
    archive.into_inner()
}

fn zipped(files: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(files)?;
    encoder.finish()
}

/// `sha256:` and the digits of the content's hash.
pub(crate) fn digest(content: &[u8]) -> String {
    let digits: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}
