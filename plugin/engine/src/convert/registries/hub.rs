//! Docker Hub: repositories with their settings for immutable tags.
//!
//! `enabled` alone decides whether a repository has immutable tags. Its rules are regular expressions, and it is not documented
//! whether one has to fit the whole tag or may match anywhere in it; here it has to fit the whole tag.

use crate::convert::draft::{Draft, Pattern, Selector};
use crate::convert::foreign_regex::{self, Dialect};
use crate::convert::grouping::{Grouping, Named};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::reference::Repository;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;
use std::borrow::Cow;

const REPOSITORIES: Listing = Listing { list: "results", total: &["count"], more: &["next"] };

/// Reads repositories: a list, `{"results": […]}`, or one alone; also what sets and answers the settings alone.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for entry in REPOSITORIES.elements(root, report)? {
        read_repository(&entry, options, &mut grouping, report);
    }
    Some(grouping.finish())
}

const FIELDS: &[&str] = &["namespace", "name", "immutable_tags_settings", "immutable_tags", "immutable_tags_rules"];

fn read_repository(
    entry: &Node<'_>,
    options: &Options,
    grouping: &mut Grouping<'_>,
    report: &mut Report,
) -> Option<()> {
    let fields = entry.some_fields(FIELDS, report)?;
    let namespace = options.namespace(fields.given("namespace"), &entry.place, report);
    let settings = settings(entry, &fields, report);
    let namespace = namespace?;
    let name = fields.given("name").and_then(|node| Some((node, node.text(report)?)));
    let rules = settings??;
    let tags = Selector::of(&rules.place, SelectorField::Matches, patterns(&rules, report)?);
    let Some((node, name)) = name else {
        let path = options.repositories("repository", &namespace, report);
        grouping.protect(&namespace, &[&path], &entry.place, tags);
        return Some(());
    };
    if Repository::parse(&name).is_none() || options.repository.as_ref().is_some_and(|other| **other != *name) {
        let message = format!("`{}` is not the name of a repository, or not the one of the options", shown(&name));
        report.problem(&node.place, message, "write one repository, and leave the option `repository` out");
    }
    grouping.add(&format!("{namespace}/{name}"), Named::Repository, &node.place, Some(tags), report);
    Some(())
}

/// The rules of a repository whose tags are immutable by rule, or nothing for one whose tags are not. A problem where neither
/// is said.
fn settings<'a>(entry: &Node<'a>, fields: &Fields<'a>, report: &mut Report) -> Option<Option<Node<'a>>> {
    let (enabled, rules) = if let Some(settings) = fields.given("immutable_tags_settings") {
        let settings = settings.some_fields(&["enabled", "rules"], report)?;
        (settings.required("enabled", report)?.clone(), settings.given("rules").cloned())
    } else if let Some(enabled) = fields.given("immutable_tags") {
        (enabled.clone(), fields.given("immutable_tags_rules").cloned())
    } else {
        let message = "the text does not say which tags of the repository are immutable".into();
        report.problem(&entry.place, message, "ask for the repository alone, which has `immutable_tags_settings`");
        return None;
    };
    if !enabled.boolean(report)? {
        return Some(None);
    }
    if rules.is_none() {
        no_rules(&enabled, report);
    }
    rules.map(Some)
}

fn no_rules(node: &Node<'_>, report: &mut Report) {
    let message = "immutable tags are enabled without a rule, and which tags that means is not documented".into();
    report.problem(&node.place, message, "write the rules: `.*` is every tag");
}

/// The patterns of rules: a list, or one text in which commas are between them.
fn patterns(rules: &Node<'_>, report: &mut Report) -> Option<Vec<Pattern>> {
    let texts: Vec<(Node<'_>, Cow<'_, str>)> = if rules.is_list() {
        let elements = rules.elements(report)?;
        elements.into_iter().filter_map(|node| node.text(report).map(|text| (node, text))).collect()
    } else {
        let text = rules.text(report)?;
        let texts = text.split(',').filter(|text| !text.is_empty());
        texts.map(|text| (rules.clone(), text.to_owned().into())).collect()
    };
    if texts.is_empty() {
        no_rules(rules, report);
        return None;
    }
    // All patterns are read before an invalid one ends it, so that all their problems are reported.
    let patterns: Vec<_> = texts.iter().map(|(node, text)| pattern(node, text, report)).collect();
    patterns.into_iter().collect()
}

fn pattern(node: &Node<'_>, text: &str, report: &mut Report) -> Option<Pattern> {
    let regex = foreign_regex::read(node, text, Dialect::Go, report)?;
    if !is_whole(text) {
        let message = "whether the expression has to fit the whole tag is not documented there; here it has to".into();
        report.warning(&node.place, message, "write `.*` before and after it, if it may match anywhere");
    }
    Some(Pattern::regex(&node.place, regex))
}

/// Whether an expression fits whole tags alone, or fits them wherever it matches: it begins with `^` or `.*`, ends with `$` or
/// `.*`, and has no `|` outside groups.
fn is_whole(text: &str) -> bool {
    let begins = text.starts_with('^') || text.starts_with(".*");
    let ends = [("$", "\\"), (".*", "\\")]
        .iter()
        .any(|(end, escape)| text.strip_suffix(end).is_some_and(|before| !before.ends_with(escape)));
    let (mut depth, mut in_class, mut is_escaped) = (0_usize, false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return false,
            _ => {}
        }
    }
    begins && ends
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn an_expression_that_fits_whole_tags_alone_is_recognised() {
        for text in ["^gold$", "^(?:a|b)$", ".*", "^v.*", ".*-rc$", "^[|]$", r"^a\|b$", r"^(a[)]|b)$", r"^\(a$"] {
            assert!(is_whole(text), "{text}");
        }
        for text in ["gold", "^gold", "gold$", "^a|b$", "(^a$)|b", r"^a\$", r"^a\.*", "", "^(a|b)|c$"] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
