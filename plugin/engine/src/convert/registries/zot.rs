//! zot: access control, in its configuration.
//!
//! There, a tag is immutable for whoever may create it and not update it. Only the longest pattern that matches a repository
//! counts, so longer ones are left out of the pair of a shorter one. Here, rules hold for everybody.

use super::zot_access::{Access, Freedom};
use crate::convert::draft::{Draft, Located, Pair, Pattern, Rule, Selector};
use crate::convert::options::Options;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::pattern::parse::shape;
use crate::pattern::subject::Subject;
use crate::reference::is_component;
use crate::rule::deletion::Deletion;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};

/// Reads a configuration, or its `accessControl` alone.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let fields = root.some_fields(FIELDS, report)?;
    if FIELDS.iter().all(|field| fields.optional(field).is_none()) {
        let message = "this is not a configuration of zot: it has none of its fields".into();
        report.problem(&root.place, message, "import the configuration, with `http` and `storage` in it");
        return None;
    }
    let http = fields.given("http").and_then(|http| http.some_fields(&["accessControl"], report));
    let control = http.as_ref().and_then(|http| http.given("accessControl")).or_else(|| fields.given("accessControl"));
    let Some(control) = control else {
        let message = "the configuration has no `accessControl`, so everybody may overwrite every tag".into();
        report.warning(&root.place, message, "check that it is the configuration of zot");
        return Some(Draft::default());
    };
    let keys = read_keys(control, report)?;
    let mut draft = Draft::default();
    for key in &keys {
        add_key(key, &keys, options, &mut draft, report);
    }
    draft.warn_of_same_push("zot", report);
    Some(draft)
}

/// What zot reads at the top of its configuration, and `accessControl`, which may be given alone.
const FIELDS: &[&str] =
    &["accessControl", "cluster", "distSpecVersion", "extensions", "goVersion", "http", "log", "scheduler", "storage"];

/// A pattern of repositories, and who may do what with them.
struct Key {
    text: String,
    place: Place,
    access: Access,
}

/// What stands in `accessControl` besides patterns, where they are not in `repositories`.
const SETTINGS: &[&str] = &["adminPolicy", "groups", "metrics", "repositories"];

fn read_keys(control: &Node<'_>, report: &mut Report) -> Option<Vec<Key>> {
    let fields = control.some_fields(SETTINGS, report)?;
    let mut everywhere = Access::default();
    if let Some(policy) = fields.given("adminPolicy") {
        everywhere.add_policy(policy, report);
    }
    let mut entries = fields.given("repositories").unwrap_or(control).entries(report)?;
    entries.retain(|(name, _)| fields.given("repositories").is_some() || !SETTINGS.contains(&&**name));
    let mut keys = Vec::new();
    for (name, node) in entries {
        let access = Access::read(&node, &everywhere, report);
        match (shape(&name, Subject::Repository), access) {
            (Ok(_), Some(access)) => keys.push(Key { text: name.into_owned(), place: node.place, access }),
            (Ok(_), None) => {}
            (Err(fault), _) => report.problem(&node.place, fault.message(), fault.help()),
        }
    }
    Some(keys)
}

/// Adds the pair of a key whose tags are immutable, and reports what it means otherwise.
fn add_key(key: &Key, keys: &[Key], options: &Options, draft: &mut Draft, report: &mut Report) {
    let Key { text, place, access } = key;
    let who = match access.freedom() {
        Freedom::Free => return,
        Freedom::Closed => {
            let message = format!("nobody may push to `{text}` there; here it has no rule, so everybody may");
            report.warning(place, message, "take the right to push away in the registry");
            return;
        }
        Freedom::Frozen(who) => who,
    };
    let mut message = format!("what `{text}` grants depends on the user there; here its rule holds for everybody");
    if !who.is_empty() {
        message.extend([", though ", &who.join(", "), " may overwrite tags there"]);
    }
    report.warning(place, message, "nothing has to be done; to replace one tag, add an override for it");
    let longer: Vec<_> = keys.iter().filter(|other| other.may_take_from(key)).collect();
    let namespace = namespace(text).filter(|_| longer.iter().all(|other| self::namespace(&other.text).is_some()));
    let name = namespace.unwrap_or(WHOLE_INSTANCE);
    if !options.agrees(name, place, report) {
        return;
    }
    if text.strip_suffix("/**").is_some_and(|stem| Some(stem) == namespace) {
        let message = format!("`{text}` is also for the repository `{name}` there, which is in no namespace here");
        report.warning(place, message, "protect it by the rule for `*`, if there is one");
    }
    let mut repositories = Selector::of(place, SelectorField::Matches, Vec::new());
    key.push_patterns(namespace, &mut repositories.matches);
    longer.iter().for_each(|other| other.push_patterns(namespace, &mut repositories.excludes));
    let tags = Selector::implied(place, SelectorField::Matches, "**");
    let pair = Pair { place: place.clone(), repositories, tags };
    let deletion = if access.allows_deletion() { Deletion::Allow } else { Deletion::Deny };
    add_pair(draft, name, pair, deletion, report);
}

/// Adds a pair to the rule of a namespace. Where its pairs differ in whether tags may be deleted, none may.
fn add_pair(draft: &mut Draft, namespace: &str, pair: Pair, deletion: Deletion, report: &mut Report) {
    let Some(rule) = draft.rules.iter_mut().find(|rule| rule.namespace == namespace) else {
        let deletion = Located { value: deletion, place: pair.place.clone() };
        let rule = Rule::new(&pair.place, namespace.to_owned());
        draft.rules.push(Rule { deletion, pairs: vec![pair], ..rule });
        return;
    };
    if rule.deletion.value != deletion {
        rule.deletion.value = Deletion::Deny;
        let message = "tags may be deleted by one pattern of the rule and not by another; here none may be deleted";
        report.warning(&pair.place, message.into(), "give the rule `\"deletion\": \"allow\"`, if they should");
    }
    rule.pairs.push(pair);
}

impl Key {
    /// Adds its patterns, as a rule for a namespace sees them, or the rule for the whole instance.
    fn push_patterns(&self, namespace: Option<&str>, patterns: &mut Vec<Pattern>) {
        let path = namespace.and_then(|name| self.text.strip_prefix(name)?.strip_prefix('/')).unwrap_or(&self.text);
        // `a/**` is for `a` too.
        if let Some(stem) = path.strip_suffix("/**") {
            patterns.push(Pattern::text(&self.place, stem));
        }
        patterns.push(Pattern::text(&self.place, path));
    }

    /// Whether this key is the one that counts for repositories that another one matches: it is longer, and the texts that both
    /// begin with don't differ.
    fn may_take_from(&self, other: &Self) -> bool {
        let (ours, theirs) = (literal_start(&self.text), literal_start(&other.text));
        let (is_name, is_other_name) = (ours == self.text, theirs == other.text);
        // `a/**` is for `a` too.
        let may_meet = !is_name && (theirs.starts_with(ours) || ours.strip_suffix('/') == Some(theirs))
            || !is_other_name && ours.starts_with(theirs);
        self.text.chars().count() > other.text.chars().count() && may_meet
    }
}

/// The text before the first character of a glob that does not stand for itself.
fn literal_start(text: &str) -> &str {
    text.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default()
}

/// The namespace of the repositories that a pattern matches. `None` where it may be any, or where they have none.
fn namespace(text: &str) -> Option<&str> {
    text.split_once('/').map(|(first, _)| first).filter(|first| is_component(first))
}
