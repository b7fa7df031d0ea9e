//! Locks on repositories and tags, so that what was looked up still holds when a write commits.
//!
//! A write of tags shares the repository with other writes, and has each of its tags for itself. A delete of something
//! that tags depend on has the whole repository for itself. Everybody takes the repository first and then the tags in
//! order, so nobody waits in a circle.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::ledger::SharedLock;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Repository, Tag};

/// The locks of one gateway. A lock that nobody holds or waits for takes no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks(Arc<Mutex<HashMap<String, Arc<Slot>>>>);

/// One lock in the table.
#[derive(Debug, Default)]
struct Slot {
    lock: Arc<RwLock<()>>,
    released: Notify,
}

impl Locks {
    /// Takes the locks for a write of these tags: shares the repository, and has each tag for itself.
    pub(crate) async fn tags(&self, repository: &Repository, tags: &BTreeSet<Tag>) -> HeldLocks {
        let mut held = vec![self.key(repository.to_string()).shared().await];
        for tag in tags {
            // A repository has no `:`, so the keys of repositories and tags never meet.
            held.push(self.key(format!("{repository}:{tag}")).alone().await);
        }
        HeldLocks { _keys: held, _shared: None }
    }

    /// Takes the lock for a delete of something that tags depend on: has the repository for itself.
    ///
    /// It waits for a moment without any other write, and until then it keeps none of them waiting: whoever may not delete at
    /// all can ask for a delete too.
    pub(crate) async fn repository(&self, repository: &Repository) -> HeldLocks {
        HeldLocks { _keys: vec![self.key(repository.to_string()).alone_when_free().await], _shared: None }
    }

    /// Takes a lock that has nothing to do with a repository.
    pub(crate) async fn named(&self, name: String) -> HeldLocks {
        HeldLocks { _keys: vec![self.key(name).alone().await], _shared: None }
    }

    fn key(&self, name: String) -> Key {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(locks.entry(name.clone()).or_default());
        Key { guard: None, slot: Some(slot), name, locks: self.clone() }
    }
}

/// Locks that are held until this is dropped. There may be none.
#[derive(Debug, Default)]
#[must_use = "locks are held for as long as this lives"]
pub(crate) struct HeldLocks {
    _keys: Vec<Key>,
    /// What keeps other gateways away too.
    _shared: Option<SharedLock>,
}

impl HeldLocks {
    /// Adds a lock that other gateways respect.
    pub(crate) fn with(self, shared: Option<SharedLock>) -> Self {
        Self { _shared: shared, ..self }
    }
}

/// Makes the answer for a client whose write waited too long for the locks of others.
pub(crate) fn busy(repository: &Repository) -> ErrorResponse {
    ErrorResponse::unavailable(format!("other writes to {repository} are still in progress; try again"))
}

/// One lock that is waited for or held. It leaves the table when the last of those who wait for it or hold it is dropped.
#[derive(Debug)]
struct Key {
    guard: Option<Guard>,
    slot: Option<Arc<Slot>>,
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
        if let Some(slot) = &self.slot {
            self.guard = Some(Guard::Shared(Arc::clone(&slot.lock).read_owned().await));
        }
        self
    }

    async fn alone(mut self) -> Self {
        if let Some(slot) = &self.slot {
            self.guard = Some(Guard::Alone(Arc::clone(&slot.lock).write_owned().await));
        }
        self
    }

    async fn alone_when_free(mut self) -> Self {
        if let Some(slot) = self.slot.clone() {
            loop {
                let released = slot.released.notified();
                tokio::pin!(released);
                // From here on, no release is missed.
                released.as_mut().enable();
                if let Ok(guard) = Arc::clone(&slot.lock).try_write_owned() {
                    self.guard = Some(Guard::Alone(guard));
                    break;
                }
                released.await;
            }
        }
        self
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let mut locks = self.locks.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can get a new reference under the table's own lock, so the count is right.
        drop(self.guard.take());
        self.slot.take().inspect(|slot| slot.released.notify_waiters());
        if locks.get(&self.name).is_some_and(|slot| Arc::strong_count(slot) == 1) {
            locks.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

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
    async fn a_tag_is_written_by_one_client_at_a_time_and_other_tags_at_the_same_time() {
        let locks = Locks::default();
        let held = locks.tags(&repository("prod/app"), &tags(&["v1", "v2"])).await;
        assert!(waits(locks.tags(&repository("prod/app"), &tags(&["v2", "v3"]))).await);
        assert!(!waits(locks.tags(&repository("prod/app"), &tags(&["v3"]))).await);
        assert!(!waits(locks.tags(&repository("prod/other"), &tags(&["v1"]))).await);
        drop(held);
        assert!(!waits(locks.tags(&repository("prod/app"), &tags(&["v2"]))).await);
    }

    #[tokio::test]
    async fn a_delete_has_the_repository_for_itself() {
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
    async fn h6_a_delete_that_waits_keeps_no_write_waiting() {
        let locks = Locks::default();
        let writing = locks.tags(&repository("prod/app"), &tags(&["v1"])).await;
        let (deleting, name) = (locks.clone(), repository("prod/app"));
        let delete = tokio::spawn(async move { drop(deleting.repository(&name).await) });
        tokio::task::yield_now().await;
        assert!(!waits(locks.tags(&repository("prod/app"), &tags(&["v2"]))).await);
        assert!(!delete.is_finished());
        drop(writing);
        timeout(Duration::from_secs(5), delete).await.expect("it comes when nobody writes").unwrap();
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
