//! What is about to happen to a tag or a manifest, as a host tells it: unchecked text, read when it is decided.

/// Something that is about to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is.
    pub operation: Operation,
    /// Who and whence, as pairs of a key and a value. None is used yet.
    pub context: Vec<(String, String)>,
}

/// What an event does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A manifest is stored, and tags with it.
    Write(Write),
    /// A tag is deleted, its manifest stays.
    DeleteTag(DeleteTag),
    /// A manifest is deleted, and the tags that need it with it.
    DeleteManifest(DeleteManifest),
}

/// A manifest is about to be stored, under tags or by its digest alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The full name of the repository.
    pub repository: String,
    /// The digest of the content that is pushed.
    pub digest: String,
    /// The tags that it sets. None: a push by digest.
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
}

/// A tag is about to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTag {
    /// The full name of the repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
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
}

/// The tags that a delete of a manifest takes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestTags {
    /// All of them.
    Known(Vec<String>),
    /// The host could not find out.
    Unknown,
}
