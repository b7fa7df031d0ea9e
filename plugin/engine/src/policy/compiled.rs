//! A policy document, checked and compiled: its rules, packed, and where each is found.

use super::namespaces::Namespaces;
use super::overrides::Overrides;
use super::packing::{PackedPatterns, PackedSelector};
use crate::reference::{Repository, Tag};
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::WHOLE_INSTANCE;

/// A policy document, checked and compiled.
#[derive(Debug)]
pub struct Policy {
    /// Kept for its warnings, which have to say where.
    pub(super) document: String,
    pub(super) revision: u64,
    pub(super) patterns: PackedPatterns,
    pub(super) pairs: Vec<CompiledPair>,
    pub(super) rules: Vec<CompiledRule>,
    pub(super) namespaces: Namespaces,
    /// The rule for `*`.
    pub(super) instance_rule: Option<u32>,
    pub(crate) overrides: Overrides,
}

/// A rule, packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompiledRule {
    pub(crate) id: u64,
    pub(crate) deletion: Deletion,
    pub(crate) exempt: ExemptSets,
    pub(crate) enabled: bool,
    /// Where its pairs begin among those of the policy, and how many they are.
    pub(super) pairs: (u32, u32),
}

/// A selector pair, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CompiledPair {
    pub(super) repositories: PackedSelector,
    pub(super) tags: PackedSelector,
}

/// A rule that is asked about a repository, and the name that its selectors see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ApplicableRule<'a> {
    pub(crate) rule: &'a CompiledRule,
    /// The index of the rule in the document.
    pub(crate) index: u32,
    /// The namespace of the rule.
    pub(crate) namespace: &'a str,
    pub(crate) subject: &'a str,
}

impl Policy {
    /// The revision of the document, 0 where it has none.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The document that it was compiled from.
    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// The enabled rules that apply to a repository.
    #[inline(always)]
    pub(crate) fn applicable_rules<'a>(&'a self, repository: Repository<'a>) -> [Option<ApplicableRule<'a>>; 2] {
        let [named, instance] = self.considered(repository);
        let enabled = |applicable: &ApplicableRule<'a>| applicable.rule.enabled;
        [named.filter(enabled), instance.filter(enabled)]
    }

    /// The rules that apply to a repository, disabled ones too. The namespace's comes before the one for `*`: it is
    /// the one its owners can change.
    #[inline(always)]
    pub(crate) fn considered<'a>(&'a self, repository: Repository<'a>) -> [Option<ApplicableRule<'a>>; 2] {
        let named = match repository.split() {
            Some((namespace, path)) => match self.namespaces.find(self.patterns.arena(), namespace) {
                Some(rule) => self.applicable(rule, namespace, path),
                None => None,
            },
            None => None,
        };
        let instance = match self.instance_rule {
            Some(rule) => self.applicable(rule, WHOLE_INSTANCE, repository.as_str()),
            None => None,
        };
        [named, instance]
    }

    #[inline(always)]
    fn applicable<'a>(&'a self, index: u32, namespace: &'a str, subject: &'a str) -> Option<ApplicableRule<'a>> {
        let rule = self.rules.get(index as usize)?;
        Some(ApplicableRule { rule, index, namespace, subject })
    }

    /// The pairs of a rule whose repository selector holds, and their indexes.
    #[inline(always)]
    pub(crate) fn pairs_of(&self, applicable: ApplicableRule<'_>) -> impl Iterator<Item = (u32, &CompiledPair)> {
        self.all_pairs(applicable.rule).filter(move |(_, pair)| self.sees(pair, applicable))
    }

    /// All pairs of a rule, and their indexes.
    #[inline(always)]
    pub(crate) fn all_pairs(&self, rule: &CompiledRule) -> impl Iterator<Item = (u32, &CompiledPair)> {
        let (start, count) = rule.pairs;
        (0..).zip(self.pairs.get(start as usize..(start + count) as usize).unwrap_or_default())
    }

    /// Whether the repository selector of a pair holds.
    #[inline(always)]
    pub(crate) fn sees(&self, pair: &CompiledPair, applicable: ApplicableRule<'_>) -> bool {
        pair.repositories.holds(&self.patterns, applicable.subject)
    }

    /// Whether the tag selector of a pair holds.
    #[inline(always)]
    pub(crate) fn protects(&self, pair: &CompiledPair, tag: Tag<'_>) -> bool {
        pair.tags.holds(&self.patterns, tag.as_str())
    }
}
