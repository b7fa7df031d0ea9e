//! Azure Container Registry: repositories, tags and manifests with their locks.
//!
//! There are no patterns: each has a lock of its own. `writeEnabled: false` denies overwrites and deletes, whatever
//! `deleteEnabled` says, and that is what is imported.

use crate::convert::draft::{Draft, Pattern, Selector};
use crate::convert::grouping::Grouping;
use crate::convert::options::Options;
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::reference::{Repository, Tag};
use crate::rule::deletion::Deletion;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};
use std::collections::BTreeMap;

/// Reads repositories, tags and manifests: one answer, or a list of answers; also the inner objects that `az acr` prints.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut reader = Reader { options, locks: Vec::new(), indexes: BTreeMap::new() };
    let entries = if root.is_list() { root.elements(report)? } else { vec![root] };
    for entry in entries {
        reader.entry(&entry, report);
    }
    let draft = reader.finish(report);
    draft.warn_of_same_push("Azure", report);
    Some(draft)
}

struct Reader<'a> {
    options: &'a Options,
    locks: Vec<Lock>,
    /// The index of each lock, by repository and tag.
    indexes: BTreeMap<String, usize>,
}

/// The lock of a repository, or of one of its tags.
struct Lock {
    place: Place,
    repository: String,
    /// `**` for the repository.
    tag: String,
    is_closed: bool,
}

const FIELDS: &[&str] = &[
    "imageName",
    "name",
    "digest",
    "tags",
    "tag",
    "manifests",
    "manifest",
    "link",
    "repositories",
    "changeableAttributes",
];

