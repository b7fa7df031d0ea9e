//! What a policy says of a tag: asked as a host asks, of a push of other content and of a delete.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};
use tagseal::contract::{Current, Decision, DeleteTag, Event, Operation, Outcome, TagWrite, Write};
use tagseal::{Component, Failure, Policy, Settings};

use crate::command::document::Document;
use crate::command::fault::Fault;

/// A tag and its repository, both legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) repository: &'a str,
    pub(super) tag: &'a str,
}

/// What a policy says of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    /// Of the push of other content.
    pub(super) code: String,
    /// Who protects the tag, or would but for its exemption.
    pub(super) by: Option<By>,
    /// Whether the tag can be moved to other content.
    #[serde(skip)]
    pub(super) moves: bool,
    /// Whether the tag can be deleted.
    #[serde(rename = "deletion", serialize_with = "in_words")]
    pub(super) can_go: bool,
}

/// A rule, and the pair of it that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct By {
    pub(super) rule: u64,
    /// That of the rule.
    pub(super) namespace: String,
    pub(super) pair: Option<u32>,
}

/// A policy that is asked about tags.
pub(super) struct Judge {
    policy: Policy,
    /// The rule for `*`, if there is one. Any other rule that decides is that of the repository's namespace.
    instance_rule: Option<u64>,
}

impl Verdict {
    pub(super) fn is_exempt(&self) -> bool {
        self.moves && self.code == "exempt"
    }
}

impl Judge {
    /// Reads a policy document, and compiles it.
    pub(super) fn read(path: &Path, component: &Component) -> Result<Self, Fault> {
        let document = Document::read(path)?;
        let policy = document.compile(component)?;
        Ok(Self { policy, instance_rule: instance_rule(&document.text) })
    }

    pub(super) fn revision(&self) -> u64 {
        self.policy.revision()
    }

    /// What the policy says of each tag. None where it takes the name for none.
    pub(super) fn verdicts(&self, tags: &[Named<'_>]) -> Result<Vec<Option<Verdict>>, Failure> {
        let events: Vec<Event> = tags.iter().flat_map(|tag| [moved(*tag), deleted(*tag)]).collect();
        let decisions = self.decisions(&events)?;
        let verdict = |(tag, pair): (&Named<'_>, &[Decision])| match pair {
            [moved, deleted] => Some(self.verdict(*tag, moved, deleted)),
            _ => None,
        };
        // One decision too few, and tags would be told of others: the component breaks the contract.
        let verdicts: Option<Vec<_>> = tags.iter().zip(decisions.chunks(2)).map(verdict).collect();
        verdicts.filter(|it| it.len() == tags.len()).ok_or(Failure::Answer(Settings::default().answer))
    }

    /// Decides all at once. Where that takes too long for one call, each by itself: every one of them may take as long.
    fn decisions(&self, events: &[Event]) -> Result<Vec<Decision>, Failure> {
        match self.policy.evaluate_batch(events) {
            Err(_) => events.iter().map(|event| self.policy.try_evaluate(event)).collect(),
            decided => decided,
        }
    }

    fn verdict(&self, tag: Named<'_>, moved: &Decision, deleted: &Decision) -> Option<Verdict> {
        if moved.code == "malformed" {
            return None;
        }
        let by = moved.rule.map(|rule| By { rule, namespace: self.namespace(rule, tag), pair: moved.pair });
        let [moves, can_go] = [moved, deleted].map(|decision| decision.outcome == Outcome::Allow);
        Some(Verdict { code: moved.code.clone(), by, moves, can_go })
    }

    fn namespace(&self, rule: u64, tag: Named<'_>) -> String {
        if self.instance_rule == Some(rule) { "*" } else { tag.namespace().unwrap_or("*") }.to_owned()
    }
}

impl<'a> Named<'a> {
    /// The namespace of its repository. None where that has one component.
    pub(super) fn namespace(self) -> Option<&'a str> {
        self.repository.split_once('/').map(|(namespace, _)| namespace)
    }
}

/// The tag is one thing, and another is pushed.
fn moved(Named { repository, tag }: Named<'_>) -> Event {
    let (current, digest) = (digest('a'), digest('b'));
    let tags = vec![TagWrite { tag: tag.to_owned(), current: Current::Digest(current) }];
    let operation = Operation::Write(Write { repository: repository.to_owned(), digest, tags });
    Event { operation, context: Vec::new() }
}

fn deleted(Named { repository, tag }: Named<'_>) -> Event {
    let operation = Operation::DeleteTag(DeleteTag { repository: repository.to_owned(), tag: tag.to_owned() });
    Event { operation, context: Vec::new() }
}

/// A digest of one digit: any will do, as long as two are not the same.
fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// The rule for `*` of a document that checks. No decision tells the namespace of its rule.
fn instance_rule(document: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        rules: Vec<Rule<'a>>,
    }
    #[derive(Deserialize)]
    struct Rule<'a> {
        id: u64,
        #[serde(borrow)]
        namespace: Cow<'a, str>,
    }
    let document: Document<'_> = serde_json::from_str(document).ok()?;
    document.rules.iter().find(|rule| rule.namespace == "*").map(|rule| rule.id)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn in_words<S: Serializer>(can_go: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *can_go { "allow" } else { "deny" })
}
