//! Alibaba Cloud Container Registry, Enterprise Edition: `ListRepository` and `GetRepository`.
//!
//! With `TagImmutability`, all tags of a repository are immutable but `latest`. Clients write
//! `RepoNamespaceName/RepoName` behind the host.

use super::draft::{Deletion, Draft, Selector};
use super::grouping::{Grouping, Named};
use super::listing::Listing;
use super::options::Options;
use super::warn_of_deletion;
use crate::source::{Node, Report};

const REPOSITORIES: Listing = Listing { list: "Repositories", total: &["TotalCount"], more: &[] };

/// Reads repositories: a list, `{"Repositories": […]}`, or one alone.
pub(super) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for entry in REPOSITORIES.elements(root, report)? {
        read_repository(&entry, options, &mut grouping, report);
    }
    Some(warn_of_deletion(grouping.finish(), report))
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
    let is_immutable = fields.required("TagImmutability", report).and_then(|switch| switch.truth(report));
    let node = node?;
    let name = format!("{}/{}", namespace?, node.text(report)?);
    let tags = is_immutable?.then(|| Selector::implied(&node.place, true, "latest"));
    grouping.add(&name, Named::Repository, &node.place, tags, report);
    Some(())
}
