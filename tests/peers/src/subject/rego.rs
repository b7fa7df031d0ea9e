//! Rego, by `regorus`.

use super::{Engine, Judge};
use crate::event::{Outcome, Parts};
use crate::policy::{Pair, Policy, RELEASE, RELEASE_EXPRESSION, Rule, Selector};
use anyhow::{Context, Result, bail};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Value, cache};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tagseal::contract::Event;

const ENTRY: &str = "data.tagseal.forbidden";

struct Rego;

struct Machine {
    machine: RegoVM,
    names: Names,
}

pub(super) fn load() -> Result<Box<dyn Engine>> {
    cache::configure(cache::Config { regex: cache::Config::MAX_CAPACITY, glob: cache::Config::MAX_CAPACITY });
    Ok(Box::new(Rego))
}

impl Engine for Rego {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let rules: BTreeMap<&str, serde_json::Value> =
            policy.rules.iter().map(|rule| (rule.namespace.as_str(), rule_data(rule))).collect();
        let data = Value::from_json_str(&json!({ "rules": rules }).to_string())?;
        let mut engine = regorus::Engine::new();
        engine.add_policy("tagseal.rego".to_owned(), include_str!("rego.rego").to_owned())?;
        engine.add_data(data.clone())?;
        let compiled = engine.compile_with_entrypoint(&ENTRY.into())?;
        let mut machine = RegoVM::new();
        machine.load_program(Compiler::compile_from_policy(&compiled, &[ENTRY])?);
        machine.set_data(data)?;
        Ok(Box::new(Machine { machine, names: Names::new() }))
    }
}

fn rule_data(rule: &Rule) -> serde_json::Value {
    let pairs: Vec<_> = rule.pairs().iter().map(pair_data).collect();
    let deletion = if rule.deletion_allowed { "allow" } else { "deny" };
    json!({ "id": rule.id, "deletion": deletion, "pairs": pairs })
}

fn pair_data(pair: &Pair) -> serde_json::Value {
    json!({ "repositories": selector_data(&pair.repositories), "tags": selector_data(&pair.tags) })
}

/// Patterns by their kind, so that what is cheap is asked first.
fn selector_data(selector: &Selector) -> serde_json::Value {
    let (mut literals, mut globs, mut expressions) = (vec![], vec![], vec![]);
    for pattern in selector.patterns() {
        match *pattern {
            RELEASE => expressions.push(RELEASE_EXPRESSION),
            pattern if pattern.contains(['*', '{']) => globs.push(pattern),
            pattern => literals.push(pattern),
        }
    }
    let excludes = selector.excludes();
    json!({ "excludes": excludes, "literals": literals, "globs": globs, "expressions": expressions })
}

impl Judge for Machine {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        self.machine.set_input(self.names.input(&Parts::of(event)));
        let forbidden = self.machine.execute().context("the policy fails")?;
        Ok(match &forbidden {
            Value::Array(ids) => ids.first().map_or(Ok(Outcome::Allow), |id| id.as_u64().map(Outcome::Deny))?,
            other => bail!("the policy answers {other}"),
        })
    }
}

/// The names of the input's fields, made once.
struct Names([Value; 8]);

impl Names {
    fn new() -> Self {
        Self(["repository", "namespace", "path", "deletes", "digest", "tags", "tag", "current"].map(Value::from))
    }

    fn input(&self, event: &Parts<'_>) -> Value {
        let [repository, namespace, path, deletes, digest, tags, tag, current] = &self.0;
        let each = event
            .tags
            .iter()
            .map(|(name, now)| object([(tag.clone(), Value::from(*name)), (current.clone(), Value::from(*now))]));
        let (first, rest) = event.split.unwrap_or(("", ""));
        object([
            (repository.clone(), Value::from(event.repository)),
            (namespace.clone(), Value::from(first)),
            (path.clone(), Value::from(rest)),
            (deletes.clone(), Value::from(event.deletes)),
            (digest.clone(), Value::from(event.digest)),
            (tags.clone(), Value::Array(Arc::new(each.collect::<Vec<_>>().into()))),
        ])
    }
}

fn object<const COUNT: usize>(fields: [(Value, Value); COUNT]) -> Value {
    Value::from(BTreeMap::from(fields))
}
