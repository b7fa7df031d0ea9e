//! A tag as a snapshot or a ledger has it.

use tagseal_distribution::reference::{Repository, Tag};

use crate::command::tag_state::NamedTag;

/// A tag, and what it should be.
#[derive(Clone, Debug)]
pub(super) struct ExpectedTag {
    pub(super) repository: Repository,
    pub(super) tag: Tag,
    pub(super) digest: String,
    /// Whether it was deleted, and should not be there again.
    pub(super) is_gone: bool,
}

impl ExpectedTag {
    pub(super) fn named(&self) -> NamedTag<'_> {
        NamedTag { repository: self.repository.as_str(), tag: self.tag.as_str() }
    }
}
