//! Settles open writes in the background, by reads with a credential of the gateway's own.
//!
//! Without it, a write whose answer was lost stays open until somebody who may read asks for the same tag. What is read here
//! goes into the ledger and nowhere else: no client is answered by it.

use std::time::Duration;

use tokio::time::sleep;

use super::ledger::{Effect, Ledger, LedgerError, OpenWrite, State};
use tagseal_distribution::inventory::{Inventory, InventoryError};
use tagseal_distribution::reference::{Repository, Tag};

/// The time between two rounds. In a round, the registry is asked one question after the other.
const INTERVAL: Duration = Duration::from_secs(5);

/// Settles open writes of a ledger by what a registry shows.
#[derive(Debug)]
pub struct Settler {
    ledger: Ledger,
    registry: Inventory,
    /// The last reason why the registry did not show something, so that it is logged once.
    failure: Option<String>,
}

impl Settler {
    /// Names a ledger, and a registry as the gateway's own credential may see it.
    pub fn new(ledger: Ledger, registry: Inventory) -> Self {
        Self { ledger, registry, failure: None }
    }

    /// Settles what can be settled, again and again, for ever.
    pub async fn run(mut self) {
        loop {
            // A ledger that can't be reached says so itself.
            if let Ok(settled) = self.settle().await
                && settled > 0
            {
                tracing::info!(settled, "open writes were settled by what the registry shows");
            }
            sleep(INTERVAL).await;
        }
    }

    /// Settles what can be settled now. Returns how many writes that were.
    ///
    /// # Errors
    ///
    /// The ledger failed.
    pub async fn settle(&mut self) -> Result<usize, LedgerError> {
        let mut settled = 0;
        let open = self.ledger.all_writes().await?;
        // Whoever waits for the answer of a write settles it better.
        for write in open.into_iter().filter(|write| !write.is_under_way()) {
            let state = match self.read(&write).await {
                Ok(state) => state,
                Err(error) => {
                    self.report(&error);
                    continue;
                }
            };
            // The write was open before the read began, as it has to be.
            settled += usize::from(self.ledger.settle(vec![write], |_| state.clone(), |_| (0, 0)).await?.is_empty());
        }
        Ok(settled)
    }

    /// Reads what the tag or the manifest of a write is now.
    async fn read(&self, write: &OpenWrite) -> Result<State, InventoryError> {
        let repository = &write.write.repository;
        match &write.write.effect {
            Effect::Push { tag, .. } | Effect::DeleteTag(tag) => {
                Ok(match self.registry.digest(repository, tag).await? {
                    Some(digest) => State::Digest(digest),
                    // A tag that is listed is there, though its manifest can't be shown.
                    None if self.lists(repository, tag).await? => State::Unknown,
                    None => State::Absent,
                })
            }
            Effect::DeleteManifest(digest) => Ok(match self.registry.has(repository, digest).await? {
                true => State::Digest(digest.clone()),
                false => State::Absent,
            }),
        }
    }

    /// Returns whether the list of tags has a tag. A repository that does not exist has no list.
    async fn lists(&self, repository: &Repository, tag: &Tag) -> Result<bool, InventoryError> {
        let mut list = self.registry.tags(repository);
        loop {
            match list.next().await {
                Ok(Some(page)) if page.names().any(|name| name == tag.as_str()) => return Ok(true),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                Err(InventoryError::Answer { status, .. }) if status == hyper::StatusCode::NOT_FOUND => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn report(&mut self, error: &InventoryError) {
        let reason = error.to_string();
        if self.failure.as_ref() != Some(&reason) {
            tracing::warn!(reason, "the registry does not show the gateway what became of open writes");
            self.failure = Some(reason);
        }
    }
}
