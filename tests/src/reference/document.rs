//! Policy documents, and what makes one legal. How many patterns a rule may have is not looked at.

use super::fields::{Fields, list, object, require};
use super::selector::Selector;
use super::{grammar, json};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The greatest number that every reader of JSON holds exactly.
const GREATEST: u64 = (1 << 53) - 1;

#[derive(Debug)]
pub(super) struct Document {
    pub(super) revision: u64,
    pub(super) rules: Vec<Rule>,
    /// For each tag with an override, its end.
    pub(super) overrides: BTreeMap<(String, String), String>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: u64,
    pub(super) namespace: String,
    pub(super) enabled: bool,
    pub(super) deletion: Deletion,
    pub(super) exempt: Vec<String>,
    pub(super) pairs: Vec<Pair>,
}

/// Whether a protected tag may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    Deny,
    Allow,
    Retire,
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
        let fields = object(&document, &["version", "rules"], &["instance", "revision", "next-id", "overrides"])?;
        require(document.get("version").and_then(Value::as_u64) == Some(1), "another version")?;
        let is_name = |name: &str| name.chars().count() <= 255 && !name.chars().any(char::is_control);
        require(fields.get("instance").is_none_or(|name| name.as_str().is_some_and(is_name)), "no name")?;
        let revision = fields.get("revision").map_or(Some(0), Value::as_u64).filter(|revision| *revision <= GREATEST);
        let rules = list(&fields, "rules")?.iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        check_ids(&rules, fields.get("next-id"))?;
        let namespaces: BTreeSet<_> = rules.iter().map(|rule| &rule.namespace).collect();
        require(namespaces.len() == rules.len(), "a namespace twice")?;
        Ok(Self { revision: revision.ok_or("no revision")?, rules, overrides: read_overrides(&fields)? })
    }
}

fn read_overrides(fields: &Fields) -> Result<BTreeMap<(String, String), String>, String> {
    if !fields.contains_key("overrides") {
        return Ok(BTreeMap::new());
    }
    let list = list(fields, "overrides")?;
    let overrides = list.iter().map(read_override).collect::<Result<BTreeMap<_, _>, _>>()?;
    require(overrides.len() == list.len() && list.len() <= 1_000, "two overrides for a tag, or too many")?;
    Ok(overrides)
}

fn read_override(one: &Value) -> Result<((String, String), String), String> {
    let fields = object(one, &["repository", "tag", "until", "reason"], &["by"])?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let is_short =
        |text: &str, most: usize| (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let is_repository = |name: &&str| name.len() <= 255 && grammar::REPOSITORY.admits(name);
    let repository = text("repository").filter(is_repository).ok_or("no repository")?;
    let tag = text("tag").filter(|tag| grammar::TAG.admits(tag)).ok_or("no tag")?;
    let until = text("until").filter(|time| grammar::is_time(time)).ok_or("no time")?;
    require(text("reason").is_some_and(|reason| is_short(reason, 500)), "no reason")?;
    require(!fields.contains_key("by") || text("by").is_some_and(|by| is_short(by, 128)), "nobody")?;
    Ok(((repository.to_owned(), tag.to_owned()), until.to_owned()))
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
            deletion: match fields.get("deletion").map(|word| word.as_str()) {
                None | Some(Some("deny")) => Deletion::Deny,
                Some(Some("allow")) => Deletion::Allow,
                Some(Some("retire")) => Deletion::Retire,
                Some(_) => return Err("neither deny, allow nor retire".into()),
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

    /// Whether the rule exempts a tag of a repository.
    pub(super) fn exempts(&self, repository: &str, tag: &str) -> bool {
        self.exempt.iter().any(|set| match set.as_str() {
            "signatures" => grammar::SIGNATURES.admits(tag),
            "cache" => grammar::CACHE.admits(tag) || grammar::CACHE_REPOSITORY.admits(repository),
            _ => grammar::REFERRERS.admits(tag),
        })
    }
}

fn read_exempt(fields: &Fields) -> Result<Vec<String>, String> {
    if !fields.contains_key("exempt") {
        return Ok(Vec::new());
    }
    let names = list(fields, "exempt")?;
    let known = |name: &Value| matches!(name.as_str(), Some("signatures" | "referrers" | "cache"));
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
