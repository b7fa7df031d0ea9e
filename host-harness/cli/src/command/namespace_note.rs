//! Names that are easily mistaken for the namespace of a rule: a repository of one component, and a registry's host.

use serde_json::{Value, json};
use tagseal::Component;

use super::fault::Fault;
use super::reference::ambiguous_host;

/// A note for a repository of one component, where a rule is for a namespace of that name: `nginx` is not in namespace `nginx`.
/// `None` where there is no such rule, or where it can't be found out.
pub(crate) fn namespace_note(component: &Component, document: &str, repository: &str) -> Option<String> {
    if repository.contains('/') {
        return None;
    }
    let id = rule_of(component, document, repository)?;
    Some(format!(
        "repository `{repository}` has no namespace, so rule {id} for namespace `{repository}` is not for it; \
         only a rule for `*` is"
    ))
}

/// Checks that the host that was left out of a reference is not the namespace of a rule.
///
/// # Errors
///
/// `prod.x`, where a rule is for namespace `prod.x`: the reference may mean a repository of it
pub(crate) fn check_host(component: &Component, document: &str, host: Option<&str>) -> Result<(), Fault> {
    match host {
        Some(host) if rule_of(component, document, host).is_some() => Err(ambiguous_host(host)),
        _ => Ok(()),
    }
}

/// The id of the rule for a namespace. `None` where there is no such rule, and where the name is not one that a namespace can
/// have.
fn rule_of(component: &Component, document: &str, namespace: &str) -> Option<u64> {
    let query = json!({ "namespaces": [namespace] }).to_string();
    let listed: Value = serde_json::from_str(&component.list_rules(document, &query).ok()?).ok()?;
    listed.pointer("/rules/0/id")?.as_u64()
}
