//! What tags were bound to.

use tagseal_distribution::reference::{Digest, Repository, Tag};

use super::write::Parts;

/// What a tag was bound to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub repository: Repository,
    /// The tag.
    pub tag: Tag,
    /// The manifest.
    pub digest: Digest,
    /// The manifests that that one refers to.
    pub parts: Parts,
    /// Whether it still is.
    pub state: BindingState,
    /// Since when: milliseconds of the database's clock since 1970.
    pub since: i64,
    /// By whom.
    pub actor: String,
}

/// Whether a tag is still bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// It is, as far as the gateways know.
    Bound,
    /// It was deleted, and its name is used up.
    Retired,
}

impl BindingState {
    /// Its word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Retired => "retired",
        }
    }

    /// Reads its word.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Bound, Self::Retired].into_iter().find(|state| state.as_str() == text)
    }
}
