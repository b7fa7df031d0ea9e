//! The rules that a text comes to, each part with its place in that text.

use crate::reference::is_component;
use crate::source::{Node, Place, Report, shown};

/// Rules on their way from one form to another.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    /// None where it is still to be given.
    pub(super) id: Option<u64>,
    pub(super) namespace: String,
    pub(super) enabled: bool,
    pub(super) deletion: Deletion,
    /// The preset is a pair like any other: see `Pair::is_preset`.
    pub(super) pairs: Vec<Pair>,
    /// What it leaves alone, and its note: imports bring none.
    pub(super) exempt: Option<Place>,
    pub(super) note: Option<Place>,
}

/// Whether a tag that a rule protects may be deleted.
#[derive(Clone, Debug)]
pub(super) enum Deletion {
    Deny,
    /// Where that is said.
    Allow(Place),
}

/// A selector pair.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) place: Place,
    pub(super) repositories: Selector,
    pub(super) tags: Selector,
}

/// A selector of a pair.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) place: Place,
    pub(super) excludes: bool,
    pub(super) patterns: Vec<Pattern>,
}

/// A pattern of a selector.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Rule {
    /// An enabled rule that denies deletion, without an id and without pairs yet.
    pub(super) fn new(place: &Place, namespace: String) -> Self {
        Self {
            place: place.clone(),
            id: None,
            namespace,
            enabled: true,
            deletion: Deletion::Deny,
            pairs: Vec::new(),
            exempt: None,
            note: None,
        }
    }

    /// Whether it is what the preset `latest` stands for.
    pub(super) fn is_preset(&self) -> bool {
        matches!(&*self.pairs, [pair] if pair.is_preset())
    }
}

impl Pair {
    /// Whether it is the one of the preset `latest`: in all repositories, every tag but `latest`.
    fn is_preset(&self) -> bool {
        self.repositories.is(false, "**") && self.tags.is(true, "latest")
    }
}

impl Selector {
    /// A selector of one pattern that the text does not write out.
    pub(super) fn implied(place: &Place, excludes: bool, pattern: &str) -> Self {
        Self::of(place, excludes, vec![Pattern { place: place.clone(), text: pattern.to_owned() }])
    }

    /// A selector of some patterns.
    pub(super) fn of(place: &Place, excludes: bool, patterns: Vec<Pattern>) -> Self {
        Self { place: place.clone(), excludes, patterns }
    }

    fn is(&self, excludes: bool, pattern: &str) -> bool {
        self.excludes == excludes && matches!(&*self.patterns, [one] if one.text == pattern)
    }
}

impl Draft {
    /// The rules of a document that compiles.
    pub(super) fn of_document(root: &Node<'_>, report: &mut Report) -> Option<Self> {
        let fields = root.some_fields(&["rules"], report)?;
        let rules = fields.required("rules", report)?.elements(report)?;
        Some(Self { rules: rules.iter().map(|rule| read_rule(rule, report)).collect::<Option<_>>()? })
    }

    /// The place of what a JSON pointer into the printed draft names, or of the nearest thing around it.
    pub(super) fn place(&self, pointer: &str) -> Place {
        self.find(pointer).cloned().unwrap_or_default()
    }

    fn find(&self, pointer: &str) -> Option<&Place> {
        let mut steps = pointer.split('/').skip(2);
        let rule = self.rules.get(steps.next()?.parse::<usize>().ok()?)?;
        let ("protects", Some(pair)) = (steps.next().unwrap_or_default(), steps.next()) else {
            return Some(&rule.place);
        };
        let Some(pair) = pair.parse().ok().and_then(|index: usize| rule.pairs.get(index)) else {
            return Some(&rule.place);
        };
        let selector = match steps.next() {
            Some("repositories") => &pair.repositories,
            Some("tags") => &pair.tags,
            _ => return Some(&pair.place),
        };
        let index = steps.nth(1).map_or(Some(0), |index| index.parse().ok());
        let pattern = index.and_then(|index: usize| selector.patterns.get(index));
        Some(pattern.map_or(&selector.place, |pattern| &pattern.place))
    }
}

const RULE: &[&str] = &["id", "namespace", "enabled", "deletion", "exempt", "note", "preset", "protects"];

fn read_rule(node: &Node<'_>, report: &mut Report) -> Option<Rule> {
    let fields = node.some_fields(RULE, report)?;
    let namespace = fields.required("namespace", report)?.text(report)?.into_owned();
    let mut rule = Rule::new(&node.place, namespace);
    rule.id = Some(fields.required("id", report)?.integer(0..=u64::MAX, report)?);
    rule.enabled = fields.optional("enabled").is_none_or(|enabled| enabled.truth(report) == Some(true));
    if let Some(deletion) = fields.optional("deletion").filter(|node| node.text(report).as_deref() == Some("allow")) {
        rule.deletion = Deletion::Allow(deletion.place.clone());
    }
    let exempt = fields.optional("exempt").filter(|node| node.elements(report).is_some_and(|sets| !sets.is_empty()));
    rule.exempt = exempt.map(|node| node.place.clone());
    rule.note = fields.optional("note").map(|node| node.place.clone());
    rule.pairs = match fields.optional("protects") {
        Some(pairs) => pairs.elements(report)?.iter().map(|pair| read_pair(pair, report)).collect::<Option<_>>()?,
        None => {
            let place = fields.required("preset", report)?.place.clone();
            let repositories = Selector::implied(&place, false, "**");
            let tags = Selector::implied(&place, true, "latest");
            vec![Pair { place, repositories, tags }]
        }
    };
    Some(rule)
}

fn read_pair(node: &Node<'_>, report: &mut Report) -> Option<Pair> {
    let fields = node.some_fields(&["repositories", "tags"], report)?;
    let mut selector = |name| read_selector(fields.required(name, report)?, report);
    Some(Pair { place: node.place.clone(), repositories: selector("repositories")?, tags: selector("tags")? })
}

fn read_selector(node: &Node<'_>, report: &mut Report) -> Option<Selector> {
    let fields = node.some_fields(&["matches", "excludes"], report)?;
    let (side, patterns) = fields.either(["matches", "excludes"], report)?;
    let read = |node: &Node<'_>, report: &mut Report| {
        Some(Pattern { place: node.place.clone(), text: node.text(report)?.into_owned() })
    };
    let list = if patterns.is_list() {
        patterns.elements(report)?.iter().map(|node| read(node, report)).collect::<Option<_>>()?
    } else {
        vec![read(patterns, report)?]
    };
    Some(Selector::of(&node.place, side == "excludes", list))
}

/// Reads the name of a namespace. None, and a problem, where it is none.
pub(super) fn namespace(node: &Node<'_>, report: &mut Report) -> Option<String> {
    let name = node.text(report)?;
    if !is_component(&name) {
        let message = format!("`{}` is no namespace", shown(&name));
        report.problem(&node.place, message, "write one component of a repository's name");
        return None;
    }
    Some(name.into_owned())
}
