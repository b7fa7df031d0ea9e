//! Takes the tags of a repository that was there before the gateway into the ledger.

use std::collections::BTreeSet;

use super::audit_facts::AuditRow;
use super::audit_line::{self, AuditedTag, Origin};
use super::ledger::{BindingState, Ledger, LedgerError};
use tagseal_distribution::inventory::{Inventory, InventoryError};
use tagseal_distribution::reference::{Repository, Tag};

/// The most tags that are bound in one transaction.
const MAX_BATCH: usize = 500;

/// Why a repository could not be adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The registry did not show all tags.
    #[error(transparent)]
    Registry(#[from] InventoryError),
    /// The registry lists this tag, and has no manifest for it.
    #[error("the registry lists tag {0}, but has no manifest for it; push its image again, or delete the tag")]
    NoManifest(Tag),
    /// The registry lists a name that no tag may have.
    #[error("the registry lists a name that is not a valid tag")]
    InvalidTag,
}

/// Takes the tags of a repository into a ledger, as the registry has them now, and returns how many they are. A tag that the
/// ledger knows already keeps what it has.
///
/// # Errors
///
/// A tag can't be read, or the ledger failed. The repository is not adopted then.
pub async fn adopt(
    ledger: &Ledger,
    registry: &Inventory,
    repository: &Repository,
    origin: &Origin,
) -> Result<usize, AdoptError> {
    let mut missing = BTreeSet::new();
    let mut bindings = Vec::new();
    for tag in tags(registry, repository).await? {
        match registry.digest(repository, &tag).await? {
            Some(digest) => bindings.push((tag, digest, BindingState::Bound)),
            None => _ = missing.insert(tag),
        }
    }
    if !missing.is_empty() {
        // Those that are not listed any more were deleted in between.
        let still = tags(registry, repository).await?.into_iter().find(|tag| missing.contains(tag));
        still.map_or(Ok(()), |tag| Err(AdoptError::NoManifest(tag)))?;
    }
    for batch in bindings.chunks(MAX_BATCH) {
        ledger.bind_new(repository, batch, "adopted").await?;
    }
    ledger.adopt(repository).await?;
    let adopted =
        AuditedTag { repository: repository.as_str(), tag: None, expected: None, found: None, what: "adopted" };
    let line = audit_line::of_tags("adoption", &[adopted], None, None, origin);
    ledger.add_audit(vec![AuditRow::of(&line)]).await?;
    Ok(bindings.len())
}

async fn tags(registry: &Inventory, repository: &Repository) -> Result<Vec<Tag>, AdoptError> {
    let (mut list, mut tags) = (registry.tags(repository), Vec::new());
    while let Some(page) = list.next().await? {
        let names = page.names().map(|name| Tag::parse(name).map_err(|_| AdoptError::InvalidTag));
        tags.extend(names.collect::<Result<Vec<_>, _>>()?);
        if page.invalid > 0 {
            return Err(AdoptError::InvalidTag);
        }
    }
    Ok(tags)
}
