//! A pushed manifest: read whole, within limits, and hashed here.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as Stream, Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;

use super::ledger::Parts;
use super::manifest_room::{ManifestRoom, Room};
use tagseal_distribution::body::Streamed;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::manifest;
use tagseal_distribution::pace::{MinRate, TooSlow};
use tagseal_distribution::reference::{Algorithm, Digest, Reference};

/// The greatest length of a manifest: the 4 MiB that registries take, and a little more, so that the registry itself can
/// refuse what is slightly too large.
pub(crate) const MAX_MANIFEST_BYTES: usize = (4 << 20) + SLACK;
const SLACK: usize = 64 << 10;
/// The length of a larger body that is read and thrown away, so that the client is still there to get the answer.
const MAX_IGNORED_BYTES: usize = 64 << 20;
/// How long a body may take that is read and thrown away.
const IGNORED_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads manifests, within the memory for all of them and at a least rate.
#[derive(Clone, Debug)]
pub(crate) struct ManifestReader {
    room: ManifestRoom,
    rate: MinRate,
}

/// A manifest as it came, byte for byte, with its share of the memory.
#[derive(Debug)]
pub(crate) struct PushedManifest {
    pub(crate) content: Bytes,
    /// The media type that the request declares.
    pub(crate) media_type: Option<String>,
    /// The digests are computed when they are first needed, since a large manifest takes a while.
    sha256: OnceLock<Digest>,
    sha512: OnceLock<Digest>,
    _room: Room,
}

impl ManifestReader {
    /// Provides this many bytes. There is always enough for one manifest.
    pub(crate) fn new(bytes: usize, rate: MinRate) -> Self {
        Self { room: ManifestRoom::new(bytes.max(MAX_MANIFEST_BYTES)), rate }
    }

    /// Reads a manifest. It takes memory as its bytes arrive.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Incoming,
        address: IpAddr,
    ) -> Result<PushedManifest, ErrorResponse> {
        let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
        if announced.is_some_and(|bytes| bytes > MAX_MANIFEST_BYTES) {
            ignore(Streamed::from(body).with_min_rate(self.rate)).await;
            return Err(too_large());
        }
        let mut room = self.room.begin(address);
        let content = collect(Streamed::from(body).with_min_rate(self.rate), &mut room).await?;
        room.complete();
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(PushedManifest::new(content, media_type.map(str::to_owned), room))
    }
}

async fn collect(mut body: Streamed, room: &mut Room) -> Result<Bytes, ErrorResponse> {
    let mut content = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            refusal = room.must_leave() => return Err(refusal),
        };
        let Some(frame) = frame else { return Ok(content.into()) };
        let frame = frame.map_err(|error| broken(error.downcast_ref()))?;
        let data = frame.data_ref().map_or(&[][..], |data| data.as_ref());
        if content.len() + data.len() > MAX_MANIFEST_BYTES {
            ignore(body).await;
            return Err(too_large());
        }
        room.grow(data.len()).await?;
        content.extend_from_slice(data);
    }
}

fn broken(too_slow: Option<&TooSlow>) -> ErrorResponse {
    match too_slow {
        Some(too_slow) => {
            let message = format!("the manifest came too slowly: {too_slow}");
            ErrorResponse::new(StatusCode::REQUEST_TIMEOUT, "SIZE_INVALID", message)
        }
        None => {
            let message = "the connection broke before the end of the manifest";
            ErrorResponse::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", message)
        }
    }
}

/// Reads the rest of a body for a while and throws it away: most clients read the answer only after they have sent all.
pub(crate) async fn ignore(mut body: impl Stream<Data = Bytes> + Unpin) {
    let mut left = MAX_IGNORED_BYTES;
    let ignored = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // A client that is slower than this gets no answer.
    let _ = timeout(IGNORED_TIMEOUT, ignored).await;
}

fn too_large() -> ErrorResponse {
    let message =
        "the manifest is larger than 4 MiB, more than registries take; split the image, or shorten annotations";
    ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message)
}

