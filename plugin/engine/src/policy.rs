//! A policy document, checked and compiled: its rules, packed, and where each is found.

use crate::diagnostic::{Diagnostic, Severity};
use crate::document::{self, Document};
use crate::exemption::Exemptions;
use crate::glob::{Shape, Subject, shape};
use crate::json::Object;
use crate::namespace::{Entry, Namespaces};
use crate::recent::Recent;
use crate::reference::{Repository, Tag, is_component};
use crate::selector::{Packer, Patterns, Selector};
use crate::{limits, survey};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// A policy document, checked and compiled.
#[derive(Debug)]
pub struct Policy {
    /// Kept for its warnings, which have to say where.
    document: String,
    revision: u64,
    patterns: Patterns,
    pairs: Vec<Pair>,
    rules: Vec<Rule>,
    namespaces: Namespaces,
    /// The rule for `*`.
    instance_rule: Option<u32>,
}

/// A rule, packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) deletion_allowed: bool,
    pub(crate) exempt: Exemptions,
    pub(crate) enabled: bool,
    /// Where its pairs begin among those of the policy, and how many they are.
    pairs: (u32, u32),
}

/// A selector pair, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    repositories: Selector,
    tags: Selector,
}

/// A rule that is asked about a repository, and the name that its selectors see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard<'a> {
    pub(crate) rule: &'a Rule,
    /// The index of the rule in the document.
    pub(crate) index: u32,
    /// The namespace of the rule.
    pub(crate) namespace: &'a str,
    pub(crate) subject: &'a str,
}

impl Policy {
    /// Checks and compiles a document.
    ///
    /// # Errors
    ///
    /// Every problem of the document, in the order of their places: up to 1,000, then one more that counts the rest.
    #[inline(never)]
    pub fn compile(document: String) -> Result<Self, Vec<Diagnostic>> {
        // A good document takes this path alone. One that fails is read again, slowly, for what is wrong and where.
        match Builder::build(&document) {
            Some(policy) => Ok(Self { document, ..policy }),
            None => Err(survey::problems(&document)),
        }
    }

    /// Whether a document checks.
    pub(crate) fn checks(document: &str) -> bool {
        Builder::build(document).is_some()
    }

    /// What is legal in the document but surely not meant: up to 1,000, then one more that counts the rest.
    #[inline(never)]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        survey::warnings(&self.document)
    }

    /// The revision of the document, 0 where it has none.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The document that it was compiled from.
    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// The enabled rules that a repository stands under.
    #[inline]
    pub(crate) fn guards<'a>(&'a self, repository: Repository<'a>) -> [Option<Guard<'a>>; 2] {
        self.considered(repository).map(|guard| guard.filter(|guard| guard.rule.enabled))
    }

    /// The rules that a repository stands under, disabled ones too. The namespace's comes before the one for `*`: it is
    /// the one its owners can change.
    #[inline]
    pub(crate) fn considered<'a>(&'a self, repository: Repository<'a>) -> [Option<Guard<'a>>; 2] {
        let named = repository.split().and_then(|(namespace, path)| {
            let rule = self.namespaces.find(self.patterns.arena(), namespace)?;
            self.guard(rule, namespace, path)
        });
        let instance = self.instance_rule.and_then(|rule| self.guard(rule, "*", repository.as_str()));
        [named, instance]
    }

    #[inline]
    fn guard<'a>(&'a self, index: u32, namespace: &'a str, subject: &'a str) -> Option<Guard<'a>> {
        self.rules.get(index as usize).map(|rule| Guard { rule, index, namespace, subject })
    }

    /// The pairs of a rule whose repository selector holds, and their indexes.
    #[inline]
    pub(crate) fn pairs_of(&self, guard: Guard<'_>) -> impl Iterator<Item = (u32, &Pair)> {
        self.all_pairs(guard.rule).filter(move |(_, pair)| self.sees(pair, guard))
    }

    /// All pairs of a rule, and their indexes.
    #[inline]
    pub(crate) fn all_pairs(&self, rule: &Rule) -> impl Iterator<Item = (u32, &Pair)> {
        let (start, count) = rule.pairs;
        (0..).zip(self.pairs.get(start as usize..(start + count) as usize).unwrap_or_default())
    }

    /// Whether the repository selector of a pair holds.
    #[inline]
    pub(crate) fn sees(&self, pair: &Pair, guard: Guard<'_>) -> bool {
        pair.repositories.holds(&self.patterns, guard.subject)
    }

    /// Whether the tag selector of a pair holds.
    #[inline]
    pub(crate) fn protects(&self, pair: &Pair, tag: Tag<'_>) -> bool {
        pair.tags.holds(&self.patterns, tag.as_str())
    }
}

