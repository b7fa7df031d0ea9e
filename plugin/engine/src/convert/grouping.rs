//! Repositories that each say how immutable they are, made rules of their namespaces.

use super::draft::{Draft, Located, Pair, Pattern, PatternText, Rule, Selector};
use super::options::Options;
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::reference::Repository;
use crate::rule::deletion::Deletion;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};
use std::collections::BTreeMap;

/// Collects repositories into rules. Those of one namespace that keep the same tags share a selector pair.
#[derive(Debug)]
pub(super) struct Grouping<'a> {
    options: &'a Options,
    draft: Draft,
    /// The index of each namespace's rule.
    rules: BTreeMap<String, usize>,
    /// The index of each pair of a rule, by namespace and tag selector.
    pairs: BTreeMap<(String, Vec<PatternText>, Vec<PatternText>), usize>,
    /// Where each repository is.
    names: BTreeMap<String, String>,
    deletion: Deletion,
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// The repository itself.
    Repository,
    /// All repositories below it.
    Folder,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(options: &'a Options, deletion: Deletion) -> Self {
        Self {
            options,
            draft: Draft::default(),
            rules: BTreeMap::new(),
            pairs: BTreeMap::new(),
            names: BTreeMap::new(),
            deletion,
        }
    }

    /// Takes a repository by its full name, and the tags of it that are immutable. A name without a namespace comes under
    /// the rule for `*`, which sees full names. A problem where the name is illegal, or is given twice.
    pub(super) fn add(&mut self, name: &str, named: Named, place: &Place, tags: Option<Selector>, report: &mut Report) {
        let Some(repository) = Repository::parse(name) else {
            let message = format!("`{}` is not a valid name of a repository", shown(name));
            report.problem(place, message, "write it as the API answered it");
            return;
        };
        if let Some(other) = self.names.get(name) {
            let message = format!("repository `{name}` is at {other} already");
            report.problem(place, message, "import one registry at a time");
            return;
        }
        self.names.insert(name.to_owned(), place.pointer.clone());
        let (namespace, path) = repository.split().unwrap_or((WHOLE_INSTANCE, name));
        let Some(tags) = tags.filter(|_| self.options.agrees(namespace, place, report)) else { return };
        let text = match named {
            Named::Repository => path.to_owned(),
            Named::Folder => format!("{path}/**"),
        };
        if let Some(pair) = self.pair(namespace, place, tags) {
            pair.repositories.matches.push(Pattern::text(place, text));
        }
    }

    /// Takes repositories of a namespace by their patterns, and the tags of them that are immutable.
    pub(super) fn protect(&mut self, namespace: &str, patterns: &[&str], place: &Place, tags: Selector) {
        if let Some(pair) = self.pair(namespace, place, tags) {
            pair.repositories.matches.extend(patterns.iter().map(|pattern| Pattern::text(place, *pattern)));
        }
    }

    /// The rules.
    pub(super) fn finish(self) -> Draft {
        self.draft
    }

    fn pair(&mut self, namespace: &str, place: &Place, tags: Selector) -> Option<&mut Pair> {
        let count = self.draft.rules.len();
        let index = *self.rules.entry(namespace.to_owned()).or_insert(count);
        if index == count {
            let deletion = Located { value: self.deletion, place: place.clone() };
            let rule = Rule { deletion, ..Rule::new(place, namespace.to_owned()) };
            self.draft.rules.push(rule);
        }
        let rule = self.draft.rules.get_mut(index)?;
        let texts = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.text.clone()).collect();
        let count = rule.pairs.len();
        let key = (namespace.to_owned(), texts(&tags.matches), texts(&tags.excludes));
        let pair = *self.pairs.entry(key).or_insert(count);
        if pair == count {
            let repositories = Selector::of(place, SelectorField::Matches, Vec::new());
            rule.pairs.push(Pair { place: place.clone(), repositories, tags });
        }
        rule.pairs.get_mut(pair)
    }
}
