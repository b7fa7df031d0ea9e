//! The difference between two policy documents, for the log: which rules and overrides a new one adds, changes or removes.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The most changes of a document that are logged one by one.
const MAX_LOGGED_CHANGES: usize = 100;

/// The most characters of a rule or an override that are logged.
const MAX_TEXT_CHARACTERS: usize = 500;

/// The changes from one document to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyChanges(Vec<PolicyChange>);

/// A rule or an override that a document adds, changes or removes.
#[derive(Debug, PartialEq, Eq)]
struct PolicyChange {
    /// `rule 3 (namespace prod)`, `the override for prod/app:v1`.
    subject: String,
    was: Option<String>,
    now: Option<String>,
}

impl PolicyChanges {
    /// Compares two valid documents. A rule or an override that is only written in another form is no change.
    pub(crate) fn between(old: &str, new: &str) -> Self {
        // Both documents were compiled, so they can be read.
        let Some((old, new)) = Outline::read(old).zip(Outline::read(new)) else { return Self::default() };
        let mut changes = Vec::new();
        add(&old.rules, &new.rules, rule_subject, &mut changes);
        add(&old.overrides, &new.overrides, override_subject, &mut changes);
        Self(changes)
    }

    /// Writes a line to the log for each change.
    pub(crate) fn log(&self) {
        self.0.iter().take(MAX_LOGGED_CHANGES).for_each(|change| tracing::info!("{change}"));
        let more = self.0.len().saturating_sub(MAX_LOGGED_CHANGES);
        if more > 0 {
            tracing::info!("{more} more rules and overrides were added, changed or removed");
        }
    }
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, was, now } = self;
        match (was, now) {
            (None, Some(now)) => write!(formatter, "{subject} was added: {now}"),
            (Some(was), None) => write!(formatter, "{subject} was removed: it was {was}"),
            (Some(was), Some(now)) => write!(formatter, "{subject} was changed: it was {was}, and is {now}"),
            (None, None) => write!(formatter, "{subject} stays"),
        }
    }
}

/// The rules and the overrides of a document, as they are written.
struct Outline<'a> {
    rules: BTreeMap<u64, &'a RawValue>,
    overrides: BTreeMap<(String, String), &'a RawValue>,
}

impl<'a> Outline<'a> {
    fn read(document: &'a str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            rules: Vec<&'a RawValue>,
            #[serde(borrow, default)]
            overrides: Vec<&'a RawValue>,
        }
        #[derive(Deserialize)]
        struct RuleKey {
            id: u64,
        }
        #[derive(Deserialize)]
        struct OverrideKey {
            repository: String,
            tag: String,
        }
        let Fields { rules, overrides } = serde_json::from_str(document).ok()?;
        let rules = rules.into_iter().map(|raw| Some((serde_json::from_str::<RuleKey>(raw.get()).ok()?.id, raw)));
        let overrides = overrides.into_iter().map(|raw| {
            let OverrideKey { repository, tag } = serde_json::from_str(raw.get()).ok()?;
            Some(((repository, tag), raw))
        });
        Some(Self { rules: rules.collect::<Option<_>>()?, overrides: overrides.collect::<Option<_>>()? })
    }
}

/// Adds what differs between two lists.
fn add<K: Ord>(
    old: &BTreeMap<K, &RawValue>,
    new: &BTreeMap<K, &RawValue>,
    subject: impl Fn(&K, &Value) -> String,
    changes: &mut Vec<PolicyChange>,
) {
    let mut push = |key: &K, was: Option<&RawValue>, now: Option<&RawValue>| {
        let [was, now] = [was, now].map(|raw| raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()));
        if was != now {
            let subject = subject(key, now.as_ref().or(was.as_ref()).unwrap_or(&Value::Null));
            changes.push(PolicyChange { subject, was: was.map(shortened), now: now.map(shortened) });
        }
    };
    for (key, raw) in old.iter().filter(|(key, _)| !new.contains_key(key)) {
        push(key, Some(raw), None);
    }
    for (key, raw) in new {
        match old.get(key) {
            // Most rules stay as they are, byte for byte, and need not be read.
            Some(was) if was.get() == raw.get() => {}
            was => push(key, was.copied(), Some(raw)),
        }
    }
}

fn rule_subject(id: &u64, rule: &Value) -> String {
    let namespace = rule.get("namespace").and_then(Value::as_str).unwrap_or_default();
    format!("rule {id} (namespace {namespace})")
}

fn override_subject((repository, tag): &(String, String), _: &Value) -> String {
    format!("the override for {repository}:{tag}")
}

/// A value in JSON, on one line, and not too long.
fn shortened(value: Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_TEXT_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::PolicyChanges;

    const OLD: &str = r#"{"version": 1, "rules": [
        {"id": 1, "namespace": "prod", "preset": "latest"},
        {"id": 2, "namespace": "dev", "preset": "latest"},
        {"id": 3, "namespace": "test", "preset": "latest"}],
        "overrides": [{"repository": "prod/app", "tag": "v1", "until": "2026-12-01T18:00:00Z", "reason": "old"}]}"#;

    const NEW: &str = r#"{"version": 1, "revision": 1, "next-id": 9, "overrides": [
        {"repository": "prod/app", "tag": "v2", "until": "2026-12-01T18:00:00Z", "reason": "new", "by": "alice"}],
        "rules": [
        {"id": 4, "namespace": "team", "preset": "latest"},
        {"preset": "latest",
         "namespace": "dev", "id": 2},
        {"id": 1, "namespace": "prod", "preset": "latest", "enabled": false}]}"#;

    fn lines(old: &str, new: &str) -> Vec<String> {
        PolicyChanges::between(old, new).0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_rule_and_override_that_differs_is_named_with_what_it_was_and_is() {
        let prod = r#"{"id":1,"namespace":"prod","preset":"latest"}"#;
        let test = r#"{"id":3,"namespace":"test","preset":"latest"}"#;
        let v1 = r#"{"reason":"old","repository":"prod/app","tag":"v1","until":"2026-12-01T18:00:00Z"}"#;
        let v2 = r#"{"by":"alice","reason":"new","repository":"prod/app","tag":"v2","until":"2026-12-01T18:00:00Z"}"#;
        let expected = [
            format!("rule 3 (namespace test) was removed: it was {test}"),
            format!(
                "rule 1 (namespace prod) was changed: it was {prod}, and is \
                 {{\"enabled\":false,\"id\":1,\"namespace\":\"prod\",\"preset\":\"latest\"}}"
            ),
            "rule 4 (namespace team) was added: {\"id\":4,\"namespace\":\"team\",\"preset\":\"latest\"}".to_owned(),
            format!("the override for prod/app:v1 was removed: it was {v1}"),
            format!("the override for prod/app:v2 was added: {v2}"),
        ];
        assert_eq!(lines(OLD, NEW), expected);
    }

    #[test]
    fn what_is_only_written_in_another_form_is_no_change() {
        assert_eq!(lines(OLD, OLD), [""; 0]);
        assert_eq!(lines(OLD, &OLD.replace('\n', "").replace("  ", "\n")), [""; 0]);
    }

    #[test]
    fn a_long_rule_is_cut() {
        let long = OLD.replace("\"prod\", ", &format!("\"prod\", \"note\": \"{}\", ", "ü".repeat(2_000)));
        let [line] = &lines(OLD, &long)[..] else { panic!("one rule has changed") };
        assert!(line.ends_with("ü…") && line.chars().count() < 700, "{line}");
    }
}
