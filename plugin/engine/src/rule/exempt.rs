//! Built-in sets of tags that a rule can exempt: what signing and referrers tools have to rewrite.

use crate::reference::is_hex;
use crate::words::{Word, words};

words! {
    /// A set of tags that a rule can exempt.
    pub(crate) enum ExemptSet {
        /// cosign's tags: `sha256-<64 hex>` with `.sig`, `.att` or `.sbom`.
        Signatures = "signatures",
        /// The fallback tag of the referrers API (distribution specification, "Referrers tag schema"): `sha256-<64 hex>`,
        /// or `sha512-<64 hex>`, where the digest is cut.
        Referrers = "referrers",
        /// Tags of build caches, which builders rewrite: `cache` and `buildcache`, those that begin with either and `-`, or
        /// end with `-` and either, and every tag of a repository whose last component is `cache` or `buildcache`.
        Cache = "cache",
    }
}

impl ExemptSet {
    /// Whether a tag of a repository is in the set.
    #[inline]
    fn contains(self, repository: &str, tag: &str) -> bool {
        match self {
            Self::Signatures => is_signature(tag),
            Self::Referrers => is_referrers(tag),
            Self::Cache => is_cache_tag(tag) || is_cache_repository(repository),
        }
    }

    /// Tags of the set, one of each kind, whose names only the tools choose. Nobody is surprised that other tags are
    /// immutable, so there are no examples of them.
    pub(crate) fn examples(self) -> Vec<String> {
        let digest = "0".repeat(64);
        match self {
            Self::Signatures => SIGNATURE_SUFFIXES.iter().map(|suffix| format!("sha256-{digest}.{suffix}")).collect(),
            Self::Referrers => vec![format!("sha256-{digest}"), format!("sha512-{digest}")],
            Self::Cache => Vec::new(),
        }
    }
}

/// The sets that a rule exempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExemptSets(u8);

impl ExemptSets {
    /// Reads a list of names. Returns `None` for an unknown name, or one that is given twice.
    pub(crate) fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        names.into_iter().try_fold(Self::default(), |sets, name| sets.with(ExemptSet::parse(name)?))
    }

    /// Adds a set. Returns `None` if it is there already.
    pub(crate) fn with(self, set: ExemptSet) -> Option<Self> {
        (!self.has(set)).then_some(Self(self.0 | Self::bit(set)))
    }

    /// Whether a set is one of them.
    #[inline]
    pub(crate) fn has(self, set: ExemptSet) -> bool {
        self.0 & Self::bit(set) != 0
    }

    /// The sets, in the order of the list of all.
    pub(crate) fn iter(self) -> impl Iterator<Item = ExemptSet> {
        ExemptSet::ALL.iter().copied().filter(move |set| self.has(*set))
    }

    /// Returns the set that a tag of a repository is in, if it is in one of these.
    #[inline]
    pub(crate) fn set_of(self, repository: &str, tag: &str) -> Option<ExemptSet> {
        if self.0 == 0 {
            return None;
        }
        self.iter().find(|set| set.contains(repository, tag))
    }

    #[inline]
    fn bit(set: ExemptSet) -> u8 {
        1 << set as u8
    }
}

/// The suffixes of cosign's tags.
const SIGNATURE_SUFFIXES: [&str; 3] = ["sig", "att", "sbom"];

/// The names of build caches.
const CACHE_NAMES: [&str; 2] = ["cache", "buildcache"];

fn is_cache_tag(tag: &str) -> bool {
    CACHE_NAMES.iter().any(|name| {
        let is_prefix = tag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        is_prefix || tag.strip_suffix(name).is_some_and(|rest| rest.ends_with('-'))
    })
}

fn is_cache_repository(repository: &str) -> bool {
    let last = repository.rsplit_once('/').map_or(repository, |(_, last)| last);
    CACHE_NAMES.contains(&last)
}

fn is_referrers(tag: &str) -> bool {
    tag.strip_prefix("sha256-").or_else(|| tag.strip_prefix("sha512-")).is_some_and(is_digest)
}

fn is_signature(tag: &str) -> bool {
    let Some((digest, suffix)) = tag.strip_prefix("sha256-").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    is_digest(digest) && SIGNATURE_SUFFIXES.contains(&suffix)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && is_hex(text.as_bytes())
}