/// The version of a manifest's own schema.
#[derive(Debug, Deserialize)]
struct Schema {
    #[serde(rename = "schemaVersion")]
    version: u64,
}

impl PushedManifest {
    fn new(content: Bytes, media_type: Option<String>, room: Room) -> Self {
        Self { content, media_type, sha256: OnceLock::new(), sha512: OnceLock::new(), _room: room }
    }

    /// Checks that it has the digest in its path, if there is one.
    ///
    /// # Errors
    ///
    /// It has another digest.
    pub(crate) fn check(&self, reference: &Reference) -> Result<(), ErrorResponse> {
        match reference {
            Reference::Digest(digest) if !self.is(digest) => {
                let message = format!("the manifest is not {digest}, as its path says");
                Err(ErrorResponse::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message))
            }
            _ => Ok(()),
        }
    }

    /// Returns its digest in an algorithm.
    pub(crate) fn digest(&self, algorithm: Algorithm) -> &Digest {
        let digest = match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => &self.sha512,
        };
        digest.get_or_init(|| algorithm.digest(&self.content))
    }

    /// Returns its digests in every algorithm.
    pub(crate) fn digests(&self) -> [Digest; 2] {
        [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| self.digest(algorithm).clone())
    }

    /// Returns whether it has a digest.
    pub(crate) fn is(&self, digest: &Digest) -> bool {
        self.digest(digest.algorithm()) == digest
    }

    /// Returns the manifests that it refers to, as the ledger keeps them. What those refer to is not known, whatever it says of
    /// them.
    pub(crate) fn parts(&self) -> Parts {
        let has_none = manifest::links(&self.content).is_some_and(|links| links.is_empty());
        if has_none { Parts::Listed(Vec::new()) } else { Parts::Any }
    }

    /// Returns whether it has the first schema. The digest of such a manifest is not that of its bytes, so a registry stores it
    /// under another one.
    pub(crate) fn is_first_schema(&self) -> bool {
        let declared = essence(self.media_type.as_deref());
        declared.starts_with("application/vnd.docker.distribution.manifest.v1+")
            || serde_json::from_slice(&self.content).is_ok_and(|Schema { version }| version == 1)
    }

    /// Returns whether it is declared as a media type, or as none. Parameters and case do not count.
    pub(crate) fn is_declared_as(&self, media_type: Option<&str>) -> bool {
        essence(self.media_type.as_deref()) == essence(media_type)
    }
}

fn essence(media_type: Option<&str>) -> String {
    media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_compared_by_its_declared_type_and_its_schema_is_found() {
        let room = ManifestRoom::new(MAX_MANIFEST_BYTES).begin([127, 0, 0, 1].into());
        let mut manifest = PushedManifest::new(Bytes::from_static(b"{}"), None, room);
        let table = [
            (None, None, true),
            (None, Some("application/a"), false),
            (Some("application/a"), None, false),
            (Some("application/a"), Some("application/A; charset=utf-8"), true),
            (Some("application/a"), Some("application/b"), false),
        ];
        for (declared, served, same) in table {
            manifest.media_type = declared.map(str::to_owned);
            assert_eq!(manifest.is_declared_as(served), same, "{declared:?} {served:?}");
        }
        let schemas = [
            ("application/vnd.docker.distribution.manifest.v1+prettyjws", "{", true),
            ("application/vnd.docker.distribution.manifest.v1+json", "{}", true),
            ("", r#"{"schemaVersion": 1}"#, true),
            ("application/vnd.oci.image.manifest.v1+json", r#"{"schemaVersion": 2}"#, false),
            ("application/vnd.oci.image.manifest.v1+json", "[", false),
        ];
        for (declared, content, first) in schemas {
            manifest.media_type = Some(declared.to_owned());
            manifest.content = Bytes::from_static(content.as_bytes());
            assert_eq!(manifest.is_first_schema(), first, "{declared} {content}");
        }
    }
}
