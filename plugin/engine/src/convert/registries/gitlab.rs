//! GitLab: protection rules for the tags of a project's container repositories.
//!
//! A rule without access levels makes tags immutable. One with both of them protects tags from users below a role, which has no
//! counterpart here. An expression may match anywhere in a tag. A rule covers the repository of its project and all below it.

use crate::convert::draft::{Draft, Pattern, Selector};
use crate::convert::foreign_regex::{self, Dialect};
use crate::convert::grouping::Grouping;
use crate::convert::options::Options;
use crate::document::check::suspicion::suspicion_of_regex;
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::one_of;
use crate::reference::Repository;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

/// Reads the rules of a project: the answer of GraphQL, or of REST a list or one rule.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let data = if root.is_object() { root.some_fields(&["data"], report)?.given("data").cloned() } else { None };
    let is_rest = data.is_none();
    let (rules, project) = match data {
        Some(data) => graph(&data, options, report)?,
        None => {
            let rules = if root.is_list() { root.elements(report)? } else { vec![root.clone()] };
            (rules, None)
        }
    };
    let selectors: Vec<_> = rules.iter().map(|rule| (rule, read_rule(rule, is_rest, report))).collect();
    let (namespace, paths) = match project {
        Some((namespace, path)) => (namespace, vec![path.clone(), format!("{path}/**")]),
        None => {
            let namespace = options.namespace(None, &root.place, report)?;
            let is_any = selectors.iter().any(|(_, tags)| matches!(tags, Some(Some(_))));
            let path = if is_any { options.repositories("project", &namespace, report) } else { String::new() };
            let below = (path != "**").then(|| format!("{path}/**"));
            (namespace, [path].into_iter().chain(below).collect())
        }
    };
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for (rule, tags) in selectors {
        if let Some(tags) = tags? {
            grouping.protect(&namespace, &paths, &rule.place, tags);
        }
    }
    let draft = grouping.finish();
    warn(&draft, is_rest, report);
    Some(draft)
}

fn warn(draft: &Draft, is_rest: bool, report: &mut Report) {
    draft.warn_of_same_push("GitLab", report);
    if !draft.rules.is_empty() {
        let message =
            "GitLab refuses every delete by digest in a project with such a rule; here only those of protected tags";
        report.warning(&Place::default(), message.into(), "protect all tags, if no manifest may go");
    } else if is_rest {
        let message = "GitLab's REST API may leave rules for immutable tags out, so this list proves nothing".into();
        report.warning(&Place::default(), message, "ask GraphQL for `containerProtectionTagRules`");
    }
}

/// Rules, and the namespace and the path of the project that they are for.
type Rules<'a> = (Vec<Node<'a>>, Option<(String, String)>);

/// The rules of an answer of GraphQL, and the project.
fn graph<'a>(data: &Node<'a>, options: &Options, report: &mut Report) -> Option<Rules<'a>> {
    let project = data.some_fields(&["project"], report)?;
    let project = project.required("project", report)?;
    let fields = project.some_fields(&["fullPath", "containerProtectionTagRules"], report)?;
    let rules = fields.required("containerProtectionTagRules", report);
    let path = fields.required("fullPath", report).and_then(|node| Some((node, node.text(report)?)));
    let rules = rules?.some_fields(&["nodes", "pageInfo"], report)?;
    if let Some(page) = rules.given("pageInfo").and_then(|page| page.some_fields(&["hasNextPage"], report))
        && let Some(next) = page.given("hasNextPage").filter(|next| next.boolean(report) != Some(false))
    {
        report.problem(&next.place, "the text is a page of a longer list".into(), "ask for all rules in one page");
    }
    let (node, path) = path?;
    // The names of images are in lower case, whatever the project is called.
    let name = path.to_ascii_lowercase();
    let Some((namespace, rest)) = Repository::parse(&name).and_then(Repository::split) else {
        let message = format!("`{}` is not the full path of a project", shown(&path));
        report.problem(&node.place, message, "write it as GitLab answered it");
        return None;
    };
    if !options.agrees(namespace, &node.place, report) {
        return None;
    }
    let rules = rules.required("nodes", report)?.elements(report)?;
    Some((rules, Some((namespace.to_owned(), rest.to_owned()))))
}

const GRAPH: [&str; 3] = ["tagNamePattern", "minimumAccessLevelForPush", "minimumAccessLevelForDelete"];
const REST: [&str; 3] = ["tag_name_pattern", "minimum_access_level_for_push", "minimum_access_level_for_delete"];

/// Reads a rule: the tags that it makes immutable, or nothing for one that depends on roles.
fn read_rule(rule: &Node<'_>, is_rest: bool, report: &mut Report) -> Option<Option<Selector>> {
    let names = if is_rest { REST } else { GRAPH };
    let fields = rule.some_fields(&[&names, &["immutable"][..]].concat(), report)?;
    let [pattern, push, delete] = names.map(|name| fields.required(name, report));
    let immutable = immutable(&fields, report);
    let (pattern, levels) = (pattern?, [push?, delete?]);
    let text = pattern.text(report)?;
    let count = levels.iter().filter(|level| has_level(level, report)).count();
    match (count, immutable?) {
        (0, None | Some(true)) => {
            let regex = foreign_regex::read(pattern, &text, Dialect::Go, report)?;
            if let Some((message, help)) = suspicion_of_regex(&text) {
                report.warning(&pattern.place, message, &help);
            }
            let regex = Pattern::regex(&pattern.place, format!(".*(?:{regex}).*"));
            Some(Some(Selector::of(&pattern.place, SelectorField::Matches, vec![regex])))
        }
        (2, None | Some(false)) => {
            let message =
                "the rule protects tags from users below a role, which has no counterpart here, and is left out";
            report.warning(&rule.place, message.into(), "write a rule for its tags, if nobody may overwrite them");
            Some(None)
        }
        _ => {
            let message = "a rule has either two access levels, or none and is immutable; this one is neither".into();
            report.problem(&rule.place, message, "write it as GitLab answered it");
            None
        }
    }
}

/// What a rule says of being immutable. Only GraphQL has it.
fn immutable(fields: &Fields<'_>, report: &mut Report) -> Option<Option<bool>> {
    fields.given("immutable").map_or(Some(None), |switch| switch.boolean(report).map(Some))
}

/// Whether a level is given. REST writes it in lower case.
fn has_level(level: &Node<'_>, report: &mut Report) -> bool {
    const LEVELS: &[&str] = &["MAINTAINER", "OWNER", "ADMIN", "maintainer", "owner", "admin"];
    if !level.is_null() {
        one_of(level, LEVELS, report);
    }
    !level.is_null()
}
