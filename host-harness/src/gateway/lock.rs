//! Locks on repositories and tags, so that what was looked up still holds when a write commits.
//!
//! A write of tags shares the repository with other writes, and has each of its tags to itself. A delete of what tags
//! depend on has the whole repository to itself. Everyone takes the repository first and then the tags in order, so
//! nobody waits in a circle.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::reference::{Repository, Tag};

/// The locks of one gateway. Locks that nobody holds or waits for take no room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks(Arc<Mutex<HashMap<String, Arc<RwLock<()>>>>>);

impl Locks {
    /// For a write of these tags: shares the repository, and has each tag to itself.
    pub(crate) async fn tags(&self, repository: &Repository, tags: &BTreeSet<Tag>) -> Held {
        let mut held = vec![self.key(repository.to_string()).shared().await];
        for tag in tags {
            // A repository has no `:`, so the keys of repositories and tags never meet.
            held.push(self.key(format!("{repository}:{tag}")).alone().await);
        }
        Held { _keys: held }
    }

    /// For a delete of what tags depend on: has the repository to itself.
    pub(crate) async fn repository(&self, repository: &Repository) -> Held {
        Held { _keys: vec![self.key(repository.to_string()).alone().await] }
    }

    fn key(&self, name: String) -> Key {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = Arc::clone(locks.entry(name.clone()).or_default());
        Key { guard: None, lock: Some(lock), name, locks: self.clone() }
    }
}

/// Locks that are held until this is dropped.
#[derive(Debug)]
#[must_use = "locks are held for as long as this lives"]
pub(crate) struct Held {
    _keys: Vec<Key>,
}

/// One lock: waited for, or held. Leaves the table when the last who knows it drops it, also while waiting.
#[derive(Debug)]
struct Key {
    guard: Option<Guard>,
    lock: Option<Arc<RwLock<()>>>,
    name: String,
    locks: Locks,
}

#[derive(Debug)]
#[expect(dead_code, reason = "a guard is held, never read")]
enum Guard {
    Shared(OwnedRwLockReadGuard<()>),
    Alone(OwnedRwLockWriteGuard<()>),
}

impl Key {
    async fn shared(mut self) -> Self {
        if let Some(lock) = self.lock.clone() {
            self.guard = Some(Guard::Shared(lock.read_owned().await));
        }
        self
    }

    async fn alone(mut self) -> Self {
        if let Some(lock) = self.lock.clone() {
            self.guard = Some(Guard::Alone(lock.write_owned().await));
        }
        self
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let mut locks = self.locks.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the table's own lock nobody can learn of this one: what is counted as the last is the last.
        drop((self.guard.take(), self.lock.take()));
        if locks.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        time::Duration,
    };

    use tokio::time::timeout;

    use super::*;

    fn repository(name: &str) -> Repository {
        Repository::parse(name).unwrap()
    }

    fn tags(names: &[&str]) -> BTreeSet<Tag> {
        names.iter().map(|name| Tag::parse(name).unwrap()).collect()
    }

    async fn waits<F: Future>(future: F) -> bool {
        timeout(Duration::from_millis(20), future).await.is_err()
    }

    #[tokio::test]
    async fn a_tag_is_written_by_one_at_a_time_and_other_tags_meanwhile() {
        let locks = Locks::default();
        let held = locks.tags(&repository("prod/app"), &tags(&["v1", "v2"])).await;
        assert!(waits(locks.tags(&repository("prod/app"), &tags(&["v2", "v3"]))).await);
        assert!(!waits(locks.tags(&repository("prod/app"), &tags(&["v3"]))).await);
        assert!(!waits(locks.tags(&repository("prod/other"), &tags(&["v1"]))).await);
        drop(held);
        assert!(!waits(locks.tags(&repository("prod/app"), &tags(&["v2"]))).await);
    }

    #[tokio::test]
    async fn a_delete_has_the_repository_to_itself() {
        let locks = Locks::default();
        let writing = locks.tags(&repository("prod/app"), &tags(&["v1"])).await;
        assert!(waits(locks.repository(&repository("prod/app"))).await);
        assert!(!waits(locks.repository(&repository("prod/other"))).await);
        drop(writing);
        let deleting = locks.repository(&repository("prod/app")).await;
        assert!(waits(locks.tags(&repository("prod/app"), &tags(&["v9"]))).await);
        assert!(waits(locks.repository(&repository("prod/app"))).await);
        drop(deleting);
    }

    #[tokio::test]
    async fn nothing_is_left_of_locks_that_nobody_holds_or_waits_for() {
        let locks = Locks::default();
        let held = locks.tags(&repository("prod/app"), &tags(&["v1", "v2"])).await;
        assert!(waits(locks.repository(&repository("prod/app"))).await);
        assert!(waits(locks.tags(&repository("prod/app"), &tags(&["v1", "v3"]))).await);
        assert_eq!(locks.0.lock().unwrap().len(), 3);
        drop(held);
        assert_eq!(locks.0.lock().unwrap().len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn writers_of_crossing_tags_never_meet_and_never_wait_in_a_circle() {
        let (locks, inside) = (Locks::default(), Arc::new([const { AtomicBool::new(false) }; 4]));
        let finished = Arc::new(AtomicUsize::new(0));
        let names = ["a", "b", "c", "d"];
        let mut tasks = Vec::new();
        for number in 0..400_usize {
            let (locks, inside, finished) = (locks.clone(), Arc::clone(&inside), Arc::clone(&finished));
            tasks.push(tokio::spawn(async move {
                let repository = repository("prod/app");
                let (first, second) = (number % 4, (number / 4) % 4);
                if number % 7 == 0 {
                    let _held = locks.repository(&repository).await;
                    assert!(inside.iter().all(|tag| !tag.load(SeqCst)));
                    tokio::task::yield_now().await;
                    assert!(inside.iter().all(|tag| !tag.load(SeqCst)));
                } else {
                    let _held = locks.tags(&repository, &tags(&[names[first], names[second]])).await;
                    let mine: BTreeSet<usize> = [first, second].into();
                    mine.iter().for_each(|&tag| assert!(!inside[tag].swap(true, SeqCst)));
                    tokio::task::yield_now().await;
                    mine.iter().for_each(|&tag| assert!(inside[tag].swap(false, SeqCst)));
                }
                finished.fetch_add(1, SeqCst);
            }));
        }
        for task in tasks {
            timeout(Duration::from_secs(20), task).await.expect("nobody waits in a circle").unwrap();
        }
        assert_eq!((finished.load(SeqCst), locks.0.lock().unwrap().len()), (400, 0));
    }
}
