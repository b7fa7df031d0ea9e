//! Why an event or a question is none, in words that name the place and never repeat what stands there.

use crate::limits;
use std::fmt;

/// Why an event or a question is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The text is no JSON of the form that it should have, from this line and byte of it on.
    Form {
        line: usize,
        column: usize,
    },
    /// The text is longer than it may be.
    TooLong,
    /// A field that must be there is not.
    Missing(&'static str),
    /// Not one operation, but none or several.
    Operations(usize),
    Repository,
    Digest,
    /// The tag at an index.
    Tag(usize),
    /// What the tag at an index resolves to.
    Current(usize),
    /// The field `current` of the tag at an index is not there.
    NoCurrent(usize),
    /// The tag at an index was there before.
    Twice(usize),
    /// The tags of a manifest are neither a list nor `unknown`.
    ManifestTags,
    TooManyTags(usize),
    Context(ContextFault),
}

/// What is wrong with an event's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContextFault {
    TooMany(usize),
    Key(usize),
    Value(usize),
    Twice(usize),
}

impl Malformed {
    /// One line for people about what should have been an event or a question: `malformed event: …`.
    pub(crate) fn message(self, what: &str) -> String {
        let why = match self {
            Self::Form { line, column } => format!(
                "the text is no {what} from line {line}, byte {column} on; write one JSON object with known fields, each \
                 once and of its type"
            ),
            Self::TooLong => format!("the text is longer than {} bytes; split the {what}", limits::EVENT_BYTES),
            Self::Missing(field) => format!("`{field}` is missing; add it"),
            Self::Operations(count) => {
                format!("{count} operations; write one of `write`, `delete-tag` and `delete-manifest`")
            }
            Self::Repository => {
                "`repository` is no legal name; write lower-case components as in the OCI distribution \
                                 specification, at most 255 characters"
                    .into()
            }
            Self::Digest => {
                "`digest` is none that is known; write `sha256:` or `blake3:` and 64, or `sha512:` and 128, \
                             lower-case hex digits"
                    .into()
            }
            Self::Tag(index) => format!(
                "tag {index} is no legal tag; write 1 to 128 of the characters [a-zA-Z0-9._-], the first not `.` or `-`"
            ),
            Self::Current(index) => {
                format!("`current` of tag {index} is none that is known; write a digest, `absent` or `unknown`")
            }
            Self::NoCurrent(index) => {
                format!("`current` of tag {index} is missing; write a digest, `absent` or `unknown`")
            }
            Self::Twice(index) => format!("tag {index} was there before; name each tag once"),
            Self::ManifestTags => "`tags` is neither a list nor `unknown`; write one of them".into(),
            Self::TooManyTags(count) => format!("{count} tags are more than {}; split the event", limits::TAGS),
            Self::Context(fault) => fault.to_string(),
        };
        format!("malformed {what}: {why}")
    }
}

impl fmt::Display for ContextFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(count) => {
                write!(formatter, "{count} pairs of context are more than {}; leave some out", limits::CONTEXT_PAIRS)
            }
            Self::Key(index) => {
                let most = limits::CONTEXT_KEY_BYTES;
                write!(formatter, "key {index} of the context is empty or longer than {most} bytes; rename it")
            }
            Self::Value(index) => {
                let most = limits::CONTEXT_VALUE_BYTES;
                write!(formatter, "value {index} of the context is longer than {most} bytes; shorten it")
            }
            Self::Twice(index) => write!(formatter, "key {index} of the context was there before; give each once"),
        }
    }
}
