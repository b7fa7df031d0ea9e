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
