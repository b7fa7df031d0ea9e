//! Policy documents, and what makes one legal. How many patterns a rule may have is not looked at.

use super::selector::Selector;
use super::{grammar, json};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The greatest number that every reader of JSON holds exactly.
const GREATEST: u64 = (1 << 53) - 1;

#[derive(Debug)]
pub(super) struct Document {
    pub(super) revision: u64,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: u64,
    pub(super) namespace: String,
    pub(super) enabled: bool,
    pub(super) allows_deletion: bool,
    pub(super) exempt: Vec<String>,
    pub(super) pairs: Vec<Pair>,
}

#[derive(Debug)]
pub(super) struct Pair {
    pub(super) repositories: Selector,
    pub(super) tags: Selector,
}

impl Document {
    /// Reads a document; what is wrong with it where it is not legal.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let document = json::read(text).ok_or("no JSON, or a key twice")?;
        let fields = object(&document, &["version", "rules"], &["instance", "revision", "next-id"])?;
        require(document.get("version").and_then(Value::as_u64) == Some(1), "another version")?;
        let is_name = |name: &str| name.chars().count() <= 255 && !name.chars().any(char::is_control);
        require(fields.get("instance").is_none_or(|name| name.as_str().is_some_and(is_name)), "no name")?;
        let revision = fields.get("revision").map_or(Some(0), Value::as_u64).filter(|revision| *revision <= GREATEST);
        let rules = list(&fields, "rules")?.iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        check_ids(&rules, fields.get("next-id"))?;
        let namespaces: BTreeSet<_> = rules.iter().map(|rule| &rule.namespace).collect();
        require(namespaces.len() == rules.len(), "a namespace twice")?;
        Ok(Self { revision: revision.ok_or("no revision")?, rules })
    }
}

/// Each id once, and the next one not used yet.
fn check_ids(rules: &[Rule], next: Option<&Value>) -> Result<(), String> {
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
    require(ids.len() == rules.len(), "an id twice")?;
    let Some(next) = next else { return Ok(()) };
    let next = next.as_u64().ok_or("no next id")?;
    let free = ids.last().map_or(1, |greatest| greatest + 1);
    require((free..=GREATEST + 1).contains(&next), "a next id that is used, or too great")
}

impl Rule {
    fn read(rule: &Value) -> Result<Self, String> {
        let optional = ["enabled", "deletion", "exempt", "note", "preset", "protects"];
        let fields = object(rule, &["id", "namespace"], &optional)?;
        let note = fields.get("note").map_or(Some(""), Value::as_str).ok_or("no note")?;
        require(note.chars().count() <= 1_000, "a long note")?;
        let namespace = fields.get("namespace").and_then(Value::as_str).ok_or("no namespace")?;
        let component = namespace.len() <= 255 && !namespace.contains('/') && grammar::REPOSITORY.admits(namespace);
        require(namespace == "*" || component, "no component")?;
        let id = fields.get("id").and_then(Value::as_u64).filter(|id| (1..=GREATEST).contains(id));
        Ok(Self {
            id: id.ok_or("no id")?,
            namespace: namespace.to_owned(),
            enabled: fields.get("enabled").map_or(Some(true), Value::as_bool).ok_or("neither true nor false")?,
            allows_deletion: match fields.get("deletion").map(|word| word.as_str()) {
                None | Some(Some("deny")) => false,
                Some(Some("allow")) => true,
                Some(_) => return Err("neither deny nor allow".into()),
            },
            exempt: read_exempt(&fields)?,
            pairs: read_pairs(&fields)?,
        })
    }

    /// What the patterns see of a repository: the path in the rule's namespace, or the full name for `*`.
    pub(super) fn sees<'name>(&self, repository: &'name str) -> &'name str {
        if self.namespace == "*" {
            return repository;
        }
        repository.split_once('/').map_or(repository, |(_, path)| path)
    }

    /// Whether the rule leaves a tag alone.
    pub(super) fn exempts(&self, tag: &str) -> bool {
        self.exempt.iter().any(|set| match set.as_str() {
            "signatures" => grammar::SIGNATURES.admits(tag),
            _ => grammar::REFERRERS.admits(tag),
        })
    }
}

fn read_exempt(fields: &Fields) -> Result<Vec<String>, String> {
    if !fields.contains_key("exempt") {
        return Ok(Vec::new());
    }
    let names = list(fields, "exempt")?;
    let known = |name: &Value| matches!(name.as_str(), Some("signatures" | "referrers"));
    let distinct: BTreeSet<_> = names.iter().filter_map(Value::as_str).collect();
    require(names.iter().all(known) && distinct.len() == names.len(), "an unknown set, or one twice")?;
    Ok(distinct.into_iter().map(str::to_owned).collect())
}

fn read_pairs(fields: &Fields) -> Result<Vec<Pair>, String> {
    match fields.get("preset") {
        Some(preset) => {
            require(preset.as_str() == Some("latest") && !fields.contains_key("protects"), "no preset, or both")?;
            Ok(vec![Pair::latest()])
        }
        None => {
            let pairs = list(fields, "protects")?;
            require((1..=1_000).contains(&pairs.len()), "no pair, or too many")?;
            pairs.iter().map(Pair::read).collect()
        }
    }
}

impl Pair {
    /// The preset: every tag of every repository but `latest`.
    fn latest() -> Self {
        Self { repositories: Selector::everything(), tags: Selector::all_but("latest") }
    }

    fn read(pair: &Value) -> Result<Self, String> {
        let fields = object(pair, &["repositories", "tags"], &[])?;
        let selector = |name, is_tag| Selector::read(fields.get(name).unwrap_or(&Value::Null), is_tag);
        Ok(Self { repositories: selector("repositories", false)?, tags: selector("tags", true)? })
    }
}

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// The fields of a value that is an object, has these fields, and none but these and those.
pub(super) fn object(value: &Value, required: &[&str], optional: &[&str]) -> Result<Fields, String> {
    let fields = value.as_object().ok_or("no object")?;
    require(required.iter().all(|name| fields.contains_key(*name)), "a field is missing")?;
    let known = |name: &String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
    require(fields.keys().all(known), "an unknown field")?;
    Ok(fields.clone())
}

fn list<'fields>(fields: &'fields Fields, name: &str) -> Result<&'fields Vec<Value>, String> {
    fields.get(name).and_then(Value::as_array).ok_or_else(|| format!("no list `{name}`"))
}

/// An error unless something holds.
pub(super) fn require(holds: bool, error: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(error.to_owned()) }
}
