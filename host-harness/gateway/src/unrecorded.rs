//! Tags that were written without a claim, because the ledger could not be reached and no rule protected them.
//!
//! A rule that comes later must know of them: what was written may still be carried out. A write whose answer was clear is
//! not among them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tagseal_distribution::reference::{Repository, Tag};

/// The most tags that are remembered one by one. With more, every tag counts as written.
const MAX_TAGS: usize = 100_000;

/// Tags that were written without a claim, and since when nobody waits for their writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unrecorded(Arc<Mutex<Tags>>);

#[derive(Debug, Default)]
struct Tags {
    written: HashMap<(Repository, Tag), Instant>,
    /// When there were too many.
    overflow: Option<Instant>,
}

impl Unrecorded {
    /// Adds a tag.
    pub(crate) fn add(&self, repository: &Repository, tag: &Tag) {
        let mut tags = self.tags();
        if tags.written.len() >= MAX_TAGS {
            tags.overflow = Some(Instant::now());
        } else {
            tags.written.insert((repository.clone(), tag.clone()), Instant::now());
        }
    }

    /// Returns whether a tag may still be written, by the limit. None: for ever.
    pub(crate) fn may_come(&self, repository: &Repository, tag: &Tag, limit: Option<Duration>) -> bool {
        let mut tags = self.tags();
        if tags.written.is_empty() && tags.overflow.is_none() {
            return false;
        }
        let is_young = |since: &Instant| limit.is_none_or(|limit| since.elapsed() <= limit);
        tags.written.retain(|_, since| is_young(since));
        tags.overflow = tags.overflow.filter(is_young);
        tags.overflow.is_some() || tags.written.contains_key(&(repository.clone(), tag.clone()))
    }

    fn tags(&self) -> MutexGuard<'_, Tags> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_may_come_until_the_limit_has_passed() {
        let (repository, [v1, v2]) =
            (Repository::parse("prod/app").unwrap(), ["v1", "v2"].map(|tag| Tag::parse(tag).unwrap()));
        let unrecorded = Unrecorded::default();
        assert!(!unrecorded.may_come(&repository, &v1, None));
        unrecorded.add(&repository, &v1);
        assert!(unrecorded.may_come(&repository, &v1, Some(Duration::from_secs(60))));
        assert!(!unrecorded.may_come(&repository, &v2, Some(Duration::from_secs(60))));
        assert!(!unrecorded.may_come(&repository, &v1, Some(Duration::ZERO)));
    }
}
