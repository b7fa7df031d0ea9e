//! What a pair selects, by patterns that match or that must not.

use super::fields::{object, require};
use super::glob::{self, Piece};
use super::grammar;
use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

/// A selector. A side that is not there selects as if it were not asked.
#[derive(Debug)]
pub(super) struct Selector {
    matches: Option<Vec<Pattern>>,
    excludes: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Glob(Vec<Piece>),
    Release,
    Prerelease,
    Version,
    Rolling,
    Commit,
    Regex(Regex),
}

impl Selector {
    pub(super) fn everything() -> Self {
        Self { matches: None, excludes: Vec::new() }
    }

    pub(super) fn all_but(tag: &str) -> Self {
        Self { matches: None, excludes: vec![Pattern::Glob(tag.chars().map(Piece::Character).collect())] }
    }

    pub(super) fn read(selector: &Value, is_tag: bool) -> Result<Self, String> {
        let fields = object(selector, &[], &["matches", "excludes"])?;
        require(!fields.is_empty(), "neither `matches` nor `excludes`")?;
        let side = |name: &str| fields.get(name).map(|patterns| read_patterns(patterns, is_tag)).transpose();
        Ok(Self { matches: side("matches")?, excludes: side("excludes")?.unwrap_or_default() })
    }

    /// Whether a text is selected: by any of the first patterns, and by none of the second.
    pub(super) fn holds(&self, text: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(text));
        self.matches.as_deref().is_none_or(any) && !any(&self.excludes)
    }
}

fn read_patterns(patterns: &Value, is_tag: bool) -> Result<Vec<Pattern>, String> {
    let patterns = match patterns {
        Value::Array(patterns) => patterns.clone(),
        pattern => vec![pattern.clone()],
    };
    require(!patterns.is_empty(), "an empty list")?;
    patterns.iter().map(|pattern| Pattern::read(pattern, is_tag)).collect()
}

impl Pattern {
    fn read(pattern: &Value, is_tag: bool) -> Result<Self, String> {
        if pattern.is_object() {
            let fields = object(pattern, &["regex"], &[])?;
            let text = fields.get("regex").and_then(Value::as_str).ok_or("an expression that is not a text")?;
            return read_regex(text).map(Self::Regex);
        }
        let pattern = pattern.as_str().ok_or("a pattern that is neither a text nor an object")?;
        Ok(match pattern {
            "@release" if is_tag => Self::Release,
            "@prerelease" if is_tag => Self::Prerelease,
            "@version" if is_tag => Self::Version,
            "@rolling" if is_tag => Self::Rolling,
            "@commit" if is_tag => Self::Commit,
            glob if is_tag && glob.contains('@') => return Err("a tag can't hold `@`".into()),
            glob => Self::Glob(glob::read(glob)?),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Glob(pieces) => glob::matches(pieces, text),
            Self::Release => grammar::RELEASE.admits(text),
            Self::Prerelease => grammar::PRERELEASE.admits(text),
            Self::Version => grammar::VERSION.admits(text),
            Self::Rolling => grammar::ROLLING.admits(text),
            Self::Commit => grammar::COMMIT.admits(text),
            Self::Regex(regex) => regex.is_match(text.as_bytes()),
        }
    }
}

/// Reads an expression that has to match the whole text. How much it needs is not looked at.
fn read_regex(text: &str) -> Result<Regex, String> {
    require((1..=512).contains(&text.len()) && text.is_ascii(), "an expression that is empty, too long or not ASCII")?;
    let build = |text: &str| RegexBuilder::new(text).unicode(false).build().map_err(|error| error.to_string());
    // Alone first: what closes no group of its own would close the one around it.
    build(text)?;
    build(&format!(r"\A(?:{text})\z"))
}
