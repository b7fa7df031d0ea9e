//! What a ledger is asked about: a tag, or a manifest of a repository.

use std::str::FromStr;

use tagseal_distribution::reference::{Digest, Repository, Tag};

/// A tag, or a manifest of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `prod/app:v1`
    Tag(Repository, Tag),
    /// `prod/app@sha256:…`
    Manifest(Repository, Digest),
}

impl Subject {
    /// The repository.
    pub fn repository(&self) -> &Repository {
        match self {
            Self::Tag(repository, _) | Self::Manifest(repository, _) => repository,
        }
    }
}

impl FromStr for Subject {
    type Err = &'static str;

    /// Parses a tag or a manifest.
    ///
    /// # Errors
    ///
    /// - `prod/app`: neither
    /// - `Prod/app:v1`, `prod/app@sha256:1`: not valid names
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write a tag as `prod/app:v1`, or a manifest as `prod/app@sha256:…`";
        if let Some((repository, digest)) = text.split_once('@') {
            let repository = Repository::parse(repository).map_err(|_| FORM)?;
            return Digest::parse(digest).map(|digest| Self::Manifest(repository, digest)).map_err(|_| FORM);
        }
        let (repository, tag) = text.split_once(':').ok_or(FORM)?;
        let repository = Repository::parse(repository).map_err(|_| FORM)?;
        Tag::parse(tag).map(|tag| Self::Tag(repository, tag)).map_err(|_| FORM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_tag_or_a_manifest() {
        assert!(matches!("prod/app:v1".parse(), Ok(Subject::Tag(..))));
        let digest = format!("prod/app@sha256:{}", "a".repeat(64));
        assert!(matches!(digest.parse(), Ok(Subject::Manifest(..))));
        for text in ["prod/app", "prod/app:", ":v1", "prod/app@sha256:a", "Prod/app:v1", ""] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
