//! The rules that a text comes to, each part with its place in that text.

use crate::document::check::value::exempt_sets;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::word;
use crate::pattern::written::{PatternField, WrittenPattern};
use crate::reference::is_component;
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::{
    DocumentField, ENABLED_BY_DEFAULT, PairField, PairFields, RuleField, RuleFields, SelectorField,
};
use crate::rule::preset::{OnePattern, Preset};
use crate::words::Word;

/// Rules on their way from one form to another.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) rules: Vec<Rule>,
    /// Where the overrides are, if there are any. No other registry has them.
    pub(super) overrides: Option<Place>,
}

/// A rule of another registry, in our terms, with the place of each part.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    /// `None` where it is not given yet.
    pub(super) id: Option<u64>,
    pub(super) namespace: String,
    pub(super) enabled: bool,
    pub(super) deletion: Located<Deletion>,
    pub(super) exempt: Located<ExemptSets>,
    /// Where its note is. No other registry has notes.
    pub(super) note: Option<Place>,
    /// The pairs, among which that of a preset is like any other: see [`Rule::preset`].
    pub(super) pairs: Vec<Pair>,
}

/// What a field says, and where.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A selector pair.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) place: Place,
    pub(super) repositories: Selector,
    pub(super) tags: Selector,
}

/// A selector of a pair: the patterns of either side. A side without patterns is not there.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) place: Place,
    pub(super) matches: Vec<Pattern>,
    pub(super) excludes: Vec<Pattern>,
}

/// A pattern of a selector.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) place: Place,
    pub(super) text: PatternText,
}

/// The text of a pattern, and its language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PatternText {
    /// A glob or a version class.
    Text(String),
    /// A regular expression.
    Regex(String),
}

impl PatternText {
    /// The pattern as a document writes it.
    pub(super) fn written(&self) -> WrittenPattern<'_> {
        match self {
            Self::Text(text) => WrittenPattern::Text(text),
            Self::Regex(text) => WrittenPattern::Regex(text),
        }
    }
}

impl Pattern {
    /// A glob or a version class.
    pub(super) fn text(place: &Place, text: impl Into<String>) -> Self {
        Self { place: place.clone(), text: PatternText::Text(text.into()) }
    }

    /// A regular expression.
    pub(super) fn regex(place: &Place, text: impl Into<String>) -> Self {
        Self { place: place.clone(), text: PatternText::Regex(text.into()) }
    }
}

impl Rule {
    /// A rule with all defaults, without an id and without pairs yet.
    pub(super) fn new(place: &Place, namespace: String) -> Self {
        Self {
            place: place.clone(),
            id: None,
            namespace,
            enabled: ENABLED_BY_DEFAULT,
            deletion: Located { value: Deletion::default(), place: place.clone() },
            exempt: Located { value: ExemptSets::default(), place: place.clone() },
            note: None,
            pairs: Vec::new(),
        }
    }

    /// Returns the preset that its pairs are.
    pub(super) fn preset(&self) -> Option<Preset> {
        let [Pair { repositories, tags, .. }] = &*self.pairs else { return None };
        Preset::ALL.iter().copied().find(|preset| {
            let pair = preset.pair();
            repositories.is(pair.0) && tags.is(pair.1)
        })
    }
}

impl Pair {
    /// The pair of a preset.
    fn of_preset(place: &Place, preset: Preset) -> Self {
        let (repositories, tags) = preset.pair();
        let selector = |(side, pattern)| Selector::implied(place, side, pattern);
        Self { place: place.clone(), repositories: selector(repositories), tags: selector(tags) }
    }
}

impl Selector {
    /// A selector of one pattern that the text does not write out.
    pub(super) fn implied(place: &Place, side: SelectorField, pattern: &str) -> Self {
        Self::of(place, side, vec![Pattern::text(place, pattern)])
    }

    /// A selector of some patterns, all on one side.
    pub(super) fn of(place: &Place, side: SelectorField, patterns: Vec<Pattern>) -> Self {
        match side {
            SelectorField::Matches => Self { place: place.clone(), matches: patterns, excludes: Vec::new() },
            SelectorField::Excludes => Self { place: place.clone(), matches: Vec::new(), excludes: patterns },
        }
    }

    /// The patterns of a side.
    pub(super) fn side(&self, side: SelectorField) -> &[Pattern] {
        match side {
            SelectorField::Matches => &self.matches,
            SelectorField::Excludes => &self.excludes,
        }
    }

    /// The side that has all its patterns, and those. `None` where both sides have some.
    pub(super) fn only_side(&self) -> Option<(SelectorField, &[Pattern])> {
        match (&*self.matches, &*self.excludes) {
            (matches, []) => Some((SelectorField::Matches, matches)),
            ([], excludes) => Some((SelectorField::Excludes, excludes)),
            (_, _) => None,
        }
    }

    fn is(&self, (side, pattern): OnePattern) -> bool {
        let is_pattern = |one: &Pattern| one.text.written() == WrittenPattern::Text(pattern);
        self.only_side().is_some_and(|(only, patterns)| only == side && matches!(patterns, [one] if is_pattern(one)))
    }
}

impl Draft {
    /// The rules of a document that compiles.
    pub(super) fn of_document(root: &Node<'_>, report: &mut Report) -> Option<Self> {
        let fields = root.fields::<DocumentField>(report)?;
        let rules = fields.optional(DocumentField::Rules.text())?.elements(report)?;
        let overrides = fields.optional(DocumentField::Overrides.text());
        let overrides = overrides.filter(|list| list.elements(report).is_some_and(|list| !list.is_empty()));
        Some(Self {
            rules: rules.iter().map(|rule| read_rule(rule, report)).collect::<Option<_>>()?,
            overrides: overrides.map(|list| list.place.clone()),
        })
    }

