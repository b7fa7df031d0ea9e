//! Releases: a way out for an operator who knows what the registry did.

use std::collections::BTreeSet;

use super::binding::BindingState;
use super::change::{Change, Ended};
use super::error::LedgerError;
use super::store::Ledger;
use super::subject::Subject;
use super::write::{Effect, OpenWrite};
use crate::audit_facts::AuditRow;
use crate::audit_line::{self, AuditedTag, Origin};

/// What was released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// How many open writes have ended.
    pub writes: usize,
    /// Whether the name of a deleted tag is free again.
    pub is_free: bool,
    /// The line of the audit, which is in the ledger. `None` where there was nothing to release.
    pub line: Option<String>,
}

impl Ledger {
    /// Returns the open writes of one tag, or the open deletes of one manifest.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn open_writes_of(&self, subject: &Subject) -> Result<Vec<OpenWrite>, LedgerError> {
        let (repository, tags) = match subject {
            Subject::Tag(repository, tag) => (repository, Some(BTreeSet::from([tag.clone()]))),
            Subject::Manifest(repository, _) => (repository, None),
        };
        let mut writes = self.open_writes(repository, tags.as_ref()).await?;
        writes.retain(|open| match subject {
            Subject::Tag(_, tag) => open.write.effect.tag() == Some(tag),
            Subject::Manifest(_, digest) => open.write.effect == Effect::DeleteManifest(digest.clone()),
        });
        Ok(writes)
    }

    /// Releases a tag or a manifest: its open writes, and the name of a tag that was deleted. The line of the audit comes with it.
    ///
    /// # Errors
    ///
    /// The database failed. Nothing is released then.
    pub async fn release(&self, subject: &Subject, origin: &Origin, reason: &str) -> Result<Released, LedgerError> {
        let writes = self.open_writes_of(subject).await?;
        let retired = match subject {
            Subject::Tag(repository, tag) => self.binding(repository, tag).await?,
            Subject::Manifest(..) => None,
        };
        let retired = retired.filter(|binding| binding.state == BindingState::Retired);
        if writes.is_empty() && retired.is_none() {
            return Ok(Released::default());
        }
        let (tag, expected) = match subject {
            Subject::Tag(_, tag) => (Some(tag.as_str()), retired.as_ref().map(|binding| binding.digest.as_str())),
            Subject::Manifest(_, digest) => (None, Some(digest.as_str())),
        };
        let repository = subject.repository().as_str();
        let tag = AuditedTag { repository, tag, expected, found: None, what: "released" };
        let line = audit_line::of_tags("release", &[tag], Some(reason), None, origin);
        let ended =
            |open: &OpenWrite| Ended { id: open.id, is_done: false, most_rivals: i64::MAX, removed: Vec::new() };
        let ended = writes.iter().map(ended).collect();
        let free = retired.map(|binding| (binding.repository, binding.tag));
        let (count, is_free) = (writes.len(), free.is_some());
        self.change(Change::Release { ended, free, row: AuditRow::of(&line) }).await?;
        Ok(Released { writes: count, is_free, line: Some(line) })
    }
}
