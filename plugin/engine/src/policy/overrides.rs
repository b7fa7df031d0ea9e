//! The overrides of a policy.

use crate::document::schema;
use crate::limits;

/// The overrides of a policy, in the order of their tags.
#[derive(Debug, Default)]
pub(crate) struct Overrides(Vec<Override>);

/// An override: which tag it is for, and its end.
#[derive(Debug)]
struct Override {
    repository: Box<str>,
    tag: Box<str>,
    until: Box<str>,
}

impl Overrides {
    /// Takes the overrides of a document. Returns `None` where there are too many, or two for one tag.
    pub(super) fn new(overrides: &[schema::Override<'_>]) -> Option<Self> {
        if overrides.len() > limits::MAX_OVERRIDES {
            return None;
        }
        let mut packed: Vec<_> = overrides.iter().map(Override::new).collect();
        packed.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
        let distinct = packed.windows(2).all(|pair| matches!(pair, [one, other] if one.key() != other.key()));
        distinct.then_some(Self(packed))
    }

    /// Whether it has no override.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The end of the override for a tag of a repository, if there is one.
    pub(crate) fn until(&self, repository: &str, tag: &str) -> Option<&str> {
        let index = self.0.binary_search_by(|one| one.key().cmp(&(repository, tag))).ok()?;
        self.0.get(index).map(|found| &*found.until)
    }
}

impl Override {
    fn new(read: &schema::Override<'_>) -> Self {
        let schema::Override { repository, tag, until, reason: _, by: _ } = read;
        Self { repository: (*repository.0).into(), tag: (*tag.0).into(), until: (*until.0).into() }
    }

    fn key(&self) -> (&str, &str) {
        (&self.repository, &self.tag)
    }
}
