//! What a pattern is matched against.

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The path of a repository, or its full name.
    Repository,
    /// A tag.
    Tag,
}
