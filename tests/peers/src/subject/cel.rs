//! CEL, by the crate `cel`.

use super::{Engine, Judge};
use crate::event::{Outcome, Parts};
use crate::policy::{Policy, RELEASE, RELEASE_EXPRESSION, Rule, Selector};
use anyhow::{Result, anyhow, bail};
use cel::common::types::{CelBool, CelString};
use cel::{Context, Env, Program, Value, extensions};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;
use tagseal::contract::Event;

struct Cel {
    environment: Arc<Env>,
    release: Release,
}

/// Who finds out whether a tag is a release.
#[derive(Clone)]
enum Release {
    /// By the rule's own expression.
    Policy,
    /// By the host, which binds the answer to a variable.
    Host(Regex),
}

struct Rules {
    environment: Arc<Env>,
    named: BTreeMap<String, (u64, Program)>,
    release: Release,
}

pub(super) fn load() -> Result<Box<dyn Engine>> {
    load_with(Release::Policy)
}

pub(super) fn load_helped() -> Result<Box<dyn Engine>> {
    load_with(Release::Host(Regex::new(RELEASE_EXPRESSION)?))
}

fn load_with(release: Release) -> Result<Box<dyn Engine>> {
    let mut environment = Env::stdlib();
    environment.add_extension(extensions::strings)?;
    Ok(Box::new(Cel { environment: Arc::new(environment), release }))
}

impl Engine for Cel {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let mut named = BTreeMap::new();
        for rule in &policy.rules {
            let program =
                self.environment.compile(&expression(rule, &self.release)).map_err(|errors| anyhow!("{errors:?}"))?;
            named.insert(rule.namespace.clone(), (rule.id, program));
        }
        Ok(Box::new(Rules { environment: self.environment.clone(), named, release: self.release.clone() }))
    }
}

/// Whether a rule forbids what is asked: `(deletes || …) && (…)`.
fn expression(rule: &Rule, release: &Release) -> String {
    let subject = if rule.namespace == "*" { "repository" } else { "path" };
    let moves = r#"(current != "absent" && current != digest)"#;
    let asked = if rule.deletion_allowed { format!("!deletes && {moves}") } else { format!("(deletes || {moves})") };
    let pairs: Vec<String> = rule
        .pairs()
        .iter()
        .map(|pair| {
            let repositories = selector(&pair.repositories, subject, release);
            format!("({repositories} && {})", selector(&pair.tags, "tag", release))
        })
        .collect();
    format!("{asked} && ({})", pairs.join(" || "))
}

fn selector(selector: &Selector, subject: &str, release: &Release) -> String {
    let matches: Vec<String> = selector
        .patterns()
        .iter()
        .flat_map(|pattern| super::cedar::alternatives(pattern))
        .map(|pattern| matches(&pattern, subject, release))
        .collect();
    format!("{}({})", if selector.excludes() { "!" } else { "" }, matches.join(" || "))
}

/// A pattern without braces, in the cheapest words that CEL has for it.
fn matches(pattern: &str, subject: &str, release: &Release) -> String {
    match pattern.split_once('*') {
        None if pattern == RELEASE => match release {
            Release::Policy => format!("{subject}.matches(r'{RELEASE_EXPRESSION}')"),
            Release::Host(_) => "release".to_owned(),
        },
        None => format!(r#"{subject} == "{pattern}""#),
        Some(("", "*")) => "true".to_owned(),
        Some(("", suffix)) => format!(r#"{subject}.endsWith("{suffix}")"#),
        Some((prefix, _)) if subject != "tag" && !pattern.ends_with("**") => {
            format!(r#"{subject}.startsWith("{prefix}") && {subject}.indexOf("/", {}) < 0"#, prefix.len())
        }
        Some((prefix, _)) => format!(r#"{subject}.startsWith("{prefix}")"#),
    }
}

impl Judge for Rules {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        let event = &Parts::of(event);
        let (namespace, path) = event.split.unwrap_or(("", ""));
        let rules = [self.named.get(namespace), self.named.get("*")];
        let mut context = Context::with_env(self.environment.clone());
        let text = |text| Box::new(CelString::from(text));
        context.add_variable_as_val("repository", text(event.repository));
        context.add_variable_as_val("path", text(path));
        context.add_variable_as_val("deletes", Box::new(CelBool::from(event.deletes)));
        context.add_variable_as_val("digest", text(event.digest));
        for (tag, current) in &event.tags {
            context.add_variable_as_val("tag", text(tag));
            context.add_variable_as_val("current", text(current));
            if let Release::Host(release) = &self.release {
                context.add_variable_as_val("release", Box::new(CelBool::from(release.is_match(tag))));
            }
            for (id, program) in rules.into_iter().flatten() {
                match program.execute(&context)? {
                    Value::Bool(true) => return Ok(Outcome::Deny(*id)),
                    Value::Bool(false) => {}
                    other => bail!("the expression of rule {id} answers {other:?}"),
                }
            }
        }
        Ok(Outcome::Allow)
    }
}
