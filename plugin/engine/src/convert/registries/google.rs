//! Google Artifact Registry: `projects.locations.repositories`.
//!
//! A repository there is a folder of images. Clients write `PROJECT/REPOSITORY/IMAGE` after the host, so the project
//! becomes the namespace. With `immutableTags`, all its tags are immutable, `latest` too, and tagged images can't be deleted.

use crate::convert::draft::{Draft, Selector};
use crate::convert::grouping::{Grouping, Named};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

const REPOSITORIES: Listing = Listing { list: "repositories", total: &[], more: &["nextPageToken"] };

/// Reads repositories: a list, `{"repositories": […]}`, or one alone. Those of other formats than `DOCKER` hold no tags.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for entry in REPOSITORIES.elements(root, report)? {
        read_repository(&entry, &mut grouping, report);
    }
    Some(grouping.finish())
}

fn read_repository(entry: &Node<'_>, grouping: &mut Grouping<'_>, report: &mut Report) -> Option<()> {
    let fields = entry.some_fields(&["name", "format", "dockerConfig"], report)?;
    let name = fields.required("name", report);
    if fields.required("format", report)?.text(report)? != "DOCKER" {
        return None;
    }
    // False is what the API leaves out.
    let config = fields.given("dockerConfig").and_then(|config| config.some_fields(&["immutableTags"], report));
    let switch = config.as_ref().and_then(|config| config.given("immutableTags"));
    let is_immutable = switch.map_or(Some(false), |switch| switch.boolean(report))?;
    let node = name?;
    let name = node.text(report)?;
    let Some(path) = path(&name) else {
        let message = format!("`{}` is not the name of a repository", shown(&name));
        report.problem(&node.place, message, "write `projects/…/locations/…/repositories/…`");
        return None;
    };
    let tags = is_immutable.then(|| Selector::implied(&node.place, SelectorField::Matches, "**"));
    grouping.add(&path, Named::Folder, &node.place, tags, report);
    Some(())
}

/// How clients write a repository. A project of a domain, `example.com:app`, is two components there.
fn path(name: &str) -> Option<String> {
    match &*name.split('/').collect::<Vec<_>>() {
        ["projects", project, "locations", _, "repositories", repository] => {
            Some(format!("{}/{repository}", project.replacen(':', "/", 1)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, imported};

    fn repository(name: &str, more: &str) -> String {
        format!(r#"{{"name": "projects/{name}", "format": "DOCKER"{more}}}"#)
    }

    #[test]
    fn a_repository_is_a_folder_of_its_project() {
        let immutable = r#", "dockerConfig": {"immutableTags": true}"#;
        let text = format!(
            r#"{{"repositories": [{}, {}, {}, {}, {}, {{"name": "projects/p/locations/l/repositories/m", "format": "MAVEN"}}]}}"#,
            repository("p/locations/l/repositories/r", immutable),
            repository("p/locations/l/repositories/s", immutable),
            repository("p/locations/l/repositories/t", r#", "dockerConfig": {}"#),
            repository("p/locations/l/repositories/u", ""),
            repository("example.com:q/locations/l/repositories/r", immutable),
        );
        let converted = imported("google", &text, "{}");
        assert_reported(&converted.losses, &[]);
        assert_deletes(
            &converted.text,
            &[
                ("p/r/app:v1", "immutable"),
                ("p/r/app:latest", "immutable"),
                ("p/s/team/app:v1", "immutable"),
                ("p/r:v1", "unprotected"),
                ("p/rest/app:v1", "unprotected"),
                ("p/t/app:v1", "unprotected"),
                ("p/u/app:v1", "unprotected"),
                ("example.com/q/r/app:v1", "immutable"),
            ],
        );
        imported("google", &repository("p/locations/l/repositories/r", immutable), r#"{"namespace": "p"}"#);
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
        let text = format!(
            r#"{{"repositories": [{}, {}, {{"format": "DOCKER"}}, {{"name": 1}}, {}, {}], "nextPageToken": "x"}}"#,
            repository("p", ""),
            repository("p/locations/l/repositories/r", r#", "dockerConfig": {"immutableTags": "yes"}"#),
            repository("p/locations/l/repositories/s", ""),
            repository("p/locations/m/repositories/s", ""),
        );
        let expected = [
            ("/repositories/0/name", "`projects/p` is not the name of a repository"),
            ("/repositories/1/dockerConfig/immutableTags", "expected `true` or `false`"),
            ("/repositories/2", "field `name` is missing"),
            ("/repositories/3", "field `format` is missing"),
            ("/repositories/5/name", "repository `p/s` is at /repositories/4/name already"),
            ("/nextPageToken", "elements of a longer list"),
        ];
        assert_refused("google", &text, "{}", &expected);
    }
}
