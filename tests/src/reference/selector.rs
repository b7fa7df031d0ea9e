//! What a pair selects, by patterns that match or that must not.

use super::document::{object, require};
use super::glob::{self, Piece};
use super::grammar;
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Selector {
    excludes: bool,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Glob(Vec<Piece>),
    Release,
    Prerelease,
    Version,
    Rolling,
}

impl Selector {
    pub(super) fn everything() -> Self {
        Self { excludes: false, patterns: vec![Pattern::Glob(vec![Piece::Rest])] }
    }

    pub(super) fn all_but(tag: &str) -> Self {
        Self { excludes: true, patterns: vec![Pattern::Glob(tag.chars().map(Piece::Character).collect())] }
    }

    pub(super) fn read(selector: &Value, is_tag: bool) -> Result<Self, String> {
        let fields = object(selector, &[], &["matches", "excludes"])?;
        let (excludes, patterns) = match (fields.get("matches"), fields.get("excludes")) {
            (Some(patterns), None) => (false, patterns),
            (None, Some(patterns)) => (true, patterns),
            _ => return Err("both or neither of `matches` and `excludes`".into()),
        };
        let patterns = match patterns {
            Value::Array(patterns) => patterns.clone(),
            pattern => vec![pattern.clone()],
        };
        require(!patterns.is_empty(), "an empty list")?;
        let patterns = patterns.iter().map(|pattern| Pattern::read(pattern, is_tag)).collect::<Result<_, _>>()?;
        Ok(Self { excludes, patterns })
    }

    /// Whether a text is selected: `matches` any of the patterns, or `excludes` them all.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(text)) != self.excludes
    }
}

impl Pattern {
    fn read(pattern: &Value, is_tag: bool) -> Result<Self, String> {
        let pattern = pattern.as_str().ok_or("a pattern that is no text")?;
        Ok(match pattern {
            "@release" if is_tag => Self::Release,
            "@prerelease" if is_tag => Self::Prerelease,
            "@version" if is_tag => Self::Version,
            "@rolling" if is_tag => Self::Rolling,
            glob if is_tag && glob.contains('@') => return Err("a tag can't hold `@`".into()),
            glob => Self::Glob(glob::read(glob)?),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Glob(pieces) => glob::matches(pieces, text),
            Self::Release => grammar::RELEASE.admits(text),
            Self::Prerelease => grammar::PRERELEASE.admits(text),
            Self::Version => grammar::RELEASE.admits(text) || grammar::PRERELEASE.admits(text),
            Self::Rolling => grammar::ROLLING.admits(text),
        }
    }
}
