//! What a denial says to people.

use crate::limits;
use crate::reference::{Digest, Repository, Tag};

/// What was kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DenialKind<'a> {
    /// A tag that has another digest.
    Overwrite { current: Digest<'a>, pushed: Digest<'a> },
    /// A write of other content under a tag that was deleted.
    Reuse { retired: Digest<'a> },
    /// A write of a tag whose digest the host does not know.
    UnknownCurrent { pushed: Digest<'a> },
    /// A delete of a tag.
    DeleteTag,
    /// A delete of a manifest that a tag needs.
    DeleteManifest { digest: Digest<'a> },
    /// A delete of a manifest whose tags the host does not know.
    DeleteWithUnknownTags { digest: Digest<'a> },
}

/// A denial, and all that its message names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denial<'a> {
    pub(crate) repository: Repository<'a>,
    /// The tag that was denied. `None` where the host knows no tag.
    pub(crate) tag: Option<Tag<'a>>,
    pub(crate) rule: u64,
    pub(crate) namespace: &'a str,
    pub(crate) kind: DenialKind<'a>,
}

impl Denial<'_> {
    /// One line of printable ASCII, at most 600 characters: what, which rule, why, and what to do instead.
    #[inline]
    pub(crate) fn message(self) -> String {
        let message = self.sentence();
        if message.len() <= limits::MAX_MESSAGE_CHARACTERS {
            return message;
        }
        // Only a long namespace gets here, and it is the beginning of the repository's name, which stays whole.
        let shown = match self.kind {
            DenialKind::Reuse { .. } => SHOWN_NAMESPACE_OF_REUSE,
            DenialKind::Overwrite { .. }
            | DenialKind::UnknownCurrent { .. }
            | DenialKind::DeleteTag
            | DenialKind::DeleteManifest { .. }
            | DenialKind::DeleteWithUnknownTags { .. } => SHOWN_NAMESPACE,
        };
        let namespace = self.namespace.get(..shown).unwrap_or(self.namespace);
        Denial { namespace: &format!("{namespace}..."), ..self }.sentence()
    }

    /// Each sentence whole, from its parts: they are put together in one allocation of the right size. `format!` would take
    /// longer than the rest of a decision, and room to spare would have to be given back.
    #[inline]
    fn sentence(self) -> String {
        let mut digits = [0; DIGITS];
        let rule = decimal(self.rule, &mut digits);
        let tag = self.tag.map_or("", Tag::as_str);
        let (repository, namespace) = (self.repository.as_str(), self.namespace);
        let parts: [&str; PARTS] = match self.kind {
            DenialKind::Overwrite { current, pushed } => [
                "tag ",
                tag,
                " of ",
                repository,
                " cannot be overwritten because the tag is immutable (rule ",
                rule,
                ", namespace ",
                namespace,
                "): it is ",
                current.short(),
                ", the push is ",
                pushed.short(),
                "; ",
                other_way(tag),
            ],
            DenialKind::Reuse { retired } => [
                "tag ",
                tag,
                " of ",
                repository,
                " cannot be overwritten because the tag is immutable (rule ",
                rule,
                ", namespace ",
                namespace,
                "): it was ",
                retired.short(),
                " and was deleted, and a deleted tag is not used again; ",
                other_way(tag),
                "",
                "",
            ],
            DenialKind::UnknownCurrent { pushed } => [
                "tag ",
                tag,
                " of ",
                repository,
                " cannot be written because its current state could not be found out (rule ",
                rule,
                ", namespace ",
                namespace,
                "): the push is ",
                pushed.short(),
                "; try again, or ",
                other_way(tag),
                "",
                "",
            ],
            DenialKind::DeleteTag => [
                "tag ",
                tag,
                " of ",
                repository,
                " cannot be deleted because the tag is immutable (rule ",
                rule,
                ", namespace ",
                namespace,
                "); let the rule allow deletion first",
                "",
                "",
                "",
                "",
                "",
            ],
            DenialKind::DeleteManifest { digest } => [
                "tag ",
                tag,
                " of ",
                repository,
                " cannot be deleted because the tag is immutable (rule ",
                rule,
                ", namespace ",
                namespace,
                "): it needs manifest ",
                digest.short(),
                "; let the rule allow deletion first",
                "",
                "",
                "",
            ],
            DenialKind::DeleteWithUnknownTags { digest } => [
                "manifest ",
                digest.short(),
                " of ",
                repository,
                " cannot be deleted because its tags could not be found out (rule ",
                rule,
                ", namespace ",
                namespace,
                "): the rule protects tags of this repository; try again",
                "",
                "",
                "",
                "",
                "",
            ],
        };
        parts.concat()
    }
}

/// What helps where a tag can't be written. Who pushes can't choose the name of a tag that a tool derives from a digest.
fn other_way(tag: &str) -> &'static str {
    if [".sig", ".att", ".sbom"].iter().any(|suffix| tag.ends_with(suffix)) {
        "let the rule exempt `signatures`"
    } else if tag.starts_with("sha256-") || tag.starts_with("sha512-") {
        "let the rule exempt `referrers`"
    } else {
        "push under a new tag"
    }
}