/// Builds a policy from a document in one pass. Whatever is wrong ends it: what and where is for the survey to say.
#[derive(Default)]
struct Builder {
    packer: Packer,
    pairs: Vec<Pair>,
    rules: Vec<Rule>,
    entries: Vec<Entry>,
    instance_rule: Option<u32>,
    /// Where the one pair of the preset stands, which all rules with the preset share.
    preset: Option<u32>,
    /// Where the pairs of a rule stand that others may have too.
    recent: Recent<Vec<Pair>, u32>,
}

/// Takes each rule in as it is read: a million of them, read all at once, would need more memory than the policy.
impl<'de> Deserialize<'de> for Builder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Builder;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rules: A) -> Result<Builder, A::Error> {
        let mut builder = Builder::default();
        while let Some(Object(rule)) = rules.next_element::<Object<document::Rule<'de>>>()? {
            builder.add(&rule).ok_or_else(|| A::Error::custom("the rule does not check"))?;
        }
        Ok(builder)
    }
}

impl Builder {
    fn build(document: &str) -> Option<Policy> {
        if document.len() > limits::DOCUMENT_BYTES {
            return None;
        }
        let Object(document) = serde_json::from_str::<Object<Document<'_, Self>>>(document).ok()?;
        let revision = check_head(&document, document.rules.rules.iter().map(|rule| rule.id).collect())?;
        document.rules.finish(revision)
    }

    fn finish(self, revision: u64) -> Option<Policy> {
        let Self { mut packer, pairs, rules, entries, instance_rule, .. } = self;
        let namespaces = Namespaces::new(packer.arena(), entries)?;
        let patterns = packer.finish();
        Some(Policy { document: String::new(), revision, patterns, pairs, rules, namespaces, instance_rule })
    }

    fn add(&mut self, rule: &document::Rule<'_>) -> Option<()> {
        if rule.note.as_ref().is_some_and(|note| note.0.chars().count() > limits::NOTE_CHARACTERS) {
            return None;
        }
        let compiled = Rule {
            id: rule.id,
            deletion_allowed: match rule.deletion.as_ref().map(|text| &*text.0) {
                None | Some("deny") => false,
                Some("allow") => true,
                Some(_) => return None,
            },
            exempt: Exemptions::parse(rule.exempt.iter().flatten().map(|name| &*name.0))?,
            enabled: rule.enabled.unwrap_or(true),
            pairs: self.pairs(rule)?,
        };
        if self.rules.len() == limits::RULES {
            return None;
        }
        let index = u32::try_from(self.rules.len()).ok()?;
        self.rules.push(compiled);
        self.name(&rule.namespace.0, index)
    }

    fn name(&mut self, namespace: &str, rule: u32) -> Option<()> {
        if namespace == "*" {
            return self.instance_rule.replace(rule).is_none().then_some(());
        }
        if !is_component(namespace) {
            return None;
        }
        let arena = self.packer.arena();
        let name = arena.add(namespace)?;
        self.entries.push(Entry::new(arena, name, rule));
        Some(())
    }

    fn pairs(&mut self, rule: &document::Rule<'_>) -> Option<(u32, u32)> {
        match (&rule.preset, &rule.protects) {
            (Some(preset), None) if preset.0 == "latest" => Some((self.preset()?, 1)),
            (None, Some(pairs)) if (1..=limits::PAIRS_PER_RULE).contains(&pairs.len()) => self.custom(pairs),
            _ => None,
        }
    }

    fn preset(&mut self) -> Option<u32> {
        if self.preset.is_none() {
            let repositories = self.packer.add(false, vec![Shape::Everything])?;
            let tags = self.packer.add(true, vec![Shape::Literal("latest".into())])?;
            self.preset = Some(u32::try_from(self.pairs.len()).ok()?);
            self.pairs.push(Pair { repositories, tags });
        }
        self.preset
    }

