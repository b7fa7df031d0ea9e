//! Cedar, by `cedar-policy`.

use super::{Engine, Judge};
use crate::event::{Outcome, Parts};
use crate::policy::{Policy, RELEASE, RELEASE_EXPRESSION, Rule, Selector};
use anyhow::{Context, Result, anyhow, bail};
use cedar_policy::{
    Authorizer, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Request, Response,
    RestrictedExpression,
};
use regex::Regex;
use std::collections::BTreeMap;
use tagseal::contract::Event;

struct Cedar;

struct Sets {
    authorizer: Authorizer,
    /// For each namespace, its own rule and the one for `*`.
    named: BTreeMap<String, PolicySet>,
    /// For all others, the one for `*` alone.
    others: PolicySet,
    entities: Entities,
    release: Regex,
    principal: EntityUid,
    write: EntityUid,
    delete: EntityUid,
    tag: EntityTypeName,
}

#[expect(clippy::unnecessary_wraps, reason = "the others can fail")]
pub(super) fn load() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Cedar))
}

impl Engine for Cedar {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let permit = parse("permit", "permit(principal, action, resource);")?;
        let mut others = PolicySet::from_policies([permit])?;
        if let Some(rule) = policy.rules.iter().find(|rule| rule.namespace == "*") {
            others.add(forbid(rule)?)?;
        }
        let mut named = BTreeMap::new();
        for rule in policy.rules.iter().filter(|rule| rule.namespace != "*") {
            let mut set = others.clone();
            set.add(forbid(rule)?)?;
            named.insert(rule.namespace.clone(), set);
        }
        Ok(Box::new(Sets {
            authorizer: Authorizer::new(),
            named,
            others,
            entities: Entities::empty(),
            release: Regex::new(RELEASE_EXPRESSION)?,
            principal: r#"Client::"push""#.parse()?,
            write: r#"Action::"write""#.parse()?,
            delete: r#"Action::"delete""#.parse()?,
            tag: "Tag".parse()?,
        }))
    }
}

/// The policy of a rule, with the rule's id in its own: that is how those for `*` are recognised.
fn forbid(rule: &Rule) -> Result<cedar_policy::Policy> {
    let (kind, subject) = if rule.namespace == "*" { ("instance", "repository") } else { ("named", "path") };
    let moves = r#"(context.current != "absent" && context.current != context.digest)"#;
    let (actions, asked) = if rule.deletion_allowed {
        (r#"action == Action::"write""#, moves.to_owned())
    } else {
        ("action", format!(r#"(action == Action::"delete" || {moves})"#))
    };
    let pairs: Vec<String> = rule
        .pairs()
        .iter()
        .map(|pair| format!("({} && {})", selector(&pair.repositories, subject), selector(&pair.tags, "tag")))
        .collect();
    let text = format!("forbid(principal, {actions}, resource) when {{ {asked} && ({}) }};", pairs.join(" || "));
    parse(&format!("{kind} {}", rule.id), &text)
}

fn parse(id: &str, text: &str) -> Result<cedar_policy::Policy> {
    cedar_policy::Policy::parse(Some(PolicyId::new(id)), text).map_err(|errors| anyhow!("`{text}`: {errors}"))
}

fn selector(selector: &Selector, subject: &str) -> String {
    let matches: Vec<String> = selector
        .patterns()
        .iter()
        .flat_map(|pattern| alternatives(pattern))
        .map(|pattern| matches(&pattern, subject))
        .collect();
    format!("{}({})", if selector.excludes() { "!" } else { "" }, matches.join(" || "))
}

/// A pattern's alternatives, each without braces. The patterns here have one pair of braces at most.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let Some((before, (inside, after))) =
        pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return vec![pattern.to_owned()];
    };
    inside.split(',').map(|alternative| format!("{before}{alternative}{after}")).collect()
}

/// A pattern without braces. Cedar's star crosses `/`, so of a name that a glob's star would not reach, one more is excluded.
fn matches(pattern: &str, subject: &str) -> String {
    if pattern == RELEASE {
        return "context.release".to_owned();
    }
    match pattern.split_once('*') {
        None => format!(r#"context.{subject} == "{pattern}""#),
        Some(("", "*")) => "true".to_owned(),
        Some((prefix, "")) if subject != "tag" => {
            format!(r#"(context.{subject} like "{prefix}*" && !(context.{subject} like "{prefix}*/*"))"#)
        }
        Some((prefix, suffix)) => {
            format!(r#"context.{subject} like "{prefix}*{}""#, suffix.trim_start_matches('*'))
        }
    }
}

impl Judge for Sets {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        let event = &Parts::of(event);
        let (namespace, path) = event.split.unwrap_or(("", ""));
        let set = self.named.get(namespace).unwrap_or(&self.others);
        for (tag, current) in &event.tags {
            let request = self.request(event, path, tag, current)?;
            let response = self.authorizer.is_authorized(&request, set, &self.entities);
            if response.decision() == Decision::Deny {
                return Ok(Outcome::Deny(forbidden_by(&response)?));
            }
        }
        Ok(Outcome::Allow)
    }
}

impl Sets {
    fn request(&self, event: &Parts<'_>, path: &str, tag: &str, current: &str) -> Result<Request> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let context = cedar_policy::Context::from_pairs([
            ("repository".to_owned(), text(event.repository)),
            ("path".to_owned(), text(path)),
            ("tag".to_owned(), text(tag)),
            ("current".to_owned(), text(current)),
            ("digest".to_owned(), text(event.digest)),
            ("release".to_owned(), RestrictedExpression::new_bool(self.release.is_match(tag))),
        ])?;
        let action = if event.deletes { &self.delete } else { &self.write };
        let resource = EntityUid::from_type_name_and_id(self.tag.clone(), EntityId::new(tag));
        Ok(Request::new(self.principal.clone(), action.clone(), resource, context, None)?)
    }
}

/// The rule that forbids: the namespace's before the one for `*`.
fn forbidden_by(response: &Response) -> Result<u64> {
    if let Some(error) = response.diagnostics().errors().next() {
        bail!("{error}");
    }
    let ids = response.diagnostics().reason().map(AsRef::<str>::as_ref);
    let first = ids.max().context("nothing forbids, and nothing permits")?;
    let (_, id) = first.split_once(' ').context("the policy is no rule's")?;
    Ok(id.parse()?)
}
