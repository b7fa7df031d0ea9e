//! The events that all subjects are asked, and what they answer.

use anyhow::{Result, bail};
use serde::Serialize;
use tagseal::contract::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

/// How many there are.
pub(crate) const COUNT: usize = 1_000;

/// Takes neighbours far apart. A prime larger than any number of namespaces leaves none of them out.
const STRIDE: usize = 1_000_003;

/// What has to be the same, whoever answers: whether it may happen, and if not, which rule forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It may.
    Allow,
    /// It may not, by the rule of this id.
    Deny(u64),
}

/// A thousand events for a policy of so many rules, in turn: a first push, the same content again, other content, `latest`
/// moved, a tag deleted, three tags moved at once, a push over what the host could not look up, a manifest deleted.
///
/// They go to all namespaces that have a rule and one that has none, and now and then to a repository outside of all.
pub(crate) fn events(rules: u64) -> Vec<Event> {
    (0..COUNT)
        .map(|index| Event { operation: operation(&repository(rules, index), index), context: Vec::new() })
        .collect()
}

fn repository(rules: u64, index: usize) -> String {
    let folder = match index % 3 {
        0 => "team",
        1 => "base",
        _ => "scratch",
    };
    let path = format!("{folder}/app-{}", index % 100);
    match index.wrapping_mul(STRIDE) as u64 % rules.max(2) {
        _ if index % 50 == 49 => format!("app-{index}"),
        namespace if namespace + 1 < rules.max(2) => format!("n{namespace}/{path}"),
        _ => format!("without-a-rule/{path}"),
    }
}

/// How many kinds of events there are.
pub(crate) const KINDS: usize = 8;

/// The kind of an event, by its index. Each kind meets each kind of rule: those take turns one by one.
pub(crate) fn kind(index: usize) -> usize {
    index / 4 % KINDS
}

fn operation(repository: &str, index: usize) -> Operation {
    let repository = repository.to_owned();
    let version = format!("v1.{}.0", index / 8);
    let (pushed, other) = (digest(index), digest(index + 1));
    let set = |tag: &str, current| TagWrite { tag: tag.to_owned(), current };
    let write = |tags| Operation::Write(Write { repository: repository.clone(), digest: pushed.clone(), tags });
    match kind(index) {
        0 => write(vec![set(&version, Current::Absent)]),
        1 => write(vec![set(&version, Current::Digest(pushed.clone()))]),
        2 => write(vec![set(&version, Current::Digest(other))]),
        3 => write(vec![set("latest", Current::Digest(other))]),
        4 => Operation::DeleteTag(DeleteTag { repository, tag: version, remembers: false }),
        5 => write(vec![
            set(&version, Current::Absent),
            set(&format!("dev-{index}"), Current::Digest(other.clone())),
            set(&format!("prod-{index}"), Current::Digest(other)),
        ]),
        6 => write(vec![set(&format!("{index}-snapshot"), Current::Unknown)]),
        _ => {
            let tags = ManifestTags::Known(vec!["latest".to_owned(), version]);
            Operation::DeleteManifest(DeleteManifest { repository, digest: pushed, tags, remembers: false })
        }
    }
}

fn digest(number: usize) -> String {
    format!("sha256:{:064x}", number as u128 * 0x9e37_79b9_7f4a_7c15)
}

/// An event as JSON writes it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Text<'a> {
    Write { repository: &'a str, digest: &'a str, tags: Vec<TagText<'a>> },
    DeleteTag { repository: &'a str, tag: &'a str },
    DeleteManifest { repository: &'a str, digest: &'a str, tags: &'a [String] },
}

#[derive(Serialize)]
struct TagText<'a> {
    tag: &'a str,
    current: &'a str,
}

/// The same event in JSON, written as a host would that has it as a value.
pub(crate) fn json(event: &Event) -> Result<String> {
    let text = match &event.operation {
        Operation::Write(Write { repository, digest, tags }) => {
            let tags = tags.iter().map(|write| TagText { tag: &write.tag, current: current(&write.current) }).collect();
            Text::Write { repository, digest, tags }
        }
        Operation::DeleteTag(DeleteTag { repository, tag, .. }) => Text::DeleteTag { repository, tag },
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, .. }) => {
            let ManifestTags::Known(tags) = tags else { bail!("no event here leaves its tags unknown") };
            Text::DeleteManifest { repository, digest, tags }
        }
    };
    Ok(serde_json::to_string(&text)?)
}

/// What a tag is now, as JSON has it: a digest, `absent` or `unknown`. No event here has a retired tag.
pub(crate) fn current(current: &Current) -> &str {
    match current {
        Current::Absent => "absent",
        Current::Unknown => "unknown",
        Current::Digest(digest) | Current::Retired(digest) => digest,
    }
}

/// An event as engines see it that judge one tag at a time: its repository, what is done, and to which tags.
pub(crate) struct Parts<'a> {
    pub(crate) repository: &'a str,
    /// The first component of the repository's name and the rest. None for a name of one component.
    pub(crate) split: Option<(&'a str, &'a str)>,
    pub(crate) deletes: bool,
    /// What is pushed, empty for deletes.
    pub(crate) digest: &'a str,
    /// Each tag, and what it is now, empty for deletes.
    pub(crate) tags: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    /// Takes an event apart.
    pub(crate) fn of(event: &'a Event) -> Self {
        let (repository, deletes, digest, tags) = match &event.operation {
            Operation::Write(Write { repository, digest, tags }) => {
                let tags = tags.iter().map(|write| (write.tag.as_str(), current(&write.current))).collect();
                (repository, false, digest.as_str(), tags)
            }
            Operation::DeleteTag(DeleteTag { repository, tag, .. }) => (repository, true, "", vec![(tag.as_str(), "")]),
            Operation::DeleteManifest(DeleteManifest { repository, tags, .. }) => {
                let tags = match tags {
                    ManifestTags::Known(tags) => tags.iter().map(|tag| (tag.as_str(), "")).collect(),
                    ManifestTags::Unknown => Vec::new(),
                };
                (repository, true, "", tags)
            }
        };
        Self { repository, split: repository.split_once('/'), deletes, digest, tags }
    }
}
