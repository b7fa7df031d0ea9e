//! Alibaba Cloud Container Registry, Enterprise Edition: `ListRepository` and `GetRepository`.
//!
//! With `TagImmutability`, all tags of a repository are immutable but `latest`. Clients write
//! `RepoNamespaceName/RepoName` after the host.

use crate::convert::draft::{Draft, Selector};
use crate::convert::grouping::{Grouping, Named};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

const REPOSITORIES: Listing = Listing { list: "Repositories", total: &["TotalCount"], more: &[] };

/// Reads repositories: a list, `{"Repositories": […]}`, or one alone.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for entry in REPOSITORIES.elements(root, report)? {
        read_repository(&entry, options, &mut grouping, report);
    }
    let draft = grouping.finish();
    draft.warn_of_deletion(report);
    Some(draft)
}

fn read_repository(
    entry: &Node<'_>,
    options: &Options,
    grouping: &mut Grouping<'_>,
    report: &mut Report,
) -> Option<()> {
    let fields = entry.some_fields(&["RepoNamespaceName", "RepoName", "TagImmutability"], report)?;
    let namespace = options.namespace(fields.given("RepoNamespaceName"), &entry.place, report);
    let node = fields.required("RepoName", report);
    let is_immutable = fields.required("TagImmutability", report).and_then(|switch| switch.boolean(report));
    let node = node?;
    let name = format!("{}/{}", namespace?, node.text(report)?);
    let tags = is_immutable?.then(|| Selector::implied(&node.place, SelectorField::Excludes, "latest"));
    grouping.add(&name, Named::Repository, &node.place, tags, report);
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, imported};

    #[test]
    fn every_tag_but_latest_is_immutable() {
        let text = r#"{"Code": "success", "IsSuccess": true, "PageNo": 1, "PageSize": 30, "TotalCount": "2", "Repositories": [
            {"RepoId": "crr-1", "RepoNamespaceName": "prod", "RepoName": "app", "TagImmutability": true},
            {"RepoId": "crr-2", "RepoNamespaceName": "prod", "RepoName": "web", "TagImmutability": false}]}"#;
        let converted = imported("alibaba", text, "{}");
        assert_reported(&converted.losses, &[("", "tags can't be deleted here")]);
        assert_deletes(
            &converted.text,
            &[("prod/app:v1", "immutable"), ("prod/app:latest", "unprotected"), ("prod/web:v1", "unprotected")],
        );
        let one = r#"{"RepoName": "app", "TagImmutability": true}"#;
        imported("alibaba", one, r#"{"namespace": "prod"}"#);
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
        let text = r#"{"TotalCount": "31", "Repositories": [
            {"RepoNamespaceName": "prod", "RepoName": "app"},
            {"RepoName": "app", "TagImmutability": true},
            {"RepoNamespaceName": "prod", "RepoName": "App", "TagImmutability": "true"},
            {"RepoNamespaceName": "prod", "RepoName": "App", "TagImmutability": true}]}"#;
        let expected = [
            ("/TotalCount", "the text holds 4 elements of a longer list"),
            ("/Repositories/0", "field `TagImmutability` is missing"),
            ("/Repositories/1", "does not say which namespace"),
            ("/Repositories/2/TagImmutability", "expected `true` or `false`"),
            ("/Repositories/3/RepoName", "`prod/App` is not a valid name"),
        ];
        assert_refused("alibaba", text, "{}", &expected);
    }
}