    fn custom(&mut self, pairs: &[Object<document::Pair<'_>>]) -> Option<(u32, u32)> {
        let mut tally = Tally::default();
        let mut packed = Vec::with_capacity(pairs.len());
        for Object(pair) in pairs {
            let repositories = self.selector(&pair.repositories.0, Subject::Repository, &mut tally)?;
            let tags = self.selector(&pair.tags.0, Subject::Tag, &mut tally)?;
            packed.push(Pair { repositories, tags });
        }
        if tally.exceeded().is_some() {
            return None;
        }
        Some((self.place(packed)?, u32::try_from(pairs.len()).ok()?))
    }

    /// Where equal pairs stand already, else behind all others, where these are put.
    fn place(&mut self, pairs: Vec<Pair>) -> Option<u32> {
        if let Some(start) = self.recent.find(&pairs) {
            return Some(start);
        }
        let start = u32::try_from(self.pairs.len()).ok()?;
        self.pairs.extend_from_slice(&pairs);
        self.recent.keep(pairs, start);
        Some(start)
    }

    fn selector(&mut self, selector: &document::Selector<'_>, subject: Subject, tally: &mut Tally) -> Option<Selector> {
        let (excludes, texts) = match (&selector.matches, &selector.excludes) {
            (Some(texts), None) => (false, texts.as_slice()),
            (None, Some(texts)) => (true, texts.as_slice()),
            _ => return None,
        };
        // A rule past its limit ends here, before the rest of it is read.
        if texts.is_empty() || tally.exceeded().is_some() {
            return None;
        }
        let shapes = texts.iter().map(|text| shape(&text.0, subject).ok()).collect::<Option<Vec<_>>>()?;
        shapes.iter().for_each(|shape| tally.add(shape));
        self.packer.add(excludes, shapes)
    }
}

/// Checks what stands beside the rules, and the ids of all rules. Returns the revision.
pub(crate) fn check_head<R>(document: &Document<'_, R>, mut ids: Vec<u64>) -> Option<u64> {
    ids.sort_unstable();
    let distinct = ids.windows(2).all(|pair| matches!(pair, [one, other] if one != other));
    let least = ids.first().copied().unwrap_or(1);
    let greatest = ids.last().copied().unwrap_or(0);
    let revision = document.revision.unwrap_or(0);
    let free = greatest.checked_add(1)?;
    let good = document.version == 1
        && ids.len() <= limits::RULES
        && document.instance.as_ref().is_none_or(|name| survey::is_instance(&name.0))
        && revision <= limits::INTEGER
        && distinct
        && least >= 1
        && greatest <= limits::INTEGER
        && document.next_id.is_none_or(|next| (free..=limits::INTEGER + 1).contains(&next));
    good.then_some(revision)
}

/// How many patterns of which cost a rule has.
#[derive(Default)]
pub(crate) struct Tally {
    patterns: usize,
    wildcards: usize,
    expressions: usize,
}

impl Tally {
    /// Counts a pattern.
    pub(crate) fn add(&mut self, shape: &Shape) {
        self.patterns += 1;
        self.wildcards += usize::from(!matches!(shape, Shape::Literal(_)));
        // Braces that are written out count as before: how they are told is not the document's business.
        self.expressions += usize::from(matches!(shape, Shape::Any(_) | Shape::Expression(_)));
    }

    /// What the rule has too many of, how many it has, and how many it may have.
    pub(crate) fn exceeded(&self) -> Option<(&'static str, usize, usize)> {
        [
            ("patterns", self.patterns, limits::PATTERNS_PER_RULE),
            ("patterns that are not literals", self.wildcards, limits::WILDCARDS_PER_RULE),
            ("patterns that need a regular expression", self.expressions, limits::EXPRESSIONS_PER_RULE),
        ]
        .into_iter()
        .find(|(_, count, most)| count > most)
    }
}

impl Diagnostic {
    /// Whether the document is refused for it.
    pub fn is_problem(&self) -> bool {
        self.severity == Severity::Problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_have_alike_is_packed_once() {
        let protects = r#"[{"repositories":{"matches":"web-*"},"tags":{"excludes":["latest","{dev,x?}[0-9]*"]}},
            {"repositories":{"matches":"**"},"tags":{"matches":"latest"}}]"#;
        let rule = |id| format!(r#"{{"id":{id},"namespace":"n{id}","protects":{protects}}}"#);
        let document = |count| {
            let rules: Vec<_> = (1..=count).map(rule).collect();
            format!(r#"{{"version":1,"rules":[{}]}}"#, rules.join(","))
        };
        let [one, many] = [1, 1_000].map(|count| Policy::compile(document(count)).unwrap());
        assert_eq!(many.pairs, one.pairs);
        assert_eq!(many.rules.len(), 1_000);
        assert!(many.rules.iter().all(|rule| rule.pairs == (0, 2)));
    }
}
