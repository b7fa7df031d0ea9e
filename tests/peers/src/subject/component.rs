//! Tagseal's component, and the one that answers every event alike, through the harness.

use super::{Engine, Judge};
use crate::event::{Outcome, json};
use crate::policy::Policy;
use anyhow::Result;
use serde::Deserialize;
use std::num::NonZeroUsize;
use tagseal::contract::{self, Decision, Event};
use tagseal::{COMPONENT, Cache, Component, Settings};

/// The component that answers every event alike.
pub(crate) const CONSTANT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/constant.wasm"));

struct Typed(Component);

struct Json(Component);

pub(super) struct TypedPolicy(pub(super) tagseal::Policy);

struct JsonPolicy(tagseal::Policy);

/// One instance, and nothing from an earlier run.
pub(crate) fn settings() -> Settings {
    Settings::default().with_max_instances(NonZeroUsize::MIN).with_cache(Cache::Off)
}

pub(super) fn load() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Typed(Component::from_bytes(COMPONENT, settings())?)))
}

pub(super) fn load_json() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Json(Component::from_bytes(COMPONENT, settings())?)))
}

pub(super) fn load_constant() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Typed(Component::from_bytes(CONSTANT, settings())?)))
}

impl Engine for Typed {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        Ok(Box::new(TypedPolicy(self.0.compile(&policy.document())?)))
    }
}

impl Engine for Json {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        Ok(Box::new(JsonPolicy(self.0.compile(&policy.document())?)))
    }
}

impl Judge for TypedPolicy {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        Ok(outcome(&self.0.try_evaluate(event)?))
    }

    fn judge(&mut self, events: &[Event], outcomes: &mut Vec<Outcome>) -> Result<()> {
        match events {
            [event] => outcomes.push(self.outcome(event)?),
            events => outcomes.extend(self.0.evaluate_batch(events)?.iter().map(outcome)),
        }
        Ok(())
    }
}

fn outcome(decision: &Decision) -> Outcome {
    match decision.outcome {
        contract::Outcome::Allow => Outcome::Allow,
        contract::Outcome::Deny => Outcome::Deny(decision.rule.unwrap_or_default()),
    }
}

impl Judge for JsonPolicy {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        read(&self.0.evaluate_json(&json(event)?)?)
    }
}

/// What a host needs of an answer in JSON.
#[derive(Deserialize)]
struct Answer<'a> {
    outcome: &'a str,
    rule: Option<u64>,
}

/// Reads an answer in JSON.
pub(super) fn read(answer: &str) -> Result<Outcome> {
    let answer: Answer<'_> = serde_json::from_str(answer)?;
    Ok(if answer.outcome == "allow" { Outcome::Allow } else { Outcome::Deny(answer.rule.unwrap_or_default()) })
}
