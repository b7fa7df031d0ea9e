//! Quay: immutability policies of an organisation or a repository.
//!
//! A policy freezes the tags that its expression fits as a whole, or all others. Policies add up, so each is a selector pair of
//! its own. The text names neither organisation nor repository.

use crate::convert::draft::{Draft, Pattern, Selector};
use crate::convert::foreign_regex::{self, Dialect};
use crate::convert::grouping::Grouping;
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

const POLICIES: Listing = Listing { list: "policies", total: &[], more: &["next_page"] };

/// Reads policies: a list, `{"policies": […]}`, or one alone, as it is created or answered.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let namespace = options.namespace(None, &root.place, report);
    let entries = POLICIES.elements(root, report)?;
    let selectors: Vec<_> = entries.iter().map(|entry| (entry, read_policy(entry, report))).collect();
    let namespace = namespace?;
    let mut grouping = Grouping::new(options, Deletion::Deny);
    if !selectors.is_empty() {
        let path = options.repositories("repository of the organisation", &namespace, report);
        for (entry, tags) in selectors {
            grouping.protect(&namespace, &[&path], &entry.place, tags?);
        }
        warn_of_marks(report);
    }
    let draft = grouping.finish();
    draft.warn_of_same_push("Quay", report);
    Some(draft)
}

fn warn_of_marks(report: &mut Report) {
    for (message, help) in [
        (
            "a tag that a policy has marked stays immutable there after the policy goes; here it follows the rules alone",
            "keep the rule for as long as its tags have to stay",
        ),
        (
            "tags that were marked by hand or by the label `quay.immutable` are immutable there, and the text does not show them",
            "protect them by a rule",
        ),
    ] {
        report.warning(&Place::default(), message.into(), help);
    }
}

fn read_policy(entry: &Node<'_>, report: &mut Report) -> Option<Selector> {
    let fields = entry.some_fields(&["tagPattern", "tagPatternMatches", "method"], report)?;
    if let Some(method) = fields.given("method") {
        let message = "a policy that deletes tags says nothing of what is immutable".into();
        report.problem(&method.place, message, "ask for `immutabilitypolicy`, not `autoprunepolicy`");
        return None;
    }
    let matches = fields.given("tagPatternMatches").map_or(Some(true), |switch| switch.boolean(report));
    let node = fields.required("tagPattern", report)?;
    let regex = foreign_regex::read(node, node.text(report)?.trim(), Dialect::Python, report)?;
    let side = if matches? { SelectorField::Matches } else { SelectorField::Excludes };
    Some(Selector::of(&node.place, side, vec![Pattern::regex(&node.place, regex)]))
}
