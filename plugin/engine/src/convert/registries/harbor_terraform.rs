//! Harbor's rules as Terraform has them: resources, each of which says which project it is for.

use super::harbor_rules::Projects;
use crate::convert::doublestar::pattern;
use crate::convert::draft::{Draft, Pair, Selector};
use crate::convert::options::Options;
use crate::convert::terraform::{self, Wanted};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::pattern::subject::Subject;
use crate::rule::field::SelectorField;

const FIELDS: &[&str] = &["project_id", "disabled", "repo_matching", "repo_excluding", "tag_matching", "tag_excluding"];
const WANTED: Wanted<'_> = Wanted { types: &["harbor_immutable_tag_rule", "harbor_project"], attributes: FIELDS };

/// Reads the rules, and the names of the projects that are in the text too. That of another one the options say.
pub(super) fn read(root: &Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let resources = terraform::resources(root, WANTED, report)?;
    let mut names = Vec::new();
    for (_, project) in resources.iter().filter(|(kind, _)| *kind == 1) {
        let fields = project.some_fields(&["id", "name"], report)?;
        if let (Some(id), Some(name)) = (fields.given("id"), fields.given("name")) {
            names.push((id.text(report)?, name.clone()));
        }
    }
    let mut projects = Projects::default();
    for (_, rule) in resources.iter().filter(|(kind, _)| *kind == 0) {
        let Some(fields) = rule.some_fields(FIELDS, report) else { continue };
        let id = fields.required("project_id", report).and_then(|id| id.text(report));
        let name = names.iter().find(|(other, _)| id.as_ref() == Some(other)).map(|(_, name)| name);
        let namespace = options.namespace(name, &rule.place, report);
        let repositories = selector(&fields, ["repo_matching", "repo_excluding"], Subject::Repository, rule, report);
        let tags = selector(&fields, ["tag_matching", "tag_excluding"], Subject::Tag, rule, report);
        let disabled = fields.given("disabled").is_some_and(|disabled| disabled.boolean(report) == Some(true));
        if let (Some(namespace), Some(repositories), Some(tags)) = (namespace, repositories, tags) {
            projects.add(&namespace, Pair { place: rule.place.clone(), repositories, tags }, disabled);
        }
    }
    Some(projects.finish(report))
}

/// Reads a selector. A field that is null or empty is not set.
fn selector(
    fields: &Fields<'_>,
    [matching, excluding]: [&str; 2],
    subject: Subject,
    rule: &Node<'_>,
    report: &mut Report,
) -> Option<Selector> {
    let set = |name: &str| fields.given(name).filter(|node| node.raw_text() != "\"\"");
    let (node, side) = match (set(matching), set(excluding)) {
        (Some(node), None) => (node, SelectorField::Matches),
        (None, Some(node)) => (node, SelectorField::Excludes),
        (Some(other), Some(node)) => {
            let message = format!("`{matching}` counts for nothing beside `{excluding}`, and is left out");
            report.warning(&other.place, message, "set one of them");
            (node, SelectorField::Excludes)
        }
        (None, None) => {
            let message = format!("neither `{matching}` nor `{excluding}` is set");
            report.problem(
                &rule.place,
                message,
                "ask Harbor for the rules: after an import, Terraform may not know them",
            );
            return None;
        }
    };
    Some(Selector::of(&node.place, side, vec![pattern::read(node, subject, report)?]))
}