impl Reader<'_> {
    fn entry(&mut self, entry: &Node<'_>, report: &mut Report) -> Option<()> {
        let fields = entry.some_fields(FIELDS, report)?;
        if let Some(link) = fields.given("link") {
            let message = "the text is a page of a longer list".into();
            report.problem(&link.place, message, "ask for all pages, and leave this field out");
        }
        if let Some(names) = fields.given("repositories") {
            let message = "a list of names does not say which tags are locked".into();
            report.problem(&names.place, message, "ask for each repository and for its tags");
            return None;
        }
        let name = self.name(&fields, entry, report)?;
        // The tags of a manifest are names.
        let tags = fields.given("tags").filter(|_| fields.given("digest").is_none());
        for tag in tags.and_then(|list| list.elements(report)).iter().flatten().chain(fields.given("tag")) {
            self.tag(&name, tag, report);
        }
        let manifests = fields.given("manifests").and_then(|list| list.elements(report));
        for manifest in manifests.iter().flatten().chain(fields.given("manifest")) {
            read_manifest(manifest, report);
        }
        match (fields.given("name"), fields.given("digest"), fields.given("changeableAttributes")) {
            (Some(_), ..) if fields.given("imageName").is_none() => self.tag(&name, entry, report),
            (_, Some(_), _) => read_manifest(entry, report),
            (_, _, Some(attributes)) => self.repository(&name, attributes, report),
            (..) if ["tags", "tag", "manifests", "manifest"].iter().any(|part| fields.given(part).is_some()) => {
                Some(())
            }
            (..) => {
                report.problem(&entry.place, "field `changeableAttributes` is missing".into(), "add it");
                None
            }
        }
    }

    /// The full name of the repository that an answer is about.
    fn name(&self, fields: &Fields<'_>, entry: &Node<'_>, report: &mut Report) -> Option<String> {
        let Options { namespace, repository, .. } = self.options;
        let (name, place) = match (fields.given("imageName"), repository) {
            (Some(node), _) => (node.text(report)?.into_owned(), &node.place),
            (None, Some(path)) => {
                let name = namespace.as_ref().map_or_else(|| path.clone(), |namespace| format!("{namespace}/{path}"));
                (name, &entry.place)
            }
            (None, None) => {
                let message = "the text does not say which repository it is about".into();
                report.problem(&entry.place, message, "give the option `repository`");
                return None;
            }
        };
        let Some(parsed) = Repository::parse(&name) else {
            let message = format!("`{}` is not a valid name of a repository", shown(&name));
            report.problem(place, message, "write it as the API answered it");
            return None;
        };
        let is_same = self.options.agrees(parsed.split().map_or(WHOLE_INSTANCE, |split| split.0), place, report);
        is_same.then_some(name)
    }

    fn repository(&mut self, name: &str, attributes: &Node<'_>, report: &mut Report) -> Option<()> {
        let is_closed = is_write_locked(attributes, report)?;
        self.add(name, "**", is_closed, &attributes.place, report);
        if is_closed {
            let message = "there, the repository takes no new tags either; here it does".into();
            report.warning(
                &attributes.place,
                message,
                "take the right to push to it away, if it is meant to be closed",
            );
        }
        Some(())
    }

    fn tag(&mut self, name: &str, node: &Node<'_>, report: &mut Report) -> Option<()> {
        let fields = node.some_fields(&["name", "changeableAttributes"], report)?;
        let attributes = fields.required("changeableAttributes", report);
        let node = fields.required("name", report)?;
        let tag = node.text(report)?;
        if Tag::parse(&tag).is_none() {
            report.problem(
                &node.place,
                format!("`{}` is not a valid tag", shown(&tag)),
                "write it as the API answered it",
            );
            return None;
        }
        self.add(name, &tag, is_write_locked(attributes?, report)?, &node.place, report);
        Some(())
    }

    /// Takes a lock. A problem where it was said otherwise before.
    fn add(&mut self, repository: &str, tag: &str, is_closed: bool, place: &Place, report: &mut Report) {
        let count = self.locks.len();
        let index = *self.indexes.entry(format!("{repository}:{tag}")).or_insert(count);
        match self.locks.get(index) {
            Some(other) if other.is_closed != is_closed => {
                let message = format!("the lock is not the one at {}", other.place.pointer);
                report.problem(place, message, "import one registry at a time, as it is now");
            }
            Some(_) => {}
            None => self.locks.push(Lock {
                place: place.clone(),
                repository: repository.to_owned(),
                tag: tag.to_owned(),
                is_closed,
            }),
        }
    }

    fn finish(self, report: &mut Report) -> Draft {
        let mut grouping = Grouping::new(self.options, Deletion::Deny);
        let mut is_by_tag = false;
        // The locks of each repository together, in the order of their names.
        let mut locks =
            self.indexes.values().filter_map(|index| self.locks.get(*index)).filter(|lock| lock.is_closed).peekable();
        while let Some(Lock { place, repository, tag, .. }) = locks.next() {
            let mut tags = vec![Pattern::text(place, tag.as_str())];
            while let Some(next) = locks.next_if(|next| next.repository == *repository) {
                tags.push(Pattern::text(&next.place, next.tag.as_str()));
            }
            is_by_tag |= tags.len() > 1 || tag != "**";
            let (namespace, path) =
                Repository::parse(repository).and_then(Repository::split).unwrap_or((WHOLE_INSTANCE, repository));
            grouping.protect(namespace, &[path], place, Selector::of(place, SelectorField::Matches, tags));
        }
        if is_by_tag {
            let message = "the locks are those of tags that are there; no rule says which later tags are locked".into();
            report.warning(&Place::default(), message, "write a rule for the tags that are meant");
        }
        grouping.finish()
    }
}

/// Reads a manifest. Warns of its lock.
fn read_manifest(node: &Node<'_>, report: &mut Report) -> Option<()> {
    let fields = node.some_fields(&["changeableAttributes"], report)?;
    let attributes = fields.required("changeableAttributes", report)?;
    if switches(attributes, report)?.contains(&false) {
        let message = "the lock of a manifest has no counterpart here, and is left out".into();
        report.warning(&attributes.place, message, "protect its tags by a rule");
    }
    Some(())
}

/// Whether something may not be overwritten. Warns of what only may not be deleted.
fn is_write_locked(attributes: &Node<'_>, report: &mut Report) -> Option<bool> {
    let [write, delete] = switches(attributes, report)?;
    if write && !delete {
        let message = "a lock of deletes alone has no counterpart here, and is left out".into();
        report.warning(&attributes.place, message, "make the tags immutable, if they may not be deleted");
    }
    Some(!write)
}

/// Whether something may be overwritten, and deleted. What is not said is true.
fn switches(attributes: &Node<'_>, report: &mut Report) -> Option<[bool; 2]> {
    const SWITCHES: [&str; 2] = ["writeEnabled", "deleteEnabled"];
    let fields = attributes.some_fields(&SWITCHES, report)?;
    let [write, delete] = SWITCHES.map(|name| fields.given(name).map_or(Some(true), |switch| switch.boolean(report)));
    Some([write?, delete?])
}
