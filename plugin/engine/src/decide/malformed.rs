//! Why an event or a question is invalid, in words that name the place and never repeat what is there.

use super::event::EventKind;
use crate::document::located_json::quote::list;
use crate::limits;
use crate::words::Word;
use std::borrow::Cow;
use std::fmt;

/// Why an event or a question is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The text is not JSON of the right form, from this line and byte on.
    Form {
        line: usize,
        column: usize,
    },
    /// The text is longer than it may be.
    TooLong,
    /// A required field is missing.
    Missing(&'static str),
    /// Not one operation, but none or several of them.
    Operations(usize),
    Repository,
    Digest,
    /// The tag at an index.
    Tag(usize),
    /// What the tag at an index resolves to.
    Current(usize),
    /// The field `current` of the tag at an index is missing.
    NoCurrent(usize),
    /// The tag at an index is given a second time.
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
        let (why, help) = self.why(what);
        ["malformed ", what, ": ", &why, "; ", &help].concat()
    }

    /// What is wrong, and what to write instead.
    fn why(self, what: &str) -> (Cow<'static, str>, Cow<'static, str>) {
        match self {
            Self::Form { line, column } => (
                format!("the text is not a valid {what} from line {line}, byte {column} on").into(),
                "write one JSON object with known fields, each once and of its type".into(),
            ),
            Self::TooLong => (
                format!("the text is longer than {} bytes", limits::MAX_EVENT_BYTES).into(),
                format!("split the {what}").into(),
            ),
            Self::Missing(field) => (format!("`{field}` is missing").into(), "add it".into()),
            Self::Operations(count) => {
                (format!("{count} operations").into(), format!("write one of {}", list(EventKind::TEXTS)).into())
            }
            Self::Repository => ("`repository` is not a valid name".into(), NAMES.into()),
            Self::Digest => ("`digest` is not a valid digest".into(), DIGESTS.into()),
            Self::Tag(index) => (format!("tag {index} is not a valid tag").into(), TAGS.into()),
            Self::Current(index) => (format!("`current` of tag {index} is not a valid state").into(), STATES.into()),
            Self::NoCurrent(index) => (format!("`current` of tag {index} is missing").into(), STATES.into()),
            Self::Twice(index) => (format!("tag {index} is given twice").into(), "name each tag once".into()),
            Self::ManifestTags => ("`tags` is neither a list nor `unknown`".into(), "write one of them".into()),
            Self::TooManyTags(count) => {
                (format!("{count} tags are more than {}", limits::MAX_TAGS_PER_EVENT).into(), "split the event".into())
            }
            Self::Context(fault) => (fault.to_string().into(), fault.help().into()),
        }
    }
}

/// What a name of a repository can be.
const NAMES: &str = "write lower-case components as in the OCI distribution specification, at most 255 characters";
/// What a digest can be.
const DIGESTS: &str = "write `sha256:` or `blake3:` and 64, or `sha512:` and 128, lower-case hex digits";
/// What a tag can be.
const TAGS: &str = "write 1 to 128 of the characters [a-zA-Z0-9._-], the first not `.` or `-`";
/// What `current` can be.
const STATES: &str = r#"write a digest, `absent`, `unknown` or `{"retired": "sha256:..."}`"#;

impl ContextFault {
    /// What to do about it.
    fn help(self) -> &'static str {
        match self {
            Self::TooMany(_) => "leave some out",
            Self::Key(_) => "rename it",
            Self::Value(_) => "shorten it",
            Self::Twice(_) => "give each once",
        }
    }
}

impl fmt::Display for ContextFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(count) => {
                write!(formatter, "{count} pairs of context are more than {}", limits::MAX_CONTEXT_PAIRS)
            }
            Self::Key(index) => {
                let most = limits::MAX_CONTEXT_KEY_BYTES;
                write!(formatter, "key {index} of the context is empty or longer than {most} bytes")
            }
            Self::Value(index) => {
                let most = limits::MAX_CONTEXT_VALUE_BYTES;
                write!(formatter, "value {index} of the context is longer than {most} bytes")
            }
            Self::Twice(index) => write!(formatter, "key {index} of the context is given twice"),
        }
    }
}
