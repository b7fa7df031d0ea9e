//! Amazon Elastic Container Registry: `DescribeRepositories`, `CreateRepository`, Terraform and CloudFormation.
//!
//! Each repository says which of its tags are immutable. Its name is the whole name that clients use, so its first
//! component is the namespace. Deletes are allowed there, and are here.

use crate::convert::cloudformation;
use crate::convert::draft::{Draft, Pattern, Selector};
use crate::convert::grouping::{Grouping, Named};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::convert::terraform::{self, Wanted};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::one_of;
use crate::rule::deletion::Deletion;
use crate::rule::field::SelectorField;

const REPOSITORIES: Listing = Listing { list: "repositories", total: &[], more: &["nextToken", "NextToken"] };

/// How a text spells what it says of a repository.
#[derive(Clone, Copy)]
struct Spelling {
    /// Its name, its mode, and its filters.
    fields: [&'static str; 3],
    /// The type and the text of a filter.
    filter: [&'static str; 2],
}

const API: Spelling = Spelling {
    fields: ["repositoryName", "imageTagMutability", "imageTagMutabilityExclusionFilters"],
    filter: ["filterType", "filter"],
};
const TERRAFORM: Spelling = Spelling {
    fields: ["name", "image_tag_mutability", "image_tag_mutability_exclusion_filter"],
    filter: ["filter_type", "filter"],
};
const CLOUDFORMATION: Spelling = Spelling {
    fields: ["RepositoryName", "ImageTagMutability", "ImageTagMutabilityExclusionFilters"],
    filter: ["ImageTagMutabilityExclusionFilterType", "ImageTagMutabilityExclusionFilterValue"],
};

/// Reads repositories: a list, `{"repositories": […]}`, or one alone, as `CreateRepository` answers it too; or those of
/// Terraform or CloudFormation.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Allow);
    let (entries, spelling) = entries(root, report)?;
    for entry in entries {
        read_repository(&entry, spelling, &mut grouping, report);
    }
    let draft = grouping.finish();
    draft.warn_of_same_push("ECR", report);
    Some(draft)
}

fn entries<'a>(root: Node<'a>, report: &mut Report) -> Option<(Vec<Node<'a>>, Spelling)> {
    if terraform::is_terraform(&root) {
        let wanted = Wanted { types: &["aws_ecr_repository"], attributes: &TERRAFORM.fields };
        let resources = terraform::resources(&root, wanted, report)?;
        return Some((resources.into_iter().map(|(_, values)| values).collect(), TERRAFORM));
    }
    if cloudformation::is_template(&root) {
        return Some((cloudformation::repositories(&root, report)?, CLOUDFORMATION));
    }
    let created =
        if root.is_object() { root.some_fields(&["repository"], report)?.given("repository").cloned() } else { None };
    Some((REPOSITORIES.elements(created.unwrap_or(root), report)?, API))
}

const MODES: &[&str] = &["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"];

fn read_repository(entry: &Node<'_>, spelling: Spelling, grouping: &mut Grouping<'_>, report: &mut Report) {
    let Some(fields) = entry.some_fields(&spelling.fields, report) else { return };
    let [name, mode, filters] = spelling.fields;
    let name =
        property(&fields, spelling, name, report).and_then(|node| node.or_else(|| fields.required(name, report)));
    let mode = match property(&fields, spelling, mode, report) {
        // The API always says it.
        Some(None) if spelling.fields != API.fields => Some(0),
        Some(node) => node.or_else(|| fields.required(mode, report)).and_then(|mode| one_of(mode, MODES, report)),
        None => None,
    };
    let filters = property(&fields, spelling, filters, report).and_then(|node| read_filters(node, spelling, report));
    let (Some(name), Some(mode), Some(filters)) = (name, mode, filters) else { return };
    let (immutable, with_exclusion) = (mode % 2 == 1, mode >= 2);
    if let Some(filter) = filters.first().filter(|_| !with_exclusion) {
        report.problem(
            &filter.place,
            "a filter, though the mode has no filters".into(),
            "say `…_WITH_EXCLUSION`, or leave it out",
        );
    }
    let place = &name.place;
    let tags = match (immutable, filters.is_empty()) {
        (true, true) => Some(Selector::implied(place, SelectorField::Matches, "**")),
        (false, true) => None,
        (_, false) => {
            Some(Selector::of(place, if immutable { SelectorField::Excludes } else { SelectorField::Matches }, filters))
        }
    };
    if let Some(name) = name.text(report) {
        grouping.add(&name, Named::Repository, place, tags, report);
    }
}

