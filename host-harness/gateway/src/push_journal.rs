//! The tags that were pushed while somebody watched, so that what was read without a lock can be confirmed under it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tagseal_distribution::reference::{Repository, Tag};

/// The pushes of one gateway, for those who watch them. Clones are the same journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct PushJournal(Arc<Mutex<Watches>>);

#[derive(Debug, Default)]
struct Watches {
    next: u64,
    repositories: HashMap<u64, (Repository, BTreeSet<Tag>)>,
}

/// Watches a repository until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    id: u64,
    journal: PushJournal,
}

impl PushJournal {
    /// Watches a repository from now on.
    pub(crate) fn watch(&self, repository: &Repository) -> Watch {
        let mut watches = self.watches();
        let id = watches.next;
        watches.next += 1;
        watches.repositories.insert(id, (repository.clone(), BTreeSet::new()));
        Watch { id, journal: self.clone() }
    }

    /// Notes a push of tags, whatever its result is. To be called before its locks are released.
    pub(crate) fn note(&self, repository: &Repository, tags: &BTreeSet<Tag>) {
        for (watched, seen) in self.watches().repositories.values_mut() {
            if watched == repository {
                seen.extend(tags.iter().cloned());
            }
        }
    }

    fn watches(&self) -> MutexGuard<'_, Watches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Returns the tags that were pushed since it began.
    pub(crate) fn pushed(&self) -> BTreeSet<Tag> {
        self.journal.watches().repositories.get(&self.id).map(|(_, tags)| tags.clone()).unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.journal.watches().repositories.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_sees_the_pushes_to_its_repository_since_it_began() {
        let [app, other] = ["prod/app", "prod/other"].map(|name| Repository::parse(name).unwrap());
        let tags = |names: &[&str]| -> BTreeSet<Tag> { names.iter().map(|name| Tag::parse(name).unwrap()).collect() };
        let journal = PushJournal::default();
        journal.note(&app, &tags(&["v0"]));
        let watch = journal.watch(&app);
        journal.note(&app, &tags(&["v1", "v2"]));
        journal.note(&other, &tags(&["v3"]));
        assert_eq!(watch.pushed(), tags(&["v1", "v2"]));
        drop(watch);
        assert!(journal.watches().repositories.is_empty());
    }
}
