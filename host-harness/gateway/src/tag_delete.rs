//! What a registry does when a tag is deleted.

/// What a registry does when a tag is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagDelete {
    /// It removes the tag and keeps the manifest.
    Untags,
    /// It removes the manifest of the tag, and so all its other tags.
    DeletesManifest,
}

impl TagDelete {
    /// Returns its word, as in `--tag-delete`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untags => "untags",
            Self::DeletesManifest => "deletes-manifest",
        }
    }

    /// Reads its word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Untags, Self::DeletesManifest].into_iter().find(|kind| kind.as_str() == text)
    }
}
