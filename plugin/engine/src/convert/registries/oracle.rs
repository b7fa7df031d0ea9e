//! Oracle Cloud Infrastructure Registry: `GetContainerRepository`.
//!
//! With `isImmutable`, all tags of a repository are immutable. Clients write `NAMESPACE/DISPLAY-NAME` after the host, with
//! the namespace of the tenancy. `ListContainerRepositories` answers with summaries that do not say whether a repository is
//! immutable, so those are refused.

use crate::convert::draft::{Draft, Selector};
use crate::convert::grouping::{Grouping, Named};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

const REPOSITORIES: Listing =
    Listing { list: "items", total: &[], more: &["remainingItemsCount", "remaining-items-count"] };

/// Reads repositories: a list, `{"items": […]}`, or one alone; also as the command line `oci` writes them, in `data`.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let data = if root.is_list() { None } else { root.some_fields(&["data"], report)?.given("data").cloned() };
    let mut grouping = Grouping::new(options, Deletion::Deny);
    for entry in REPOSITORIES.elements(data.unwrap_or(root), report)? {
        read_repository(&entry, options, &mut grouping, report);
    }
    let draft = grouping.finish();
    draft.warn_of_deletion(report);
    Some(draft)
}

const FIELDS: &[&str] = &["namespace", "displayName", "display-name", "isImmutable", "is-immutable"];

fn read_repository(
    entry: &Node<'_>,
    options: &Options,
    grouping: &mut Grouping<'_>,
    report: &mut Report,
) -> Option<()> {
    let entry = unwrapped(entry, report)?;
    let fields = entry.some_fields(FIELDS, report)?;
    let namespace = options.namespace(fields.given("namespace"), &entry.place, report);
    let name = spelled(&fields, ["displayName", "display-name"], report);
    let switch = spelled(&fields, ["isImmutable", "is-immutable"], report);
    let is_immutable = switch.and_then(|switch| switch.boolean(report));
    let node = name?;
    let name = format!("{}/{}", namespace?, node.text(report)?);
    let tags = is_immutable?.then(|| Selector::implied(&node.place, SelectorField::Matches, "**"));
    grouping.add(&name, Named::Repository, &node.place, tags, report);
    Some(())
}

/// Answers of `oci` that were joined to a list keep `data` around each.
fn unwrapped<'a>(entry: &Node<'a>, report: &mut Report) -> Option<Node<'a>> {
    Some(entry.some_fields(&["data"], report)?.given("data").unwrap_or(entry).clone())
}

/// A field in the API's spelling or that of the command line.
fn spelled<'f, 'a>(fields: &'f Fields<'a>, [api, line]: [&str; 2], report: &mut Report) -> Option<&'f Node<'a>> {
    fields.given(line).or_else(|| fields.required(api, report))
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, imported};

    #[test]
    fn every_tag_is_immutable() {
        let text = r#"[
            {"id": "ocid1.containerrepo.oc1..a", "namespace": "axaxnpcrorw5", "displayName": "team/app", "isImmutable": true},
            {"data": {"id": "ocid1.containerrepo.oc1..b", "namespace": "axaxnpcrorw5", "display-name": "web", "is-immutable": false}}]"#;
        let converted = imported("oracle", text, "{}");
        assert_reported(&converted.losses, &[("", "tags can't be deleted here")]);
        assert_deletes(
            &converted.text,
            &[
                ("axaxnpcrorw5/team/app:v1", "immutable"),
                ("axaxnpcrorw5/team/app:latest", "immutable"),
                ("axaxnpcrorw5/web:v1", "unprotected"),
            ],
        );
        let one = r#"{"data": {"display-name": "web", "is-immutable": true}, "etag": "x"}"#;
        imported("oracle", one, r#"{"namespace": "axaxnpcrorw5"}"#);
    }

    #[test]
    fn summaries_that_do_not_say_it_are_refused() {
        let text = r#"{"data": {"items": [{"namespace": "n", "display-name": "app"}], "remaining-items-count": 2}}"#;
        let expected = [
            ("/data/items/0", "field `isImmutable` is missing"),
            ("/data/remaining-items-count", "1 element of a longer list"),
        ];
        assert_refused("oracle", text, "{}", &expected);
        assert_refused("oracle", r#"{"displayName": "a", "isImmutable": true}"#, "{}", &[("", "which namespace")]);
    }
}
