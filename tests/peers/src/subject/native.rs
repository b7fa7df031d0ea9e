//! Tagseal's engine, linked natively.

use super::{Engine, Judge};
use crate::event::Outcome;
use crate::policy::Policy;
use anyhow::{Result, anyhow};
use tagseal::contract;
use tagseal_engine::decide;
use tagseal_engine::decide::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

struct Native;

pub(super) struct Compiled(pub(super) tagseal_engine::Policy);

/// It is always ready.
#[expect(clippy::unnecessary_wraps, reason = "the others can fail")]
pub(super) fn load() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Native))
}

impl Engine for Native {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        Ok(Box::new(Compiled(compile(policy.document())?)))
    }
}

impl Judge for Compiled {
    fn outcome(&mut self, event: &contract::Event) -> Result<Outcome> {
        Ok(outcome(&self.0.evaluate(owned(event))))
    }
}

/// A document's policy.
pub(crate) fn compile(document: String) -> Result<tagseal_engine::Policy> {
    tagseal_engine::Policy::compile(document).map_err(|problems| anyhow!("the document is invalid: {problems:?}"))
}

fn outcome(decision: &decide::Decision) -> Outcome {
    match decision.outcome {
        decide::Outcome::Allow => Outcome::Allow,
        decide::Outcome::Deny => Outcome::Deny(decision.rule.unwrap_or_default()),
    }
}

/// The event as the engine takes it.
pub(crate) fn owned(event: &contract::Event) -> Event {
    let operation = match event.operation.clone() {
        contract::Operation::Write(contract::Write { repository, digest, tags }) => {
            let tags = tags.into_iter().map(|write| TagWrite { tag: write.tag, current: current(write.current) });
            Operation::Write(Write { repository, digest, tags: tags.collect() })
        }
        contract::Operation::DeleteTag(contract::DeleteTag { repository, tag, remembers }) => {
            Operation::DeleteTag(DeleteTag { repository, tag, remembers })
        }
        contract::Operation::DeleteManifest(contract::DeleteManifest { repository, digest, tags, remembers }) => {
            let tags = match tags {
                contract::ManifestTags::Known(tags) => ManifestTags::Known(tags),
                contract::ManifestTags::Unknown => ManifestTags::Unknown,
            };
            Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers })
        }
    };
    Event { operation, context: event.context.clone() }
}

fn current(current: contract::Current) -> Current {
    match current {
        contract::Current::Absent => Current::Absent,
        contract::Current::Digest(digest) => Current::Digest(digest),
        contract::Current::Unknown => Current::Unknown,
        contract::Current::Retired(digest) => Current::Retired(digest),
    }
}
