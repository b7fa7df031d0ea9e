//! A registry in memory with immutable tags: all that a host has to do, without a network.
//!
//! ```console
//! $ cargo run --release -p tagseal --example embed
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use tagseal::contract::{Current, Decision, Event, ManifestTags, Outcome};
use tagseal::{Component, Policy, Settings};

const POLICY: &str = include_str!("../../../plugin/examples/freeze-all-but-latest.json");

/// The tags of one repository, each with its digest.
type Tags = BTreeMap<String, String>;

/// A registry whose writes ask a policy first.
struct Registry {
    policy: Policy,
    /// The lock is held from the look-up to the commit. So what the decision depends on can't change in between, and its
    /// precondition holds.
    repositories: Mutex<BTreeMap<String, Tags>>,
}

impl Registry {
    /// Stores a manifest under a tag, or says why not.
    fn push(&self, repository: &str, tag: &str, digest: &str) -> Decision {
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let tags = repositories.entry(repository.to_owned()).or_default();
        let current = tags.get(tag).cloned().map_or(Current::Absent, Current::Digest);
        let decision = self.policy.evaluate(&Event::write(repository, digest).tag(tag, current));
        if decision.outcome == Outcome::Allow {
            tags.insert(tag.to_owned(), digest.to_owned());
        }
        decision
    }

    /// Deletes a manifest and the tags that need it, or says why not.
    fn delete(&self, repository: &str, digest: &str) -> Decision {
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let tags = repositories.entry(repository.to_owned()).or_default();
        let needing = tags.iter().filter(|(_, other)| *other == digest).map(|(tag, _)| tag.clone()).collect();
        let event = Event::delete_manifest(repository, digest, ManifestTags::Known(needing));
        let decision = self.policy.evaluate(&event);
        if decision.outcome == Outcome::Allow {
            tags.retain(|_, other| other != digest);
        }
        decision
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let component = Component::embedded(Settings::default())?;
    let registry = Registry { policy: component.compile(POLICY)?, repositories: Mutex::default() };
    let [one, other] = ["1", "2"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let steps = [
        ("push v1", registry.push("prod/app", "v1", &one)),
        ("push v1 again", registry.push("prod/app", "v1", &one)),
        ("push other content as v1", registry.push("prod/app", "v1", &other)),
        ("push latest", registry.push("prod/app", "latest", &one)),
        ("push other content as latest", registry.push("prod/app", "latest", &other)),
        ("delete the first manifest", registry.delete("prod/app", &one)),
    ];
    for (what, decision) in &steps {
        println!("{what}: {} {}", decision.code, decision.message);
    }
    let codes = steps.each_ref().map(|(_, decision)| decision.code.as_str());
    let expected = ["first-push", "same-digest", "immutable", "unprotected", "unprotected", "immutable"];
    if codes == expected { Ok(()) } else { Err(format!("expected {expected:?}").into()) }
}
