//! The decision once more: slow, obvious, and written from the design alone.
//!
//! It shares neither code nor types with the engine, and reads JSON where the engine has a faster way. Where the two
//! disagree, one of them misread the design.

mod document;
mod event;
pub mod glob;
mod grammar;
mod json;
mod selector;

use document::{Document, Rule};
use event::{Current, Event};
use serde_json::{Value, json};

/// A policy document that the reference decides by.
#[derive(Debug)]
pub struct Reference {
    document: Document,
}

/// Where a rule protects a tag, or would but for its exemption.
#[derive(Clone, Copy)]
struct Hold<'document> {
    rule: &'document Rule,
    pair: usize,
}

/// Why, and by which rule.
struct Reason<'document> {
    code: &'static str,
    hold: Option<Hold<'document>>,
}

impl Reference {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// Something that makes it illegal. How many patterns a rule may have is not looked at.
    pub fn new(document: &str) -> Result<Self, String> {
        Document::read(document).map(|document| Self { document })
    }

    /// The decision, as the engine's JSON without its `message`.
    pub fn decide(&self, event: &str) -> Value {
        match Event::read(event) {
            None => self.whole(&Reason { code: "malformed", hold: None }, Vec::new()),
            Some(Event::DeleteManifest { repository, tags: None }) => {
                self.whole(&self.unknown_manifest(&repository), Vec::new())
            }
            Some(Event::DeleteManifest { repository, tags: Some(tags) }) => {
                self.each(tags.iter().map(|tag| (tag.as_str(), self.delete(&repository, tag))))
            }
            Some(Event::DeleteTag { repository, tag }) => {
                self.each([(tag.as_str(), self.delete(&repository, &tag))].into_iter())
            }
            Some(Event::Write { repository, digest, tags }) => self
                .each(tags.iter().map(|(tag, current)| (tag.as_str(), self.write(&repository, tag, &digest, current)))),
        }
    }

    /// The rules that are asked about a repository, the namespace's before the one for `*`.
    fn rules<'document>(&'document self, repository: &str) -> Vec<&'document Rule> {
        let namespace = repository.split_once('/').map(|(namespace, _)| namespace);
        let enabled = || self.document.rules.iter().filter(|rule| rule.enabled);
        let own = enabled().filter(|rule| Some(rule.namespace.as_str()) == namespace);
        let instance = enabled().filter(|rule| rule.namespace == "*");
        own.chain(instance).collect()
    }

    /// Where the pairs of the rules hold, exempt or not.
    fn holds<'document>(&'document self, repository: &str, tag: &str) -> Vec<Hold<'document>> {
        let hold = |rule: &'document Rule| {
            let seen = rule.sees(repository);
            let pair = rule.pairs.iter().position(|pair| pair.repositories.holds(seen) && pair.tags.holds(tag))?;
            Some(Hold { rule, pair })
        };
        self.rules(repository).into_iter().filter_map(hold).collect()
    }

    /// What protects a tag, or that nothing does.
    fn protection<'document>(
        &'document self,
        repository: &str,
        tag: &str,
    ) -> Result<Vec<Hold<'document>>, Reason<'document>> {
        let (exempt, protecting): (Vec<_>, Vec<_>) =
            self.holds(repository, tag).into_iter().partition(|hold| hold.rule.exempts(tag));
        match (protecting.is_empty(), exempt.first()) {
            (false, _) => Ok(protecting),
            (true, Some(hold)) => Err(Reason { code: "exempt", hold: Some(*hold) }),
            (true, None) => Err(Reason { code: "unprotected", hold: None }),
        }
    }

    fn write<'document>(
        &'document self,
        repository: &str,
        tag: &str,
        digest: &str,
        current: &Current,
    ) -> Reason<'document> {
        let protecting = match self.protection(repository, tag) {
            Ok(protecting) => protecting,
            Err(reason) => return reason,
        };
        let code = match current {
            Current::Absent => "first-push",
            Current::Unknown => "state-unknown",
            Current::Digest(current) if current == digest => "same-digest",
            Current::Digest(_) => "immutable",
        };
        Reason { code, hold: protecting.first().copied() }
    }

    fn delete<'document>(&'document self, repository: &str, tag: &str) -> Reason<'document> {
        let protecting = match self.protection(repository, tag) {
            Ok(protecting) => protecting,
            Err(reason) => return reason,
        };
        match protecting.iter().find(|hold| !hold.rule.allows_deletion) {
            Some(hold) => Reason { code: "immutable", hold: Some(*hold) },
            None => Reason { code: "deletion-allowed", hold: protecting.first().copied() },
        }
    }

    /// A manifest whose tags the host does not know: whatever they are, a repository selector that holds might protect one.
    fn unknown_manifest<'document>(&'document self, repository: &str) -> Reason<'document> {
        let hold = |rule: &'document Rule| {
            let seen = rule.sees(repository);
            let pair = rule.pairs.iter().position(|pair| pair.repositories.holds(seen))?;
            Some(Hold { rule, pair })
        };
        let denying = self.rules(repository).into_iter().filter(|rule| !rule.allows_deletion).find_map(hold);
        let code = if denying.is_some() { "state-unknown" } else { "unprotected" };
        Reason { code, hold: denying }
    }

    /// One answer from the reasons for each tag: of the first that is denied, else of the first.
    fn each<'tag, 'document>(&self, tags: impl Iterator<Item = (&'tag str, Reason<'document>)>) -> Value {
        let tags: Vec<_> = tags.collect();
        let denied = tags.iter().find(|(_, reason)| reason.outcome() == "deny");
        let none = Reason { code: "unprotected", hold: None };
        let decisive = denied.or_else(|| tags.first()).map_or(&none, |(_, reason)| reason);
        self.whole(decisive, tags.iter().map(|(tag, reason)| reason.for_tag(tag)).collect())
    }

    fn whole(&self, reason: &Reason, tags: Vec<Value>) -> Value {
        json!({
            "outcome": reason.outcome(), "code": reason.code, "rule": reason.rule(), "pair": reason.pair(),
            "revision": self.document.revision, "tags": tags,
        })
    }
}

impl Reason<'_> {
    fn outcome(&self) -> &'static str {
        match self.code {
            "immutable" | "state-unknown" | "malformed" => "deny",
            _ => "allow",
        }
    }

    fn precondition(&self) -> &'static str {
        match self.code {
            "first-push" => "absent",
            "same-digest" => "unchanged",
            _ => "unconditional",
        }
    }

    fn rule(&self) -> Option<u64> {
        self.hold.map(|hold| hold.rule.id)
    }

    fn pair(&self) -> Option<usize> {
        self.hold.map(|hold| hold.pair)
    }

    fn for_tag(&self, tag: &str) -> Value {
        json!({
            "tag": tag, "outcome": self.outcome(), "code": self.code, "rule": self.rule(), "pair": self.pair(),
            "precondition": self.precondition(),
        })
    }
}
