//! What the registry in memory holds.

use std::collections::{BTreeMap, HashMap};

use hyper::StatusCode;
use hyper::body::Bytes;

use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Digest, Reference, Repository, Tag};

/// Most bytes that it holds, all together.
const MAX_STORED_BYTES: usize = 1 << 30;

/// All repositories, and the uploads under way.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) repositories: BTreeMap<Repository, Contents>,
    uploads: HashMap<String, Upload>,
    uploads_begun: u64,
    bytes: usize,
}

/// What one repository holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) manifests: HashMap<Digest, Manifest>,
    pub(super) tags: BTreeMap<Tag, Digest>,
    pub(super) blobs: HashMap<Digest, Bytes>,
}

/// A manifest, byte for byte as it came.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) content: Bytes,
}

#[derive(Debug)]
struct Upload {
    repository: Repository,
    bytes: Vec<u8>,
}

impl Store {
    /// Counts bytes that are about to be held.
    pub(super) fn take_in(&mut self, bytes: usize) -> Result<(), ErrorResponse> {
        let sum = self.bytes.saturating_add(bytes);
        if sum > MAX_STORED_BYTES {
            return Err(ErrorResponse::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "DENIED",
                "this registry in memory is full",
            ));
        }
        self.bytes = sum;
        Ok(())
    }

    /// Begins an upload, and gives its id.
    pub(super) fn begin(&mut self, repository: &Repository) -> String {
        self.uploads_begun += 1;
        let id = format!("upload-{}", self.uploads_begun);
        self.uploads.insert(id.clone(), Upload { repository: repository.clone(), bytes: Vec::new() });
        id
    }

    /// The bytes that an upload has by now.
    pub(super) fn upload(&mut self, repository: &Repository, id: &str) -> Result<&mut Vec<u8>, ErrorResponse> {
        let upload = self.uploads.get_mut(id).filter(|upload| upload.repository == *repository);
        upload.map(|upload| &mut upload.bytes).ok_or_else(no_upload)
    }

    /// Ends an upload, and gives its bytes.
    pub(super) fn end(&mut self, repository: &Repository, id: &str) -> Result<Vec<u8>, ErrorResponse> {
        self.upload(repository, id)?;
        self.uploads.remove(id).map(|upload| upload.bytes).ok_or_else(no_upload)
    }

    /// Stores a blob. What is there already stays as it is.
    pub(super) fn store_blob(&mut self, repository: &Repository, digest: Digest, bytes: Bytes) {
        self.repositories.entry(repository.clone()).or_default().blobs.entry(digest).or_insert(bytes);
    }

    /// What a repository holds.
    pub(super) fn contents(&self, repository: &Repository) -> Option<&Contents> {
        self.repositories.get(repository)
    }
}

impl Contents {
    /// The digest that a reference resolves to, and its manifest.
    pub(super) fn manifest(&self, reference: &Reference) -> Option<(&Digest, &Manifest)> {
        let digest = match reference {
            Reference::Tag(tag) => self.tags.get(tag)?,
            Reference::Digest(digest) => digest,
        };
        self.manifests.get_key_value(digest)
    }
}

fn no_upload() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
}
