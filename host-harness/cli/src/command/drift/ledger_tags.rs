//! The tags of a ledger that are compared with a registry.

use tagseal_distribution::reference::Digest;
use tagseal_gateway::{Binding, BindingState, Effect, Ledger, LedgerError, Place};

use super::expected_tag::ExpectedTag;
use crate::command::fault::Fault;

/// A ledger whose tags are compared.
#[derive(Debug)]
pub(super) struct LedgerTags {
    place: Place,
    ledger: Ledger,
}

impl LedgerTags {
    /// Opens a ledger beside the gateways that use it.
    pub(super) async fn open(place: &Place) -> Result<Self, Fault> {
        if let Place::File(path) = place
            && !path.exists()
        {
            return Err(Fault::usage(format!("there is no ledger at `{}`", path.display())));
        }
        let ledger = Ledger::open_beside(place).await.map_err(|error| failed(place, &error))?;
        Ok(Self { place: place.clone(), ledger })
    }

    /// Reads all tags that it knows.
    pub(super) async fn read(&self) -> Result<Vec<ExpectedTag>, Fault> {
        let bindings = self.ledger.all_bindings().await.map_err(|error| failed(&self.place, &error))?;
        Ok(bindings.iter().map(expected).collect())
    }

    /// Returns whether what the registry had for a tag is no drift: the ledger has changed meanwhile, or a write of the tag, or a
    /// delete in its repository, is open.
    pub(super) async fn explains(&self, tag: &ExpectedTag, found: Option<&Digest>) -> Result<bool, Fault> {
        let failed = |error| failed(&self.place, &error);
        let binding = self.ledger.binding(&tag.repository, &tag.tag).await.map_err(failed)?;
        let open = self.ledger.open_writes(&tag.repository, None).await.map_err(failed)?;
        let concerns = |effect: &Effect| effect.tag().is_none_or(|named| *named == tag.tag);
        let is_open = open.iter().any(|open| concerns(&open.write.effect));
        let is_as_now = match (&binding, found) {
            (Some(binding), Some(found)) => binding.state == BindingState::Bound && binding.digest == *found,
            (Some(binding), None) => binding.state == BindingState::Retired,
            (None, found) => found.is_none(),
        };
        Ok(is_open || is_as_now)
    }
}

fn expected(binding: &Binding) -> ExpectedTag {
    ExpectedTag {
        repository: binding.repository.clone(),
        tag: binding.tag.clone(),
        digest: binding.digest.to_string(),
        is_gone: binding.state == BindingState::Retired,
    }
}

fn failed(place: &Place, error: &LedgerError) -> Fault {
    Fault::usage(format!("`--ledger {place}`: {error}"))
}