/// A field, which may be missing. A problem where it can't be known.
fn property<'f, 'a>(
    fields: &'f Fields<'a>,
    spelling: Spelling,
    name: &str,
    report: &mut Report,
) -> Option<Option<&'f Node<'a>>> {
    let is_template = spelling.fields == CLOUDFORMATION.fields;
    if is_template { cloudformation::property(fields, name, report) } else { Some(fields.given(name)) }
}

/// The filters of a repository. Reports one that can't be read.
fn read_filters(filters: Option<&Node<'_>>, spelling: Spelling, report: &mut Report) -> Option<Vec<Pattern>> {
    let Some(filters) = filters else { return Some(Vec::new()) };
    // All filters are read before an invalid one ends it, so that all their problems are reported.
    let filters: Vec<_> =
        filters.elements(report)?.iter().map(|filter| read_filter(filter, spelling, report)).collect();
    filters.into_iter().collect()
}

/// A filter is a whole tag in which `*` means any text, as here: a tag holds no `/`.
fn read_filter(filter: &Node<'_>, spelling: Spelling, report: &mut Report) -> Option<Pattern> {
    let [kind, text] = spelling.filter;
    let fields = filter.some_fields(&spelling.filter, report)?;
    let kind = fields.required(kind, report).and_then(|kind| one_of(kind, &["WILDCARD"], report));
    let node = fields.required(text, report)?;
    let text = node.text(report)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'*');
    if text.is_empty() || !text.bytes().all(legal) {
        let message = format!("`{}` is not a valid filter of ECR", shown(&text));
        report.problem(&node.place, message, "write one or more of the characters [0-9a-zA-Z._*-]");
        return None;
    }
    kind.map(|_| Pattern::text(&node.place, text))
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, imported};

    #[test]
    fn repositories_become_pairs_of_their_namespaces() {
        let text = r#"{"repositories": [
            {"repositoryArn": "arn:aws:ecr:eu-west-1:1:repository/team/app", "repositoryName": "team/app",
             "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "latest"}, {"filterType": "WILDCARD", "filter": "dev-*"}]},
            {"repositoryName": "team/deep/web", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "latest"}, {"filterType": "WILDCARD", "filter": "dev-*"}]},
            {"repositoryName": "team/kept", "imageTagMutability": "IMMUTABLE", "imageTagMutabilityExclusionFilters": []},
            {"repositoryName": "team/loose", "imageTagMutability": "MUTABLE"},
            {"repositoryName": "alone", "imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "*-release-*"}]},
            {"repositoryName": "none", "imageTagMutability": "MUTABLE_WITH_EXCLUSION"}
        ], "nextToken": null}"#;
        let converted = imported("ecr", text, r#"{"instance": "eu-west-1"}"#);
        let document = r#"{
  "version": 1,
  "instance": "eu-west-1",
  "rules": [
    { "id": 1, "namespace": "team", "deletion": "allow",
      "protects": [
        { "repositories": { "matches": ["app", "deep/web"] }, "tags": { "excludes": ["latest", "dev-*"] } },
        { "repositories": { "matches": "kept" }, "tags": { "matches": "**" } }
      ] },
    { "id": 2, "namespace": "*", "deletion": "allow",
      "protects": [{ "repositories": { "matches": "alone" }, "tags": { "matches": "*-release-*" } }] }
  ]
}
"#;
        assert_eq!(converted.text, document);
        assert_reported(
            &converted.losses,
            &[("", "a tag may be pushed again here with the content that it has, which ECR refuses")],
        );
        assert_deletes(
            document,
            &[
                ("team/app:v1", "deletion-allowed"),
                ("team/app:latest", "unprotected"),
                ("team/app:dev-1", "unprotected"),
                ("team/app/more:v1", "unprotected"),
                ("team/deep/web:v1", "deletion-allowed"),
                ("team/kept:latest", "deletion-allowed"),
                ("team/loose:v1", "unprotected"),
                ("alone:x-release-1", "deletion-allowed"),
                ("alone:latest", "unprotected"),
                ("other/alone:x-release-1", "unprotected"),
            ],
        );
    }

    #[test]
    fn thousands_of_repositories_of_a_namespace_share_a_pair() {
        let repositories: Vec<_> = (0..9_000)
            .map(|number| format!(r#"{{"repositoryName": "team/r{number}", "imageTagMutability": "IMMUTABLE"}}"#))
            .collect();
        let document = imported("ecr", &format!("[{}]", repositories.join(",")), "{}").text;
        assert_deletes(&document, &[("team/r0:v1", "deletion-allowed"), ("team/r8999:v1", "deletion-allowed")]);
    }

    #[test]
    fn more_than_a_rule_may_have_is_refused() {
        let repositories: Vec<_> = (0..10_000)
            .map(|number| format!(r#"{{"repositoryName": "team/r{number}", "imageTagMutability": "IMMUTABLE"}}"#))
            .collect();
        let text = format!("[{}]", repositories.join(","));
        assert_refused("ecr", &text, "{}", &[("/0/repositoryName", "10001 patterns, more than 10000")]);
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
        let text = r#"{"repositories": [
            {"repositoryName": "team/app", "imageTagMutability": "FROZEN"},
            {"repositoryName": "Team/app", "imageTagMutability": "IMMUTABLE"},
            {"imageTagMutability": "IMMUTABLE"},
            {"repositoryName": "team/app"},
            {"repositoryName": "a", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [
                {"filterType": "REGEX", "filter": "a"}, {"filterType": "WILDCARD", "filter": "[a]"}, {"filter": ""}, 1]},
            {"repositoryName": "b", "imageTagMutability": "IMMUTABLE", "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "a"}]},
            {"repositoryName": "c", "imageTagMutability": "MUTABLE"},
            {"repositoryName": "c", "imageTagMutability": "IMMUTABLE"}
        ], "nextToken": "x"}"#;
        let filters = "/repositories/4/imageTagMutabilityExclusionFilters";
        let places = [0, 1, 2, 3].map(|index| format!("{filters}/{index}"));
        let expected = [
            ("/repositories/0/imageTagMutability", "unknown value `FROZEN`"),
            ("/repositories/1/repositoryName", "`Team/app` is not a valid name"),
            ("/repositories/2", "field `repositoryName` is missing"),
            ("/repositories/3", "field `imageTagMutability` is missing"),
            (&format!("{}/filterType", places[0]), "unknown value `REGEX`"),
            (&format!("{}/filter", places[1]), "`[a]` is not a valid filter"),
            (&places[2], "field `filterType` is missing"),
            (&format!("{}/filter", places[2]), "`` is not a valid filter"),
            (&places[3], "expected an object"),
            ("/repositories/5/imageTagMutabilityExclusionFilters/0/filter", "a filter, though the mode has no filters"),
            ("/repositories/7/repositoryName", "repository `c` is at /repositories/6/repositoryName already"),
            ("/nextToken", "elements of a longer list"),
        ];
        assert_refused("ecr", text, "{}", &expected);
    }
}
