//! A service that keeps patterns as texts, and compiles them when it is asked.

use super::{Engine, Judge};
use crate::event::{Outcome, Parts};
use crate::policy::{Policy, RELEASE, RELEASE_EXPRESSION, Rule, Selector};
use anyhow::Result;
use globset::GlobBuilder;
use regex::Regex;
use std::collections::BTreeMap;
use tagseal::contract::Event;

struct Globs;

struct Rules {
    named: BTreeMap<String, Rule>,
    release: Regex,
}

#[expect(clippy::unnecessary_wraps, reason = "the others can fail")]
pub(super) fn load() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Globs))
}

impl Engine for Globs {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let named = policy.rules.iter().map(|rule| (rule.namespace.clone(), rule.clone())).collect();
        Ok(Box::new(Rules { named, release: Regex::new(RELEASE_EXPRESSION)? }))
    }
}

impl Judge for Rules {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        let event = &Parts::of(event);
        let named = event.split.and_then(|(namespace, path)| Some((self.named.get(namespace)?, path)));
        let instance = self.named.get("*").map(|rule| (rule, event.repository));
        for (tag, current) in &event.tags {
            if !event.deletes && (*current == "absent" || *current == event.digest) {
                continue;
            }
            for (rule, subject) in named.into_iter().chain(instance) {
                if !(event.deletes && rule.deletion_allowed) && self.protects(rule, subject, tag)? {
                    return Ok(Outcome::Deny(rule.id));
                }
            }
        }
        Ok(Outcome::Allow)
    }
}

impl Rules {
    fn protects(&self, rule: &Rule, subject: &str, tag: &str) -> Result<bool> {
        for pair in rule.pairs() {
            if self.selects(&pair.repositories, subject)? && self.selects(&pair.tags, tag)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn selects(&self, selector: &Selector, text: &str) -> Result<bool> {
        for pattern in selector.patterns() {
            if self.matches(pattern, text)? {
                return Ok(!selector.excludes());
            }
        }
        Ok(selector.excludes())
    }

    fn matches(&self, pattern: &str, text: &str) -> Result<bool> {
        if pattern == RELEASE {
            return Ok(self.release.is_match(text));
        }
        Ok(GlobBuilder::new(pattern).literal_separator(true).build()?.compile_matcher().is_match(text))
    }
}
