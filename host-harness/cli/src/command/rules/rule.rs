//! A rule of a document, in words for people.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Deserialize;

use crate::command::terminal::{DOUBTFUL, GOOD, printable};
use anstyle::Style;

/// A rule. The component has checked it, so what is not known here may come from a later one and is not shown.
#[derive(Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) namespace: String,
    #[serde(default = "enabled")]
    pub(crate) enabled: bool,
    #[serde(default = "deny")]
    deletion: String,
    #[serde(default)]
    exempt: Vec<String>,
    #[serde(default)]
    pub(crate) note: String,
    /// None where the rule is a preset.
    protects: Option<Vec<Pair>>,
}

/// A selector pair: which tags of which repositories.
#[derive(Deserialize)]
pub(crate) struct Pair {
    repositories: Selector,
    tags: Selector,
}

/// Which of something: what patterns match, or what none of them does.
#[derive(Deserialize)]
pub(crate) struct Selector {
    #[serde(default)]
    matches: Option<Patterns>,
    #[serde(default)]
    excludes: Option<Patterns>,
}

/// What a selector selects from.
#[derive(Clone, Copy)]
pub(crate) enum Subject {
    Repository,
    Tag,
}

/// One pattern, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(Pattern),
    Many(Vec<Pattern>),
}

/// A glob or a version class, or a regular expression.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pattern {
    Text(String),
    Regex { regex: String },
}

fn enabled() -> bool {
    true
}

fn deny() -> String {
    "deny".to_owned()
}

impl Rule {
    /// Whether it is on, and how that looks.
    pub(crate) fn state(&self) -> (&'static str, Style) {
        if self.enabled { ("enabled", GOOD) } else { ("disabled", DOUBTFUL) }
    }

    pub(crate) fn deletion(&self) -> &str {
        match &*self.deletion {
            "deny" => "denied",
            "allow" => "allowed",
            "retire" => "allowed, but the name is used up",
            other => other,
        }
    }

    /// The sets that it leaves alone: `signatures, referrers`.
    pub(crate) fn exempt(&self) -> String {
        self.exempt.join(", ")
    }

    /// The repositories and the tags of each pair in words, naming at most so many patterns of each.
    pub(crate) fn pairs(&self, most: usize) -> Vec<[String; 2]> {
        let Some(pairs) = &self.protects else {
            return vec![["every repository".to_owned(), "every tag except latest".to_owned()]];
        };
        let words =
            |pair: &Pair| [pair.repositories.words(Subject::Repository, most), pair.tags.words(Subject::Tag, most)];
        pairs.iter().map(words).collect()
    }

    /// Writes everything except its id and its namespace.
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (state, style) = self.state();
        writeln!(to, "  state     {style}{state}{style:#}")?;
        for (index, [repositories, tags]) in self.pairs(usize::MAX).iter().enumerate() {
            let name = format!("pair {index}");
            writeln!(to, "  {name:<8}  repositories  {}", printable(repositories))?;
            writeln!(to, "            tags          {}", printable(tags))?;
        }
        writeln!(to, "  deletion  {}", printable(self.deletion()))?;
        for (name, text) in [("exempt", self.exempt()), ("note", self.note.clone())] {
            if !text.is_empty() {
                writeln!(to, "  {name:<8}  {}", printable(&text))?;
            }
        }
        Ok(())
    }
}

impl Selector {
    /// What it selects in words, naming at most so many patterns: `every tag except latest`, `v*, @release and 3 more`.
    pub(crate) fn words(&self, subject: Subject, most: usize) -> String {
        let noun = subject.noun();
        match (&self.matches, &self.excludes) {
            (Some(matches), None) => matches.every(subject).unwrap_or_else(|| matches.words(most)),
            (Some(matches), Some(excludes)) => {
                let selected = matches.every(subject).unwrap_or_else(|| matches.words(most));
                format!("{selected} except {}", excludes.words(most))
            }
            (None, Some(excludes)) => format!("every {noun} except {}", excludes.words(most)),
            (None, None) => String::new(),
        }
    }
}

impl Subject {
    fn noun(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Tag => "tag",
        }
    }

    /// Whether a pattern is for all of them. No tag has a `/`, so one star is enough there.
    fn is_every(self, pattern: &str) -> bool {
        match self {
            Self::Repository => pattern == "**",
            Self::Tag => pattern == "**" || pattern == "*",
        }
    }
}

impl Patterns {
    /// Words for everything, if one of the patterns matches everything.
    fn every(&self, subject: Subject) -> Option<String> {
        let is_every = |pattern: &Pattern| matches!(pattern, Pattern::Text(text) if subject.is_every(text));
        self.as_slice().iter().any(is_every).then(|| format!("every {}", subject.noun()))
    }

    fn as_slice(&self) -> &[Pattern] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Many(patterns) => patterns,
        }
    }

    fn words(&self, most: usize) -> String {
        let patterns = self.as_slice();
        let named: Vec<Cow<'_, str>> = patterns.iter().take(most).map(Pattern::words).collect();
        match patterns.len() - named.len() {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}

impl Pattern {
    fn words(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Regex { regex } => format!("regex {regex}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, Selector, Subject};

    #[track_caller]
    fn assert_words(selector: &str, expected: &str) {
        let selector: Selector = serde_json::from_str(selector).unwrap();
        assert_eq!(selector.words(Subject::Tag, 2), expected);
    }

    #[test]
    fn a_selector_is_described_in_words() {
        assert_words(r#"{"matches": "**"}"#, "every tag");
        assert_words(r#"{"matches": ["v*", "*"]}"#, "every tag");
        assert_words(r#"{"matches": ["v*", "@release"]}"#, "v*, @release");
        assert_words(r#"{"matches": ["a", "b", "c", "d"]}"#, "a, b and 2 more");
        assert_words(r#"{"excludes": "latest"}"#, "every tag except latest");
        assert_words(r#"{"matches": "v*", "excludes": ["v*-rc*", "v0*"]}"#, "v* except v*-rc*, v0*");
        assert_words(r#"{"matches": "*", "excludes": "latest"}"#, "every tag except latest");
        assert_words(r#"{"matches": [{"regex": "v[0-9]+"}, "@release"]}"#, "regex v[0-9]+, @release");
        assert_words(r#"{"excludes": ["a", "b", "c"]}"#, "every tag except a, b and 1 more");
    }

    #[test]
    fn defaults_of_a_rule_are_shown() {
        let rule: Rule = serde_json::from_str(r#"{"id": 1, "namespace": "prod", "preset": "latest"}"#).unwrap();
        let mut written = Vec::new();
        rule.write(&mut written).unwrap();
        assert!(String::from_utf8(written).unwrap().ends_with("every tag except latest\n  deletion  denied\n"));
        assert_eq!((rule.state().0, rule.exempt()), ("enabled", String::new()));
    }
}
