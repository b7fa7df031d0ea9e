//! Documents, printed as people write them.

use super::draft::{Deletion, Draft, Pair, Rule, Selector};
use serde_json::Value;

/// Most characters of a list of patterns on one line.
const LINE: usize = 100;

/// The document of a draft all of whose rules have ids.
pub(super) fn document(draft: &Draft, instance: Option<&str>) -> String {
    let instance = instance.map(|name| format!("  \"instance\": {},\n", quoted(name))).unwrap_or_default();
    let rules: Vec<_> = draft.rules.iter().map(rule).collect();
    let rules = if rules.is_empty() { String::from("[]") } else { format!("[\n    {}\n  ]", rules.join(",\n    ")) };
    format!("{{\n  \"version\": 1,\n{instance}  \"rules\": {rules}\n}}\n")
}

fn rule(rule: &Rule) -> String {
    let enabled = if rule.enabled { "" } else { ", \"enabled\": false" };
    let deletion = match rule.deletion {
        Deletion::Deny => "",
        Deletion::Allow(_) => ", \"deletion\": \"allow\"",
    };
    let id = rule.id.unwrap_or_default();
    let head = format!("{{ \"id\": {id}, \"namespace\": {}{enabled}{deletion}", quoted(&rule.namespace));
    if rule.is_preset() {
        return format!("{head}, \"preset\": \"latest\" }}");
    }
    match &*rule.pairs.iter().map(pair).collect::<Vec<_>>() {
        [pair] => format!("{head},\n      \"protects\": [{pair}] }}"),
        pairs => format!("{head},\n      \"protects\": [\n        {}\n      ] }}", pairs.join(",\n        ")),
    }
}

fn pair(pair: &Pair) -> String {
    format!("{{ \"repositories\": {}, \"tags\": {} }}", selector(&pair.repositories), selector(&pair.tags))
}

fn selector(selector: &Selector) -> String {
    let side = if selector.excludes { "excludes" } else { "matches" };
    let patterns: Vec<_> = selector.patterns.iter().map(|pattern| quoted(&pattern.text)).collect();
    match &*patterns {
        [pattern] => format!("{{ \"{side}\": {pattern} }}"),
        patterns if patterns.iter().map(|pattern| pattern.len() + 2).sum::<usize>() <= LINE => {
            format!("{{ \"{side}\": [{}] }}", patterns.join(", "))
        }
        patterns => format!("{{ \"{side}\": [\n          {}\n        ] }}", patterns.join(",\n          ")),
    }
}

/// A text as JSON writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
