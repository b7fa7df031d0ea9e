//! What a policy says about a tag. It is asked as a host asks, about a push of other content and about a delete.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};
use tagseal::contract::{Current, Decision, Event, Outcome};
use tagseal::{CallError, Component, Policy, Settings};

use super::clock::UtcTime;
use super::document::Document;
use super::fault::Fault;

/// A tag and its repository, both legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedTag<'a> {
    pub(crate) repository: &'a str,
    pub(crate) tag: &'a str,
}

/// What a policy says about a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TagState {
    /// The code of the decision about a push of other content.
    pub(crate) code: String,
    /// The rule that protects the tag, or that would protect it if the tag were not exempt.
    pub(crate) by: Option<By>,
    /// Whether the tag can be moved to other content.
    #[serde(skip)]
    pub(crate) moves: bool,
    /// Whether the tag can be deleted.
    #[serde(rename = "deletion", serialize_with = "in_words")]
    pub(crate) can_go: bool,
}

/// A rule, and the pair of it that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct By {
    pub(crate) rule: u64,
    /// That of the rule.
    pub(crate) namespace: String,
    pub(crate) pair: Option<u32>,
}

/// A policy that is asked about tags.
pub(crate) struct PreviewPolicy {
    policy: Policy,
    /// The time of the events, which decides whether an override is active.
    time: String,
    namespaces: BTreeSet<String>,
}

impl TagState {
    pub(crate) fn is_exempt(&self) -> bool {
        self.moves && self.code == "exempt"
    }
}

impl PreviewPolicy {
    /// Reads a policy document, and compiles it.
    pub(crate) fn read(path: &Path, component: &Component, time: UtcTime) -> Result<Self, Fault> {
        Self::new(&Document::read(path)?, component, time)
    }

    /// Compiles a policy document.
    pub(crate) fn new(document: &Document, component: &Component, time: UtcTime) -> Result<Self, Fault> {
        let policy = document.compile(component)?;
        Ok(Self { policy, time: time.to_string(), namespaces: rule_namespaces(&document.text) })
    }

    /// Whether a repository has no namespace, but the name of a namespace that has a rule.
    pub(crate) fn is_named_like_namespace(&self, repository: &str) -> bool {
        !repository.contains('/') && self.has_rule_for(repository)
    }

    /// Whether a rule is for this namespace.
    pub(crate) fn has_rule_for(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    pub(crate) fn revision(&self) -> u64 {
        self.policy.revision()
    }

    /// Returns what the policy says about each tag. `None` for a tag whose name the policy does not accept.
    pub(crate) fn states(&self, tags: &[NamedTag<'_>]) -> Result<Vec<Option<TagState>>, CallError> {
        let events = tags.iter().flat_map(|tag| [moved(*tag), deleted(*tag)]);
        let events: Vec<Event> = events.map(|event| event.context("time", &self.time)).collect();
        let decisions = self.decisions(&events)?;
        let state_of = |pair: &[Decision]| match pair {
            [moved, deleted] => Some(state(moved, deleted)),
            _ => None,
        };
        // With one decision too few, a tag would get the state of another: the component breaks the contract.
        let states: Option<Vec<_>> = decisions.chunks(2).map(state_of).collect();
        states.filter(|it| it.len() == tags.len()).ok_or(CallError::Answer(Settings::default().max_answer_bytes))
    }

    /// Decides all at once. If that takes too long for one call, decides each in its own call.
    pub(crate) fn decisions(&self, events: &[Event]) -> Result<Vec<Decision>, CallError> {
        match self.policy.evaluate_batch(events) {
            Err(_) => events.iter().map(|event| self.policy.try_evaluate(event)).collect(),
            decided => decided,
        }
    }
}

/// `None` if the policy does not accept the name.
fn state(moved: &Decision, deleted: &Decision) -> Option<TagState> {
    if moved.code == "malformed" {
        return None;
    }
    let namespace = moved.namespace.clone();
    let by = moved.rule.map(|rule| By { rule, namespace: namespace.unwrap_or_default(), pair: moved.pair });
    let [moves, can_go] = [moved, deleted].map(|decision| decision.outcome == Outcome::Allow);
    Some(TagState { code: moved.code.clone(), by, moves, can_go })
}

impl<'a> NamedTag<'a> {
    /// The namespace of its repository. None where that has one component.
    pub(crate) fn namespace(self) -> Option<&'a str> {
        self.repository.split_once('/').map(|(namespace, _)| namespace)
    }
}

/// A push of other content under the tag.
fn moved(NamedTag { repository, tag }: NamedTag<'_>) -> Event {
    let (current, digest) = (digest('a'), digest('b'));
    Event::write(repository, digest).tag(tag, Current::Digest(current))
}

fn deleted(NamedTag { repository, tag }: NamedTag<'_>) -> Event {
    Event::delete_tag(repository, tag)
}

/// A digest of one digit.
fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// The namespaces that have a rule in a valid document.
fn rule_namespaces(document: &str) -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct Document {
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        namespace: String,
    }
    let document: Option<Document> = serde_json::from_str(document).ok();
    document.into_iter().flat_map(|document| document.rules).map(|rule| rule.namespace).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn in_words<S: Serializer>(can_go: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *can_go { "allow" } else { "deny" })
}