/// How many parts the longest sentence has.
const PARTS: usize = 14;

/// Most digits of a number.
const DIGITS: usize = 20;

/// A number in decimal, written from its end into a buffer: what formats numbers for all the world takes longer than to
/// put the sentence together.
#[inline]
fn decimal(number: u64, digits: &mut [u8; DIGITS]) -> &str {
    let mut rest = number;
    let mut start = DIGITS;
    for (at, place) in digits.iter_mut().enumerate().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        start = at;
        if rest == 0 {
            break;
        }
    }
    digits.get(start..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
}

/// How much of a namespace is shown where the whole would not fit: a repository of 255, a tag of 128 and the longest
/// words around them leave room for it.
const SHOWN_NAMESPACE: usize = 24;
/// The same in the longest sentence.
const SHOWN_NAMESPACE_OF_REUSE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ever() {
        for number in [0, 1, 9, 10, 11, 99, 100, 12_345, limits::MAX_INTEGER, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; DIGITS]), number.to_string());
        }
    }

    #[test]
    fn a_tag_that_a_tool_names_gets_the_advice_to_exempt_its_set() {
        for (tag, help) in [
            ("v1", "push under a new tag"),
            ("sha256-abc", "let the rule exempt `referrers`"),
            ("sha512-abc", "let the rule exempt `referrers`"),
            ("sha256-abc.sig", "let the rule exempt `signatures`"),
            ("sha256-abc.att", "let the rule exempt `signatures`"),
            ("x.sbom", "let the rule exempt `signatures`"),
        ] {
            assert_eq!(other_way(tag), help, "{tag}");
        }
    }

    #[test]
    fn the_longest_message_fits() {
        let namespace = "n".repeat(253);
        let repository = format!("{namespace}/r");
        let tag = "t".repeat(128);
        let digest = format!("sha256:{}", "a".repeat(64));
        let digest = Digest::parse(&digest).unwrap();
        let all = [
            DenialKind::Overwrite { current: digest, pushed: digest },
            DenialKind::Reuse { retired: digest },
            DenialKind::UnknownCurrent { pushed: digest },
            DenialKind::DeleteTag,
            DenialKind::DeleteManifest { digest },
            DenialKind::DeleteWithUnknownTags { digest },
        ];
        for kind in all {
            let denial = Denial {
                repository: Repository::parse(&repository).unwrap(),
                tag: Tag::parse(&tag),
                rule: limits::MAX_INTEGER,
                namespace: &namespace,
                kind,
            };
            let sentence = denial.sentence();
            assert_eq!(sentence.capacity(), sentence.len(), "one allocation of the right size");
            let message = denial.message();
            assert!(message.len() <= limits::MAX_MESSAGE_CHARACTERS, "{}: {message}", message.len());
            assert!(message.contains(&repository));
        }
    }
}
