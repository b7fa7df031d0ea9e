//! What the name of a tag looks like: a version, or a tag that moves.

use serde::Serialize;
use tagseal::contract::{Decision, Event};
use tagseal::{CallError, Component};

use crate::command::clock::UtcTime;
use crate::command::document::Document;
use crate::command::fault::Fault;
use crate::command::tag_state::{NamedTag, PreviewPolicy};

/// What the name of a tag looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum NameKind {
    /// Like a version, which should not move.
    Version,
    /// Like a tag that moves from version to version.
    Moving,
}

/// Sorts names by what they look like.
pub(super) struct NameKinds(PreviewPolicy);

/// The component knows which names are versions. So it is asked by a policy with one pair for each kind.
const POLICY: &str = r#"{"version": 1, "rules": [{"id": 1, "namespace": "*", "protects": [
    {"repositories": {"matches": "**"}, "tags": {"matches": "@version"}},
    {"repositories": {"matches": "**"}, "tags": {"matches": ["@rolling", "main", "master", "trunk", "develop", "dev", "edge",
        "nightly", "canary", "stable", "staging", "next", "lts", "latest-*", "*-latest"]}}]}]}"#;

impl NameKinds {
    pub(super) fn new(component: &Component) -> Result<Self, Fault> {
        let document = Document { name: "the policy that sorts names".to_owned(), text: POLICY.to_owned() };
        PreviewPolicy::new(&document, component, UtcTime::now()).map(Self)
    }

    /// Returns what each name looks like. `None` for other names.
    pub(super) fn of(&self, tags: &[NamedTag<'_>]) -> Result<Vec<Option<NameKind>>, CallError> {
        let events: Vec<Event> = tags.iter().map(|tag| Event::delete_tag(tag.repository, tag.tag)).collect();
        Ok(self.0.decisions(&events)?.iter().map(kind).collect())
    }
}

fn kind(decision: &Decision) -> Option<NameKind> {
    match (decision.rule, decision.pair) {
        (Some(_), Some(0)) => Some(NameKind::Version),
        (Some(_), Some(1)) => Some(NameKind::Moving),
        _ => None,
    }
}
