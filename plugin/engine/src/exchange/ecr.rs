//! Amazon Elastic Container Registry: `DescribeRepositories`.
//!
//! Each repository says which of its tags are immutable. Its name is the whole name that clients use, so its first
//! component is the namespace. Deletes are allowed there, and are here.

use super::draft::{Deletion, Draft, Pattern, Selector};
use super::grouping::{Grouping, Named};
use super::listing::Listing;
use super::options::Options;
use crate::source::{Fields, Node, Place, Report, shown};
use crate::survey::word;

const REPOSITORIES: Listing = Listing { list: "repositories", total: &[], more: &["nextToken", "NextToken"] };

/// Reads repositories: a list, `{"repositories": […]}`, or one alone, as `CreateRepository` answers it too.
pub(super) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut grouping = Grouping::new(options, Deletion::Allow(Place::default()));
    for entry in REPOSITORIES.elements(root, report)? {
        read_repository(&entry, &mut grouping, report);
    }
    let draft = grouping.finish();
    if !draft.rules.is_empty() {
        let message = "a tag may be pushed again here as what it is already, which ECR refuses".into();
        report.warning(&Place::default(), message, "nothing: the tag does not move");
    }
    Some(draft)
}

const FIELDS: &[&str] = &["repositoryName", "imageTagMutability", "imageTagMutabilityExclusionFilters"];
const MODES: &[&str] = &["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"];

fn read_repository(entry: &Node<'_>, grouping: &mut Grouping<'_>, report: &mut Report) {
    let Some(fields) = entry.some_fields(FIELDS, report) else { return };
    let name = fields.required("repositoryName", report);
    let mode = fields.required("imageTagMutability", report).and_then(|mode| word(mode, MODES, report));
    let filters = filters(&fields, report);
    let (Some(name), Some(mode), Some(filters)) = (name, mode, filters) else { return };
    let (immutable, with_exclusion) = (mode % 2 == 1, mode >= 2);
    if let Some(filter) = filters.first().filter(|_| !with_exclusion) {
        report.problem(
            &filter.place,
            "a filter of a mode that has none".into(),
            "say `…_WITH_EXCLUSION`, or leave it out",
        );
    }
    let place = &name.place;
    let tags = match (immutable, filters.is_empty()) {
        (true, true) => Some(Selector::implied(place, false, "**")),
        (false, true) => None,
        (_, false) => Some(Selector::of(place, immutable, filters)),
    };
    if let Some(name) = name.text(report) {
        grouping.add(&name, Named::Repository, place, tags, report);
    }
}

/// The filters of a repository. None, and a problem, where one can't be read.
fn filters(fields: &Fields<'_>, report: &mut Report) -> Option<Vec<Pattern>> {
    let Some(filters) = fields.given("imageTagMutabilityExclusionFilters") else { return Some(Vec::new()) };
    // All filters are read before one that failed ends it, so that all their problems are told.
    let filters: Vec<_> = filters.elements(report)?.iter().map(|filter| read_filter(filter, report)).collect();
    filters.into_iter().collect()
}

/// A filter is a whole tag in which `*` stands for any text, as here: a tag holds no `/`.
fn read_filter(filter: &Node<'_>, report: &mut Report) -> Option<Pattern> {
    let fields = filter.some_fields(&["filterType", "filter"], report)?;
    let kind = fields.required("filterType", report).and_then(|kind| word(kind, &["WILDCARD"], report));
    let node = fields.required("filter", report)?;
    let text = node.text(report)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'*');
    if text.is_empty() || !text.bytes().all(legal) {
        let message = format!("`{}` is no filter of ECR", shown(&text));
        report.problem(&node.place, message, "write one or more of the characters [0-9a-zA-Z._*-]");
        return None;
    }
    kind.map(|_| Pattern { place: node.place.clone(), text: text.into_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_deletes, assert_refused, assert_told, imported};

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
        assert_told(
            &converted.losses,
            &[("", "a tag may be pushed again here as what it is already, which ECR refuses")],
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
    fn what_is_wrong_is_told_at_its_place() {
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
            ("/repositories/1/repositoryName", "`Team/app` is no legal name"),
            ("/repositories/2", "field `repositoryName` is missing"),
            ("/repositories/3", "field `imageTagMutability` is missing"),
            (&format!("{}/filterType", places[0]), "unknown value `REGEX`"),
            (&format!("{}/filter", places[1]), "`[a]` is no filter"),
            (&places[2], "field `filterType` is missing"),
            (&format!("{}/filter", places[2]), "`` is no filter"),
            (&places[3], "expected an object"),
            ("/repositories/5/imageTagMutabilityExclusionFilters/0/filter", "a filter of a mode that has none"),
            ("/repositories/7/repositoryName", "repository `c` is at /repositories/6/repositoryName already"),
            ("/nextToken", "elements of a longer list"),
        ];
        assert_refused("ecr", text, "{}", &expected);
    }
}
