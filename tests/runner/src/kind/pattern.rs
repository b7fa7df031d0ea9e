//! `match`: the texts that a pattern matches, and those that it does not match.

use super::form::{Kind, check_unused};
use crate::event::Event;
use crate::question::Question;
use crate::subject::{Subject, SubjectPolicy, Way, decided_code};
use crate::template::Template;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tagseal::CallError;
use tagseal::json::{diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Match {
    name: String,
    of: Side,
    pattern: Template,
    matches: Template,
    misses: Template,
}

/// The names that a pattern is matched against.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Repositories,
    Tags,
}

impl Kind for Match {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        check_unused(document)?;
        let Self { of, pattern, matches, misses, .. } = self;
        let texts = |list: &Template| -> Result<Vec<String>, String> {
            serde_json::from_value(list.value()).map_err(|_| format!("`{list}` is not a list of texts; write one"))
        };
        let texts = [texts(&matches)?, texts(&misses)?].concat();
        let expected = Template::new(json!({ "matches": matches.into_value(), "misses": misses.into_value() }))?;
        Ok((Box::new(Pattern { of, pattern, texts }), expected))
    }
}

struct Pattern {
    of: Side,
    pattern: Template,
    texts: Vec<String>,
}

#[derive(Default, Serialize)]
struct Answer<'a> {
    matches: Vec<&'a str>,
    misses: Vec<&'a str>,
    /// The texts whose answers are neither those of a match nor those of a miss.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    neither: Vec<Value>,
}

impl Question for Pattern {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let policies = (self.policy("matches", subject)?, self.policy("excludes", subject)?);
        let (matching, excluding) = match policies {
            (Ok(matching), Ok(excluding)) => (matching, excluding),
            (Err(problems), _) | (_, Err(problems)) => return Ok(problems),
        };
        let mut answer = Answer::default();
        for text in &self.texts {
            let event = self.event(text);
            let [matching, excluding] = [decided_code(&*matching, &event)?, decided_code(&*excluding, &event)?];
            match (matching.as_str(), excluding.as_str()) {
                ("immutable", "unprotected") => answer.matches.push(text),
                ("unprotected", "immutable") => answer.misses.push(text),
                _ => answer.neither.push(json!({ "text": text, "matches": matching, "excludes": excluding })),
            }
        }
        Ok(to_line(&answer))
    }

    fn ways(&self) -> &'static [Way] {
        &[Way::Json, Way::Typed, Way::Batch]
    }

    fn describe(&self) -> String {
        format!("pattern {} of {}", self.pattern, self.of.field())
    }

    fn size(&self) -> u64 {
        self.pattern.size()
    }
}

impl Pattern {
    /// Compiles a policy with only this pattern. Returns its problems in JSON if it is invalid.
    fn policy(
        &self,
        selector: &str,
        subject: &dyn Subject,
    ) -> Result<Result<Box<dyn SubjectPolicy>, String>, CallError> {
        let mut pair = json!({ "repositories": { "matches": "**" }, "tags": { "matches": "**" } });
        if let Some(side) = pair.get_mut(self.of.field()) {
            *side = json!({ selector: self.pattern.value() });
        }
        let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [pair] }] });
        let compiled = subject.compile(&document.to_string())?;
        Ok(compiled.map_err(|problems| to_line(&json!({ "problems": diagnostics(&problems) }))))
    }

    fn event(&self, text: &str) -> Event {
        let (repository, tag) = match self.of {
            Side::Repositories => (text, "a"),
            Side::Tags => ("a", text),
        };
        Event::new(json!({ "delete-tag": { "repository": repository, "tag": tag } }).to_string())
    }
}

impl Side {
    /// Returns the field of a selector pair.
    fn field(self) -> &'static str {
        match self {
            Self::Repositories => "repositories",
            Self::Tags => "tags",
        }
    }
}
