//! What a refusal says to people.

use crate::limits;
use crate::reference::{Digest, Repository, Tag};

/// What was denied.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Denied<'a> {
    /// A tag that has another digest.
    Overwrite { current: Digest<'a>, pushed: Digest<'a> },
    /// A write of a tag whose digest the host does not know.
    UnknownCurrent { pushed: Digest<'a> },
    /// A delete of a tag.
    DeleteTag,
    /// A delete of a manifest that a tag needs.
    DeleteManifest { digest: Digest<'a> },
    /// A delete of a manifest whose tags the host does not know.
    DeleteUntold { digest: Digest<'a> },
}

/// A refusal, and all that its message names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal<'a> {
    pub(crate) repository: Repository<'a>,
    /// The tag that was refused. None where the host knows none.
    pub(crate) tag: Option<Tag<'a>>,
    pub(crate) rule: u64,
    pub(crate) namespace: &'a str,
    pub(crate) denied: Denied<'a>,
}

impl Refusal<'_> {
    /// One line of printable ASCII, at most 600 characters: what, which rule, why, and what to do instead.
    #[inline]
    pub(crate) fn message(self) -> String {
        let message = self.sentence();
        if message.len() <= limits::MESSAGE_CHARACTERS {
            return message;
        }
        // Only a long namespace gets here, and it is the beginning of the repository's name, which stays whole.
        let namespace = self.namespace.get(..SHOWN_NAMESPACE).unwrap_or(self.namespace);
        Refusal { namespace: &format!("{namespace}..."), ..self }.sentence()
    }

    #[inline]
    fn sentence(self) -> String {
        let mut digits = [0; DIGITS];
        let (tag, rule) = (self.tag.map_or("", Tag::as_str), decimal(self.rule, &mut digits));
        // Room for all in one allocation, and each part put there by itself: `format!` would take longer than the rest of
        // a decision.
        let names = self.repository.as_str().len() + tag.len() + rule.len() + self.namespace.len();
        let mut text = String::with_capacity(WORDS + names);
        self.tell_what(tag, &mut text);
        text.push_str(rule);
        text.push_str(" (namespace ");
        text.push_str(self.namespace);
        self.tell_why(&mut text);
        text
    }

    /// What was refused, up to the rule that forbids it.
    #[inline]
    fn tell_what(self, tag: &str, text: &mut String) {
        if let Denied::DeleteUntold { digest } = self.denied {
            text.push_str("manifest ");
            text.push_str(digest.short());
            text.push_str(" of ");
            text.push_str(self.repository.as_str());
            text.push_str(" cannot be deleted: which tags it has could not be found out, and rule ");
        } else {
            text.push_str("tag ");
            text.push_str(tag);
            text.push_str(" of ");
            text.push_str(self.repository.as_str());
            text.push_str(" is immutable by rule ");
        }
    }

    /// Why, and what to do instead, from behind the rule's namespace on.
    #[inline]
    fn tell_why(self, text: &mut String) {
        match self.denied {
            Denied::Overwrite { current, pushed } => {
                text.push_str("): it is ");
                text.push_str(current.short());
                text.push_str(" and cannot be overwritten with ");
                text.push_str(pushed.short());
                text.push_str("; push under a new tag");
            }
            Denied::UnknownCurrent { pushed } => {
                text.push_str("): what it is now could not be found out, so it cannot be written with ");
                text.push_str(pushed.short());
                text.push_str("; try again, or push under a new tag");
            }
            Denied::DeleteTag => text.push_str("): it cannot be deleted; let the rule allow deletion first"),
            Denied::DeleteManifest { digest } => {
                text.push_str("): its manifest ");
                text.push_str(digest.short());
                text.push_str(" cannot be deleted; let the rule allow deletion first");
            }
            Denied::DeleteUntold { .. } => text.push_str(") makes tags there immutable; try again"),
        }
    }
}

/// No less than the words and the short digests of any message.
const WORDS: usize = 192;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ever() {
        for number in [0, 1, 9, 10, 11, 99, 100, 12_345, limits::INTEGER, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; DIGITS]), number.to_string());
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
            Denied::Overwrite { current: digest, pushed: digest },
            Denied::UnknownCurrent { pushed: digest },
            Denied::DeleteTag,
            Denied::DeleteManifest { digest },
            Denied::DeleteUntold { digest },
        ];
        for denied in all {
            let refusal = Refusal {
                repository: Repository::parse(&repository).unwrap(),
                tag: Tag::parse(&tag),
                rule: limits::INTEGER,
                namespace: &namespace,
                denied,
            };
            let names = repository.len() + 128 + "9007199254740991".len() + namespace.len();
            assert!(refusal.sentence().len() <= WORDS + names, "one allocation");
            let message = refusal.message();
            assert!(message.len() <= limits::MESSAGE_CHARACTERS, "{}: {message}", message.len());
            assert!(message.contains(&repository));
        }
    }
}
