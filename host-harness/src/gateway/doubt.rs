//! Pushes and deletes that got no answer: the registry may still carry them out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::lookup::Found;
use super::reference::{Digest, Repository, Tag};

/// What is in doubt, by tag. It is forgotten when the gateway ends.
#[derive(Clone, Debug)]
pub(crate) struct Doubts {
    pushes: Arc<Mutex<HashMap<(Repository, Tag), Push>>>,
    deletes: Arc<Mutex<HashMap<(Repository, Digest), Instant>>>,
    lasts: Duration,
}

#[derive(Clone, Debug)]
struct Push {
    digests: [Digest; 2],
    since: Instant,
}

impl Doubts {
    /// Nothing is in doubt, and what will be is so for this long: by then no registry is still at it.
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { pushes: Arc::default(), deletes: Arc::default(), lasts }
    }

    /// A push of a tag got no answer, and is not seen yet: the digests of its manifest, in every algorithm.
    pub(crate) fn raise(&self, repository: &Repository, tag: &Tag, digests: [Digest; 2]) {
        let mut pushes = self.pushes();
        pushes.retain(|_, push| push.since.elapsed() < self.lasts);
        pushes.insert((repository.clone(), tag.clone()), Push { digests, since: Instant::now() });
    }

    /// The registry has taken a push of the tag: whatever was under way before it is done.
    pub(crate) fn settle(&self, repository: &Repository, tag: &Tag) {
        self.pushes().remove(&(repository.clone(), tag.clone()));
    }

    /// The digests of what a tag may still get, after what was just found. Only a push of that one may go on.
    ///
    /// Finding it settles the doubt. Finding nothing, or something else, settles it only once it is old: what was
    /// sent before may come after what was read.
    pub(crate) fn about(&self, repository: &Repository, tag: &Tag, found: &Found) -> Option<[Digest; 2]> {
        let mut pushes = self.pushes();
        let key = (repository.clone(), tag.clone());
        let push = pushes.get(&key)?.clone();
        let seen = matches!(found, Found::Manifest { digest, .. } if push.digests.contains(digest));
        if seen || push.since.elapsed() >= self.lasts {
            pushes.remove(&key);
            return None;
        }
        Some(push.digests)
    }

    /// Whether any tag of a repository may still get a digest.
    pub(crate) fn any(&self, repository: &Repository) -> bool {
        let pushes = self.pushes();
        pushes.iter().any(|((named, _), push)| named == repository && push.since.elapsed() < self.lasts)
    }

    /// A delete of a manifest got no answer.
    pub(crate) fn raise_delete(&self, repository: &Repository, digest: &Digest) {
        let mut deletes = self.deletes();
        deletes.retain(|_, since| since.elapsed() < self.lasts);
        deletes.insert((repository.clone(), digest.clone()), Instant::now());
    }

    /// A manifest is gone, or the registry has carried out another delete of it: whatever was under way is done.
    pub(crate) fn settle_delete(&self, repository: &Repository, digest: &Digest) {
        self.deletes().remove(&(repository.clone(), digest.clone()));
    }

    /// The manifests of a repository that may still be deleted.
    pub(crate) fn deleted(&self, repository: &Repository) -> Vec<Digest> {
        let deletes = self.deletes();
        let recent = deletes.iter().filter(|((named, _), since)| named == repository && since.elapsed() < self.lasts);
        recent.map(|((_, digest), _)| digest.clone()).collect()
    }

    fn pushes(&self) -> MutexGuard<'_, HashMap<(Repository, Tag), Push>> {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deletes(&self) -> MutexGuard<'_, HashMap<(Repository, Digest), Instant>> {
        self.deletes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::reference::Algorithm;

    fn found(content: &[u8]) -> Found {
        Found::Manifest { digest: Algorithm::Sha256.digest(content), media_type: None }
    }

    #[test]
    fn a_push_without_an_answer_is_in_doubt_until_it_is_seen_or_old() {
        let (repository, tag) = (Repository::parse("prod/app").unwrap(), Tag::parse("v1").unwrap());
        let digests = [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| algorithm.digest(b"a"));
        let doubts = Doubts::new(Duration::from_secs(600));
        assert_eq!(doubts.about(&repository, &tag, &Found::Absent), None);
        doubts.raise(&repository, &tag, digests.clone());
        assert!(doubts.any(&repository));
        for unsettled in [Found::Absent, found(b"b"), Found::Unknown(String::new())] {
            assert_eq!(doubts.about(&repository, &tag, &unsettled), Some(digests.clone()), "{unsettled:?}");
        }
        assert_eq!(doubts.about(&repository, &tag, &found(b"a")), None);
        assert_eq!(doubts.about(&repository, &tag, &found(b"b")), None);
        assert!(!doubts.any(&repository));

        let short = Doubts::new(Duration::ZERO);
        short.raise(&repository, &tag, digests);
        assert_eq!(short.about(&repository, &tag, &Found::Absent), None);
    }

    #[test]
    fn a_delete_without_an_answer_is_in_doubt_until_the_manifest_is_gone_or_it_is_old() {
        let [app, other] = ["prod/app", "prod/other"].map(|name| Repository::parse(name).unwrap());
        let digest = Algorithm::Sha256.digest(b"a");
        let doubts = Doubts::new(Duration::from_secs(600));
        doubts.raise_delete(&app, &digest);
        assert_eq!((doubts.deleted(&app), doubts.deleted(&other)), (vec![digest.clone()], vec![]));
        doubts.settle_delete(&app, &digest);
        assert_eq!(doubts.deleted(&app), []);

        let short = Doubts::new(Duration::ZERO);
        short.raise_delete(&app, &digest);
        assert_eq!(short.deleted(&app), []);
    }
}
