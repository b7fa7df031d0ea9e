//! Conversions between the contract's types and the engine's.

use crate::bindings::exports::tagseal::policy::tag_policy as wit;
use tagseal_engine::{decision, diagnostic, event, exchange, refusal, rules};

/// Turns an answer of the engine into the contract's type.
pub(crate) trait Wit {
    /// The type of the contract.
    type Type;

    /// The same value, in that type.
    fn wit(self) -> Self::Type;
}

impl<T: Wit> Wit for Vec<T> {
    type Type = Vec<T::Type>;

    fn wit(self) -> Self::Type {
        self.into_iter().map(Wit::wit).collect()
    }
}

impl Wit for decision::Decision {
    type Type = wit::Decision;

    fn wit(self) -> wit::Decision {
        wit::Decision {
            outcome: self.outcome.wit(),
            code: self.code.word().to_owned(),
            rule: self.rule,
            pair: self.pair,
            revision: self.revision,
            message: self.message,
            tags: self.tags.wit(),
        }
    }
}

impl Wit for decision::TagDecision {
    type Type = wit::TagDecision;

    fn wit(self) -> wit::TagDecision {
        wit::TagDecision {
            tag: self.tag,
            outcome: self.outcome.wit(),
            code: self.code.word().to_owned(),
            rule: self.rule,
            pair: self.pair,
            precondition: self.precondition.wit(),
        }
    }
}

impl Wit for decision::Outcome {
    type Type = wit::Outcome;

    fn wit(self) -> wit::Outcome {
        match self {
            Self::Allow => wit::Outcome::Allow,
            Self::Deny => wit::Outcome::Deny,
        }
    }
}

impl Wit for decision::Precondition {
    type Type = wit::Precondition;

    fn wit(self) -> wit::Precondition {
        match self {
            Self::Unconditional => wit::Precondition::Unconditional,
            Self::Absent => wit::Precondition::Absent,
            Self::Unchanged => wit::Precondition::Unchanged,
        }
    }
}

impl Wit for diagnostic::Diagnostic {
    type Type = wit::Diagnostic;

    fn wit(self) -> wit::Diagnostic {
        wit::Diagnostic {
            severity: self.severity.wit(),
            pointer: self.pointer,
            line: self.line,
            column: self.column,
            message: self.message,
            mend: self.mend,
        }
    }
}

impl Wit for diagnostic::Severity {
    type Type = wit::Severity;

    fn wit(self) -> wit::Severity {
        match self {
            Self::Problem => wit::Severity::Problem,
            Self::Warning => wit::Severity::Warning,
        }
    }
}

impl Wit for refusal::Refusal {
    type Type = wit::Refusal;

    fn wit(self) -> wit::Refusal {
        wit::Refusal {
            code: self.code.word().to_owned(),
            message: self.message,
            rule: self.rule,
            diagnostics: self.diagnostics.wit(),
        }
    }
}

impl Wit for rules::Changed {
    type Type = wit::Changed;

    fn wit(self) -> wit::Changed {
        wit::Changed { document: self.document, rule: self.rule, revision: self.revision }
    }
}

impl Wit for exchange::Converted {
    type Type = wit::Converted;

    fn wit(self) -> wit::Converted {
        wit::Converted { text: self.text, losses: self.losses.wit() }
    }
}

impl From<wit::Event> for event::Event {
    fn from(event: wit::Event) -> Self {
        Self { operation: event.operation.into(), context: event.context }
    }
}

impl From<wit::Operation> for event::Operation {
    fn from(operation: wit::Operation) -> Self {
        match operation {
            wit::Operation::Write(wit::Write { repository, digest, tags }) => {
                let tags = tags.into_iter().map(Into::into).collect();
                Self::Write(event::Write { repository, digest, tags })
            }
            wit::Operation::DeleteTag(wit::DeleteTag { repository, tag }) => {
                Self::DeleteTag(event::DeleteTag { repository, tag })
            }
            wit::Operation::DeleteManifest(wit::DeleteManifest { repository, digest, tags }) => {
                Self::DeleteManifest(event::DeleteManifest { repository, digest, tags: tags.into() })
            }
        }
    }
}

impl From<wit::TagWrite> for event::TagWrite {
    fn from(wit::TagWrite { tag, current }: wit::TagWrite) -> Self {
        Self { tag, current: current.into() }
    }
}

impl From<wit::Current> for event::Current {
    fn from(current: wit::Current) -> Self {
        match current {
            wit::Current::Absent => Self::Absent,
            wit::Current::Digest(digest) => Self::Digest(digest),
            wit::Current::Unknown => Self::Unknown,
        }
    }
}

impl From<wit::ManifestTags> for event::ManifestTags {
    fn from(tags: wit::ManifestTags) -> Self {
        match tags {
            wit::ManifestTags::Known(tags) => Self::Known(tags),
            wit::ManifestTags::Unknown => Self::Unknown,
        }
    }
}
