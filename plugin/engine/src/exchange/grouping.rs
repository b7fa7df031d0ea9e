//! Repositories that each say how immutable they are, made rules of their namespaces.

use super::draft::{Deletion, Draft, Pair, Pattern, Rule, Selector};
use super::options::Options;
use crate::reference::Repository;
use crate::source::{Place, Report, shown};
use std::collections::BTreeMap;

/// Collects repositories into rules. Those of one namespace that keep the same tags share a selector pair.
#[derive(Debug)]
pub(super) struct Grouping<'a> {
    options: &'a Options,
    draft: Draft,
    /// The index of each namespace's rule.
    rules: BTreeMap<String, usize>,
    /// The index of each pair of a rule, by namespace and tag selector.
    pairs: BTreeMap<String, usize>,
    /// Where each repository stands.
    names: BTreeMap<String, String>,
    deletion: Deletion,
}

/// What a name stands for.
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
    /// the rule for `*`, which sees full names. A problem where the name is illegal, or was there before.
    pub(super) fn add(&mut self, name: &str, named: Named, place: &Place, tags: Option<Selector>, report: &mut Report) {
        let Some(repository) = Repository::parse(name) else {
            let message = format!("`{}` is no legal name of a repository", shown(name));
            report.problem(place, message, "write it as the API answered it");
            return;
        };
        if let Some(other) = self.names.get(name) {
            let message = format!("repository `{name}` is at {other} already");
            report.problem(place, message, "import one registry at a time");
            return;
        }
        self.names.insert(name.to_owned(), place.pointer.clone());
        let (namespace, path) = repository.split().unwrap_or(("*", name));
        let Some(tags) = tags.filter(|_| self.options.agrees(namespace, place, report)) else { return };
        let text = match named {
            Named::Repository => path.to_owned(),
            Named::Folder => format!("{path}/**"),
        };
        let pattern = Pattern { place: place.clone(), text };
        if let Some(pair) = self.pair(namespace, place, tags) {
            pair.repositories.patterns.push(pattern);
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
            let rule = Rule { deletion: self.deletion.clone(), ..Rule::new(place, namespace.to_owned()) };
            self.draft.rules.push(rule);
        }
        let rule = self.draft.rules.get_mut(index)?;
        let texts: Vec<_> = tags.patterns.iter().map(|pattern| &*pattern.text).collect();
        let count = rule.pairs.len();
        // None of the three holds a line break.
        let key = format!("{namespace}\n{}\n{}", tags.excludes, texts.join("\n"));
        let pair = *self.pairs.entry(key).or_insert(count);
        if pair == count {
            let repositories = Selector::of(place, false, Vec::new());
            rule.pairs.push(Pair { place: place.clone(), repositories, tags });
        }
        rule.pairs.get_mut(pair)
    }
}
