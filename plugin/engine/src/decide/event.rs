//! What is about to happen to a tag or a manifest, as a host reports it: unchecked text, which is read when it is decided.

use crate::words::words;

/// Something that is about to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is.
    pub operation: Operation,
    /// Facts about the request, as pairs of a key and a value.
    pub context: Vec<(String, String)>,
}

/// What an event does. `EventKind` has the same list as names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A manifest is stored, and tags with it.
    Write(Write),
    /// A tag is deleted, its manifest stays.
    DeleteTag(DeleteTag),
    /// A manifest is deleted, and the tags that need it with it.
    DeleteManifest(DeleteManifest),
}

words! {
    /// A kind of events.
    pub(crate) enum EventKind {
        /// A manifest is stored, and tags with it.
        Write = "write",
        /// A tag is deleted, its manifest stays.
        DeleteTag = "delete-tag",
        /// A manifest is deleted, and the tags that need it with it.
        DeleteManifest = "delete-manifest",
    }
}

/// A manifest is about to be stored, under tags or by its digest alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The full name of the repository.
    pub repository: String,
    /// The digest of the content that is pushed.
    pub digest: String,
    /// The tags that it sets. An empty list is a push by digest.
    pub tags: Vec<TagWrite>,
}

/// One tag that a write sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagWrite {
    /// The tag.
    pub tag: String,
    /// What it resolves to before the write.
    pub current: Current,
}

/// What a tag resolves to, as far as the host knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Current {
    /// The tag does not exist, and the host is sure of it.
    Absent,
    /// The tag resolves to this digest.
    Digest(String),
    /// The host could not find out.
    Unknown,
    /// The tag does not exist now, but it had this digest once and was deleted.
    Retired(String),
}

/// A tag is about to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTag {
    /// The full name of the repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Whether the host will remember the digest of the tag, and give it as retired from then on.
    pub remembers: bool,
}

/// A manifest is about to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteManifest {
    /// The full name of the repository.
    pub repository: String,
    /// The digest of the manifest.
    pub digest: String,
    /// The tags that resolve to it, or to an index that contains it.
    pub tags: ManifestTags,
    /// Whether the host will remember the digest of its tags, and give it as retired from then on.
    pub remembers: bool,
}

/// The tags that a delete of a manifest removes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestTags {
    /// All of them.
    Known(Vec<String>),
    /// The host could not find out.
    Unknown,
}
