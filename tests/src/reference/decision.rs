//! What the reference decides.

use super::document::{Deletion, Document, Rule};
use super::event::{Current, Event};
use super::grammar;
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
    precondition: &'static str,
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
            None => self.whole(&Reason::new("malformed", None), Vec::new()),
            Some((event, time)) => self.decide_at(&event, time.as_deref()),
        }
    }

    fn decide_at(&self, event: &Event, time: Option<&str>) -> Value {
        match event {
            Event::DeleteManifest { repository, tags: None, .. } => {
                self.whole(&self.unknown_manifest(repository), Vec::new())
            }
            Event::DeleteManifest { repository, tags: Some(tags), remembers } => {
                let delete = |tag: &String| {
                    self.lift(self.delete(repository, tag, *remembers), repository, tag, time, "unconditional")
                };
                self.each(tags.iter().map(|tag| (tag.as_str(), delete(tag))))
            }
            Event::DeleteTag { repository, tag, remembers } => {
                let reason =
                    self.lift(self.delete(repository, tag, *remembers), repository, tag, time, "unconditional");
                self.each([(tag.as_str(), reason)].into_iter())
            }
            Event::Write { repository, digest, tags } => {
                let write = |tag: &String, current: &Current| {
                    self.lift(self.write(repository, tag, digest, current), repository, tag, time, current.found())
                };
                self.each(tags.iter().map(|(tag, current)| (tag.as_str(), write(tag, current))))
            }
        }
    }

    /// The permission that an override makes of a denial, with the precondition of what was found.
    fn lift<'document>(
        &self,
        reason: Reason<'document>,
        repository: &str,
        tag: &str,
        time: Option<&str>,
        found: &'static str,
    ) -> Reason<'document> {
        let until = self.document.overrides.get(&(repository.to_owned(), tag.to_owned()));
        let is_active = until.zip(time).is_some_and(|(until, time)| grammar::is_time(time) && time < until.as_str());
        if reason.outcome() == "deny" && is_active {
            return Reason { code: "override", precondition: found, ..reason };
        }
        reason
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
            self.holds(repository, tag).into_iter().partition(|hold| hold.rule.exempts(repository, tag));
        match (protecting.is_empty(), exempt.first()) {
            (false, _) => Ok(protecting),
            (true, Some(hold)) => Err(Reason::new("exempt", Some(*hold))),
            (true, None) => Err(Reason::new("unprotected", None)),
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
        let first = protecting.first().copied();
        let keeping = protecting.iter().find(|hold| hold.rule.deletion != Deletion::Allow).copied();
        let (code, hold) = match current {
            Current::Absent => ("first-push", first),
            Current::Unknown => ("state-unknown", first),
            Current::Digest(current) | Current::Retired(current) if current == digest => ("same-digest", first),
            Current::Digest(_) => ("immutable", first),
            Current::Retired(_) if keeping.is_none() => ("first-push", first),
            Current::Retired(_) => ("retired", keeping),
        };
        let reason = Reason::new(code, hold);
        let precondition = if reason.outcome() == "allow" { current.found() } else { "unconditional" };
        Reason { precondition, ..reason }
    }

    fn delete<'document>(&'document self, repository: &str, tag: &str, remembers: bool) -> Reason<'document> {
        let protecting = match self.protection(repository, tag) {
            Ok(protecting) => protecting,
            Err(reason) => return reason,
        };
        let denies = |hold: &&Hold<'_>| match hold.rule.deletion {
            Deletion::Deny => true,
            Deletion::Allow => false,
            Deletion::Retire => !remembers,
        };
        match protecting.iter().find(denies) {
            Some(hold) => Reason::new("immutable", Some(*hold)),
            None => Reason::new("deletion-allowed", protecting.first().copied()),
        }
    }

    /// A manifest whose tags the host does not know: whatever they are, a repository selector that holds might protect one.
    fn unknown_manifest<'document>(&'document self, repository: &str) -> Reason<'document> {
        let hold = |rule: &'document Rule| {
            let seen = rule.sees(repository);
            let pair = rule.pairs.iter().position(|pair| pair.repositories.holds(seen))?;
            Some(Hold { rule, pair })
        };
        let denying = self.rules(repository).into_iter().filter(|rule| rule.deletion != Deletion::Allow).find_map(hold);
        Reason::new(if denying.is_some() { "state-unknown" } else { "unprotected" }, denying)
    }

    /// One answer from the reasons for each tag: of the first that is denied, else of the first.
    fn each<'tag, 'document>(&self, tags: impl Iterator<Item = (&'tag str, Reason<'document>)>) -> Value {
        let tags: Vec<_> = tags.collect();
        let denied = tags.iter().find(|(_, reason)| reason.outcome() == "deny");
        let none = Reason::new("unprotected", None);
        let decisive = denied.or_else(|| tags.first()).map_or(&none, |(_, reason)| reason);
        self.whole(decisive, tags.iter().map(|(tag, reason)| reason.for_tag(tag)).collect())
    }

    fn whole(&self, reason: &Reason, tags: Vec<Value>) -> Value {
        json!({
            "outcome": reason.outcome(), "code": reason.code, "rule": reason.rule(), "namespace": reason.namespace(),
            "pair": reason.pair(), "revision": self.document.revision, "tags": tags,
        })
    }
}

impl<'document> Reason<'document> {
    fn new(code: &'static str, hold: Option<Hold<'document>>) -> Self {
        Self { code, hold, precondition: "unconditional" }
    }

    fn namespace(&self) -> Option<&str> {
        self.hold.map(|hold| hold.rule.namespace.as_str())
    }

    fn outcome(&self) -> &'static str {
        match self.code {
            "immutable" | "retired" | "state-unknown" | "malformed" => "deny",
            _ => "allow",
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
            "tag": tag, "outcome": self.outcome(), "code": self.code, "rule": self.rule(), "namespace": self.namespace(),
            "pair": self.pair(), "precondition": self.precondition,
        })
    }
}

impl Current {
    /// That the tag is still what was found.
    fn found(&self) -> &'static str {
        match self {
            Self::Absent | Self::Retired(_) => "absent",
            Self::Digest(_) => "unchanged",
            Self::Unknown => "unconditional",
        }
    }
}
