//! `match`: what a pattern matches, and what it does not.

use super::{Kind, Question, check_unused};
use crate::failure::Failure;
use crate::in_json::{all, json};
use crate::vector::event::Event;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::{Judge, Subject, Way};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Match {
    name: String,
    of: Side,
    pattern: Text,
    matches: Recipe,
    misses: Recipe,
}

/// What a pattern is held against.
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

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        check_unused(document)?;
        let Self { of, pattern, matches, misses, .. } = self;
        let texts = |list: &Recipe| -> Result<Vec<String>, String> {
            serde_json::from_value(list.value()).map_err(|_| format!("`{list}` is no list of texts; write one"))
        };
        let texts = [texts(&matches)?, texts(&misses)?].concat();
        let expected = Recipe::new(json!({ "matches": matches.into_value(), "misses": misses.into_value() }))?;
        Ok((Box::new(Pattern { of, pattern, texts }), expected))
    }
}

struct Pattern {
    of: Side,
    pattern: Text,
    texts: Vec<String>,
}

#[derive(Default, Serialize)]
struct Answer<'a> {
    matches: Vec<&'a str>,
    misses: Vec<&'a str>,
    /// What was answered otherwise than either would be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    neither: Vec<Value>,
}

impl Question for Pattern {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let policies = (self.policy("matches", subject)?, self.policy("excludes", subject)?);
        let (matching, excluding) = match policies {
            (Ok(matching), Ok(excluding)) => (matching, excluding),
            (Err(problems), _) | (_, Err(problems)) => return Ok(problems),
        };
        let mut answer = Answer::default();
        for text in &self.texts {
            let event = self.event(text);
            let [matching, excluding] = [code(&*matching, &event)?, code(&*excluding, &event)?];
            match (matching.as_str(), excluding.as_str()) {
                ("immutable", "unprotected") => answer.matches.push(text),
                ("unprotected", "immutable") => answer.misses.push(text),
                _ => answer.neither.push(json!({ "text": text, "matches": matching, "excludes": excluding })),
            }
        }
        Ok(json(&answer))
    }

    fn ways(&self) -> &'static [Way] {
        &[Way::Json, Way::Typed, Way::Batch]
    }

    fn told(&self) -> String {
        format!("pattern {} of {}", self.pattern, self.of.field())
    }

    fn size(&self) -> u64 {
        self.pattern.size()
    }
}

impl Pattern {
    /// A policy of the pattern alone, or in JSON why there is none.
    fn policy(&self, selector: &str, subject: &dyn Subject) -> Result<Result<Box<dyn Judge>, String>, Failure> {
        let mut pair = json!({ "repositories": { "matches": "**" }, "tags": { "matches": "**" } });
        if let Some(side) = pair.get_mut(self.of.field()) {
            *side = json!({ selector: self.pattern.text() });
        }
        let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [pair] }] });
        let compiled = subject.compile(&document.to_string())?;
        Ok(compiled.map_err(|problems| json(&json!({ "problems": all(&problems) }))))
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
    /// The field of a selector pair.
    fn field(self) -> &'static str {
        match self {
            Self::Repositories => "repositories",
            Self::Tags => "tags",
        }
    }
}

/// The code of a decision. All of the answer where it has none.
pub(super) fn code(judge: &dyn Judge, event: &Event) -> Result<String, Failure> {
    let answer = judge.decide(event)?;
    let decision: Option<Value> = serde_json::from_str(&answer).ok();
    let code = decision.as_ref().and_then(|decision| decision.get("code")?.as_str());
    Ok(code.map_or(answer.clone(), str::to_owned))
}