    /// Warns that a tag may be pushed again with the content that it has, of a registry that refuses it.
    pub(super) fn warn_of_same_push(&self, registry: &str, report: &mut Report) {
        if !self.rules.is_empty() {
            let message =
                format!("a tag may be pushed again here with the content that it has, which {registry} refuses");
            report.warning(&Place::default(), message, "nothing has to be done: the tag does not move");
        }
    }

    /// Warns that deletes are denied, of a registry that does not say whether it denies them.
    pub(super) fn warn_of_deletion(&self, report: &mut Report) {
        if !self.rules.is_empty() {
            let message = "tags can't be deleted here, and the text does not say whether they can be deleted there";
            report.warning(
                &Place::default(),
                message.into(),
                "give a rule `\"deletion\": \"allow\"` where they should",
            );
        }
    }

    /// The place of what a JSON pointer into the printed draft names, or of the nearest thing around it.
    pub(super) fn place(&self, pointer: &str) -> Place {
        self.find(pointer).cloned().unwrap_or_default()
    }

    fn find(&self, pointer: &str) -> Option<&Place> {
        let mut steps = pointer.split('/').skip(2);
        let rule = self.rules.get(steps.next()?.parse::<usize>().ok()?)?;
        if RuleField::parse(steps.next().unwrap_or_default()) != Some(RuleField::Protects) {
            return Some(&rule.place);
        }
        let pair = steps.next().and_then(|index| rule.pairs.get(index.parse::<usize>().ok()?));
        let Some(pair) = pair else { return Some(&rule.place) };
        let selector = match PairField::parse(steps.next().unwrap_or_default()) {
            Some(PairField::Repositories) => &pair.repositories,
            Some(PairField::Tags) => &pair.tags,
            None => return Some(&pair.place),
        };
        let Some(side) = SelectorField::parse(steps.next().unwrap_or_default()) else { return Some(&selector.place) };
        // One pattern alone is not a list.
        let index = steps.next().and_then(|index| index.parse::<usize>().ok()).unwrap_or_default();
        Some(selector.side(side).get(index).map_or(&selector.place, |pattern| &pattern.place))
    }
}

fn read_rule(node: &Node<'_>, report: &mut Report) -> Option<Rule> {
    let fields = node.fields::<RuleField>(report)?;
    let RuleFields { id, namespace, enabled, deletion, exempt, note, preset, protects } =
        RuleFields::from_fn(|field: RuleField| fields.optional(field.text()));
    let place = |node: Option<&Node<'_>>| node.map_or_else(Place::default, |node| node.place.clone());
    Some(Rule {
        place: node.place.clone(),
        id: id.and_then(|node| node.integer(0..=u64::MAX, report)),
        namespace: namespace?.text(report)?.into_owned(),
        enabled: enabled.map_or(Some(ENABLED_BY_DEFAULT), |node| node.boolean(report))?,
        deletion: Located {
            value: deletion.map_or(Some(Deletion::default()), |node| word(node, report))?,
            place: place(deletion),
        },
        exempt: Located {
            value: exempt.map_or(Some(ExemptSets::default()), |node| exempt_sets(node, report))?,
            place: place(exempt),
        },
        note: note.map(|node| node.place.clone()),
        pairs: read_protection(preset, protects, report)?,
    })
}

fn read_protection(preset: Option<&Node<'_>>, protects: Option<&Node<'_>>, report: &mut Report) -> Option<Vec<Pair>> {
    match (preset, protects) {
        (Some(preset), _) => Some(vec![Pair::of_preset(&preset.place, word(preset, report)?)]),
        (None, pairs) => pairs?.elements(report)?.iter().map(|pair| read_pair(pair, report)).collect(),
    }
}

fn read_pair(node: &Node<'_>, report: &mut Report) -> Option<Pair> {
    let fields = node.fields::<PairField>(report)?;
    let PairFields { repositories, tags } = PairFields::from_fn(|field: PairField| {
        fields.optional(field.text()).and_then(|node| read_selector(node, report))
    });
    Some(Pair { place: node.place.clone(), repositories: repositories?, tags: tags? })
}

fn read_selector(node: &Node<'_>, report: &mut Report) -> Option<Selector> {
    let fields = node.fields::<SelectorField>(report)?;
    let mut patterns = |side: SelectorField| match fields.optional(side.text()) {
        None => Some(Vec::new()),
        Some(node) if node.is_list() => node.elements(report)?.iter().map(|node| read_pattern(node, report)).collect(),
        Some(node) => Some(vec![read_pattern(node, report)?]),
    };
    let (matches, excludes) = (patterns(SelectorField::Matches)?, patterns(SelectorField::Excludes)?);
    Some(Selector { place: node.place.clone(), matches, excludes })
}

fn read_pattern(node: &Node<'_>, report: &mut Report) -> Option<Pattern> {
    if !node.is_object() {
        return Some(Pattern::text(&node.place, node.text(report)?));
    }
    let fields = node.fields::<PatternField>(report)?;
    Some(Pattern::regex(&node.place, fields.optional(PatternField::Regex.text())?.text(report)?))
}

/// Reads the name of a namespace. Reports one that is invalid.
pub(super) fn namespace(node: &Node<'_>, report: &mut Report) -> Option<String> {
    let name = node.text(report)?;
    if !is_component(&name) {
        let message = format!("`{}` is not a valid namespace", shown(&name));
        report.problem(&node.place, message, "write one component of a repository's name");
        return None;
    }
    Some(name.into_owned())
}
