//! Why nothing came of what the component was asked.

use tagseal::contract::{Diagnostic, Refusal};
use tagseal::{DocumentFileError, Failure, RulesError};

use crate::command::document::{Document, tally};
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Why a document was not changed or asked. It is told when the file is free for others again.
pub(super) enum Undone {
    /// The component refused.
    Refused(Box<Refused>),
    /// Something else.
    Fault(Fault),
}

/// What was refused.
pub(super) struct Refused {
    refusal: Refusal,
    request: Request,
    document: String,
}

impl Undone {
    /// Why the component did not answer as one would wish.
    pub(super) fn new(error: RulesError, request: Request, document: &str) -> Self {
        match error {
            RulesError::Failure(failure) => failure.into(),
            RulesError::Refused(refusal) => {
                Self::Refused(Box::new(Refused { refusal, request, document: document.to_owned() }))
            }
        }
    }

    /// Shows the problems, if there are any, on standard error. The rest is for the end.
    pub(super) fn tell(self, policy: &str) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Refused(refused) => refused.tell(policy),
        }
    }
}

impl Refused {
    fn tell(self, policy: &str) -> Fault {
        let Self { refusal: Refusal { code, message, rule, diagnostics }, request, document } = self;
        match (&*code, rule) {
            ("invalid-document", _) => {
                Document { name: policy.to_owned(), text: document }.tell_unchecked(&diagnostics)
            }
            ("invalid", _) => tell_problems(&diagnostics, &request),
            ("conflict", Some(rule)) => {
                Fault::declined(&code, message).mend(format!("tagseal rules configure {policy} {rule} …"))
            }
            ("not-found", _) => Fault::declined(&code, message).mend(listed(policy)),
            _ => Fault::declined(&code, message),
        }
    }
}

/// How to see which rules there are.
pub(super) fn listed(policy: &str) -> String {
    format!("tagseal rules list {policy}")
}

/// Shows problems of a request where they are in what was written, and tells the first of those that are not.
fn tell_problems(problems: &[Diagnostic], request: &Request) -> Fault {
    // Should standard error be gone, the exit code still tells.
    let others = request.show(problems, &mut anstream::stderr().lock()).unwrap_or_default();
    match others.first() {
        Some(Diagnostic { message, mend, .. }) => Fault::declined("invalid", message).mend(mend),
        None => Fault::declined("invalid", format!("{} in {}", tally(problems), request.name())),
    }
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.into())
    }
}

impl From<Fault> for Undone {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DocumentFileError> for Undone {
    fn from(error: DocumentFileError) -> Self {
        Self::Fault(error.into())
    }
}
