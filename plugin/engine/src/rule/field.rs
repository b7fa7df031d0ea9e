//! The names of all fields of a policy document.

use super::deletion::Deletion;
use crate::pattern::subject::Subject;
use crate::words::{Word, fields, words};
use serde_json::Value;

fields! {
    /// A field of a document.
    pub(crate) enum DocumentField,
    /// One value for each field of a document.
    struct DocumentFields {
        Version / version = "version",
        Instance / instance = "instance",
        Revision / revision = "revision",
        NextId / next_id = "next-id",
        Rules / rules = "rules",
        Overrides / overrides = "overrides",
    }
}

fields! {
    /// A field of a rule.
    pub(crate) enum RuleField,
    /// One value for each field of a rule.
    struct RuleFields {
        Id / id = "id",
        Namespace / namespace = "namespace",
        Enabled / enabled = "enabled",
        Deletion / deletion = "deletion",
        Exempt / exempt = "exempt",
        Note / note = "note",
        Preset / preset = "preset",
        Protects / protects = "protects",
    }
}

fields! {
    /// A field of a selector pair.
    pub(crate) enum PairField,
    /// One value for each field of a selector pair.
    struct PairFields {
        Repositories / repositories = "repositories",
        Tags / tags = "tags",
    }
}

words! {
    /// A field of a selector, which is also the side that its patterns are on.
    pub(crate) enum SelectorField {
        /// What one of the patterns matches.
        Matches = "matches",
        /// What none of the patterns matches.
        Excludes = "excludes",
    }
}

impl PairField {
    /// What the patterns of the selector are matched against.
    pub(crate) fn subject(self) -> Subject {
        match self {
            Self::Repositories => Subject::Repository,
            Self::Tags => Subject::Tag,
        }
    }
}

impl RuleField {
    /// The value that a rule without the field counts as having. Null for a field that has no default: it is required,
    /// or it says nothing where it is missing.
    pub(crate) fn default_value(self) -> Value {
        match self {
            Self::Enabled => ENABLED_BY_DEFAULT.into(),
            Self::Deletion => Deletion::default().text().into(),
            Self::Exempt => Value::Array(Vec::new()),
            Self::Id | Self::Namespace | Self::Note | Self::Preset | Self::Protects => Value::Null,
        }
    }

    /// Whether a change may remove the field from a rule.
    pub(crate) fn is_optional(self) -> bool {
        match self {
            Self::Enabled | Self::Deletion | Self::Exempt | Self::Note => true,
            Self::Id | Self::Namespace | Self::Preset | Self::Protects => false,
        }
    }

    /// The field that this one takes the place of.
    pub(crate) fn replaces(self) -> Option<Self> {
        match self {
            Self::Preset => Some(Self::Protects),
            Self::Protects => Some(Self::Preset),
            Self::Id | Self::Namespace | Self::Enabled | Self::Deletion | Self::Exempt | Self::Note => None,
        }
    }
}

/// Whether a rule is enabled that does not say so.
pub(crate) const ENABLED_BY_DEFAULT: bool = true;

/// The namespace of the rule for the whole instance.
pub(crate) const WHOLE_INSTANCE: &str = "*";
