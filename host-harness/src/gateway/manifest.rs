//! A pushed manifest: read whole, within bounds, and hashed here.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as Stream, Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::problem::Problem;
use super::reference::{Algorithm, Digest, Reference};

/// Most bytes of a manifest: the 4 MiB that registries take, and a little, so that it is theirs to refuse.
pub(crate) const MOST: usize = (4 << 20) + SLACK;
const SLACK: usize = 64 << 10;
/// What of a larger one is read and thrown away, so that the client is there to hear the answer.
const MOST_IGNORED: usize = 64 << 20;
/// How long a manifest may take to come, and to wait for room.
const PATIENCE: Duration = Duration::from_secs(60);
/// Room is counted in these.
const UNIT: usize = 1 << 10;

/// Room for the manifests that are held at one time, all together.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Semaphore>);

/// A manifest as it came, byte for byte, with the room that it takes.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) content: Bytes,
    /// What the request says it is.
    pub(crate) media_type: Option<String>,
    /// Made when they are first asked for, since a large one takes a while.
    sha256: OnceLock<Digest>,
    sha512: OnceLock<Digest>,
    _room: OwnedSemaphorePermit,
}

impl Room {
    /// Room for this many bytes. There is always enough for one manifest.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(units(bytes.max(MOST)) as usize)))
    }

    /// Reads a manifest, once there is room for it.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Incoming) -> Result<Manifest, Problem> {
        let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
        if announced.is_some_and(|bytes| bytes > MOST) {
            ignore(body).await;
            return Err(too_large());
        }
        let room = Arc::clone(&self.0).acquire_many_owned(units(announced.unwrap_or(MOST)));
        let room = timeout(PATIENCE, room).await.ok().and_then(Result::ok);
        let room = room.ok_or_else(|| Problem::unavailable("too many manifests are being pushed; try again"))?;
        let content = timeout(PATIENCE, collect(body, announced.unwrap_or(0))).await.map_err(|_| {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "SIZE_INVALID", "the manifest took too long to come")
        })??;
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Manifest::new(content, media_type.map(str::to_owned), room))
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

async fn collect(mut body: Incoming, announced: usize) -> Result<Bytes, Problem> {
    let mut content = Vec::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", "the manifest broke off before its end")
        })?;
        content.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
        if content.len() > MOST {
            ignore(body).await;
            return Err(too_large());
        }
    }
    Ok(content.into())
}

/// Reads on for a while without keeping anything: most clients only listen once they have said all.
pub(crate) async fn ignore(mut body: Incoming) {
    let mut left = MOST_IGNORED;
    let ignored = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // Whoever is slower than this does without an answer.
    let _ = timeout(PATIENCE, ignored).await;
}

fn too_large() -> Problem {
    let message =
        "the manifest is larger than 4 MiB, more than registries take; split the image, or shorten annotations";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message)
}

/// What is looked at of a manifest. Unknown fields are none of ours.
#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    manifests: Vec<Part>,
    #[serde(default)]
    subject: Option<Part>,
}

/// What a manifest says of its own shape.
#[derive(Debug, Deserialize)]
struct Schema {
    #[serde(rename = "schemaVersion")]
    version: u64,
}

#[derive(Debug, Deserialize)]
struct Part {
    digest: String,
    #[serde(default, rename = "mediaType")]
    media_type: String,
}

/// What a manifest refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) digest: String,
    /// Whether it may be an index, with parts of its own.
    pub(crate) is_index: bool,
}

/// The manifests that a manifest refers to: the parts of an index, and the subject of either. `None` for what can't be read.
pub(crate) fn mentions(content: &[u8]) -> Option<Vec<Mention>> {
    let fields: Fields = serde_json::from_slice(content).ok()?;
    let parts = fields.manifests.into_iter().chain(fields.subject);
    Some(parts.map(|part| Mention { is_index: may_be_index(&part.media_type), digest: part.digest }).collect())
}

impl Mention {
    /// Whether it is of that manifest, by its name.
    pub(crate) fn is(&self, digest: &Digest) -> bool {
        self.digest == digest.as_str()
    }

    /// Whether what it is of could need a manifest, or be it: an index could, and so could what is named in another algorithm be it.
    pub(crate) fn could_need(&self, digest: &Digest) -> bool {
        self.is_index || Digest::parse(&self.digest).is_ok_and(|it| it.algorithm() != digest.algorithm())
    }
}

fn may_be_index(media_type: &str) -> bool {
    !matches!(
        media_type,
        "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json"
    )
}

impl Manifest {
    fn new(content: Bytes, media_type: Option<String>, room: OwnedSemaphorePermit) -> Self {
        Self { content, media_type, sha256: OnceLock::new(), sha512: OnceLock::new(), _room: room }
    }

    /// Checks that it is what its path says, where that is a digest.
    pub(crate) fn check(&self, reference: &Reference) -> Result<(), Problem> {
        match reference {
            Reference::Digest(digest) if !self.is(digest) => {
                let message = format!("the manifest is not {digest}, as its path says");
                Err(Problem::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message))
            }
            _ => Ok(()),
        }
    }

    /// Its digest in an algorithm.
    pub(crate) fn digest(&self, algorithm: Algorithm) -> &Digest {
        let digest = match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => &self.sha512,
        };
        digest.get_or_init(|| algorithm.digest(&self.content))
    }

    /// Its digests, in every algorithm.
    pub(crate) fn digests(&self) -> [Digest; 2] {
        [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| self.digest(algorithm).clone())
    }

    /// Whether it has that digest.
    pub(crate) fn is(&self, digest: &Digest) -> bool {
        self.digest(digest.algorithm()) == digest
    }

    /// Whether it is a manifest, or could need it. One that can't be read could.
    pub(crate) fn may_need(&self, digest: &Digest) -> bool {
        let mentions = mentions(&self.content);
        let needs = |mentions: Vec<Mention>| mentions.iter().any(|it| it.is(digest) || it.could_need(digest));
        self.is(digest) || mentions.is_none_or(needs)
    }

    /// Whether it is of the first schema, whose digest is not that of its bytes, so that a registry stores it under another one.
    pub(crate) fn is_first_schema(&self) -> bool {
        let declared = essence(self.media_type.as_deref());
        declared.starts_with("application/vnd.docker.distribution.manifest.v1+")
            || serde_json::from_slice(&self.content).is_ok_and(|Schema { version }| version == 1)
    }

    /// Whether it is declared as that media type. Neither parameters nor case count; nothing declared is nothing else.
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

    #[tokio::test]
    async fn what_a_manifest_is_declared_as_and_what_it_is() {
        let room = Room::new(MOST).0.acquire_many_owned(1).await.unwrap();
        let mut manifest = Manifest::new(Bytes::from_static(b"{}"), None, room);
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

    #[test]
    fn an_index_mentions_its_parts_and_any_manifest_its_subject() {
        let image = "application/vnd.oci.image.manifest.v1+json";
        let content = serde_json::json!({
            "manifests": [{"mediaType": image, "digest": "sha256:a"}, {"digest": "sha256:b"}],
            "subject": {"mediaType": image, "digest": "sha256:c"},
        });
        let mentions = mentions(content.to_string().as_bytes()).unwrap();
        let digests: Vec<_> = mentions.iter().map(|mention| (mention.digest.as_str(), mention.is_index)).collect();
        assert_eq!(digests, [("sha256:a", false), ("sha256:b", true), ("sha256:c", false)]);
        assert_eq!(super::mentions(b"{}"), Some(vec![]));
        assert_eq!(super::mentions(br#"{"manifests": 1}"#), None);
    }
}
