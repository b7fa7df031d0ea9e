//! Conversions between the contract's types and the engine's.

use crate::bindings::exports::tagseal::policy::tag_policy as wit;
use tagseal_engine::{convert, decide, diagnostic, manage, refusal};

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

impl Wit for decide::Decision<wit::TagDecision> {
    type Type = wit::Decision;

    fn wit(self) -> wit::Decision {
        wit::Decision {
            outcome: self.outcome.wit(),
            code: self.code.word().to_owned(),
            rule: self.rule,
            namespace: self.namespace,
            pair: self.pair,
            revision: self.revision,
            message: self.message,
            tags: self.tags,
        }
    }
}

impl From<decide::TagDecision> for wit::TagDecision {
    fn from(decision: decide::TagDecision) -> Self {
        Self {
            tag: decision.tag,
            outcome: decision.outcome.wit(),
            code: decision.code.word().to_owned(),
            rule: decision.rule,
            namespace: decision.namespace,
            pair: decision.pair,
            precondition: decision.precondition.wit(),
        }
    }
}

impl Wit for decide::Outcome {
    type Type = wit::Outcome;

    fn wit(self) -> wit::Outcome {
        match self {
            Self::Allow => wit::Outcome::Allow,
            Self::Deny => wit::Outcome::Deny,
        }
    }
}

impl Wit for decide::Precondition {
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
            help: self.help,
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

impl Wit for manage::Changed {
    type Type = wit::Changed;

    fn wit(self) -> wit::Changed {
        wit::Changed { document: self.document, revision: self.revision, rules: self.rules.wit() }
    }
}

impl Wit for manage::ChangedRule {
    type Type = wit::ChangedRule;

    fn wit(self) -> wit::ChangedRule {
        wit::ChangedRule { id: self.id, rule: self.rule, warnings: self.warnings.wit() }
    }
}

impl Wit for convert::Converted {
    type Type = wit::Converted;

    fn wit(self) -> wit::Converted {
        wit::Converted { text: self.text, losses: self.losses.wit() }
    }
}

impl From<wit::Event> for decide::Event {
    fn from(event: wit::Event) -> Self {
        Self { operation: event.operation.into(), context: event.context }
    }
}

impl From<wit::Operation> for decide::Operation {
    fn from(operation: wit::Operation) -> Self {
        match operation {
            wit::Operation::Write(wit::Write { repository, digest, tags }) => {
                let tags = tags.into_iter().map(Into::into).collect();
                Self::Write(decide::Write { repository, digest, tags })
            }
            wit::Operation::DeleteTag(wit::DeleteTag { repository, tag, remembers }) => {
                Self::DeleteTag(decide::DeleteTag { repository, tag, remembers })
            }
            wit::Operation::DeleteManifest(wit::DeleteManifest { repository, digest, tags, remembers }) => {
                Self::DeleteManifest(decide::DeleteManifest { repository, digest, tags: tags.into(), remembers })
            }
        }
    }
}

impl From<wit::TagWrite> for decide::TagWrite {
    fn from(wit::TagWrite { tag, current }: wit::TagWrite) -> Self {
        Self { tag, current: current.into() }
    }
}

impl From<wit::Current> for decide::Current {
    fn from(current: wit::Current) -> Self {
        match current {
            wit::Current::Absent => Self::Absent,
            wit::Current::Digest(digest) => Self::Digest(digest),
            wit::Current::Unknown => Self::Unknown,
            wit::Current::Retired(digest) => Self::Retired(digest),
        }
    }
}

impl From<wit::ManifestTags> for decide::ManifestTags {
    fn from(tags: wit::ManifestTags) -> Self {
        match tags {
            wit::ManifestTags::Known(tags) => Self::Known(tags),
            wit::ManifestTags::Unknown => Self::Unknown,
        }
    }
}
