//! Why a change or a query failed.

use tagseal::contract::{Diagnostic, Refusal};
use tagseal::{CallError, RulesError};
use tagseal_gateway::DocumentFileError;

use crate::command::document::{Document, tally};
use crate::command::fault::Fault;
use crate::command::request::Request;

/// Why a change or a query failed. It is reported once the lock on the file is released.
pub(crate) enum ChangeError {
    /// The component refused.
    Refused(Box<Refused>),
    /// Something else.
    Fault(Fault),
}

/// What was refused.
pub(crate) struct Refused {
    refusal: Refusal,
    request: Request,
    document: String,
}

impl ChangeError {
    /// Why the component did not answer as one would wish.
    pub(crate) fn new(error: RulesError, request: Request, document: &str) -> Self {
        match error {
            RulesError::Call(failure) => failure.into(),
            RulesError::Refused(refusal) => {
                Self::Refused(Box::new(Refused { refusal, request, document: document.to_owned() }))
            }
        }
    }

    /// The code and the problems of a refusal that is about the request.
    pub(crate) fn request_problems(&self) -> Option<(&str, &[Diagnostic])> {
        match self {
            Self::Refused(refused) if refused.refusal.code != "invalid-document" => {
                Some((&refused.refusal.code, &refused.refusal.diagnostics))
            }
            _ => None,
        }
    }

    /// Shows the problems, if there are any, on standard error. The rest is for the end.
    pub(crate) fn report(self, policy: &str) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Refused(refused) => refused.report(policy),
        }
    }
}

impl Refused {
    fn report(self, policy: &str) -> Fault {
        let Self { refusal: Refusal { code, message, rule, diagnostics }, request, document } = self;
        match (&*code, rule) {
            ("invalid-document", _) => {
                Document { name: policy.to_owned(), text: document }.report_invalid(&diagnostics)
            }
            ("invalid", _) => report_problems(&diagnostics, &request),
            ("conflict", Some(rule)) => {
                Fault::declined(&code, message).help(format!("tagseal rules configure {policy} {rule} …"))
            }
            ("stale", _) => Fault::declined(&code, message).help(listed(policy)),
            // Only an override has a conflict without a rule: the tag has one already.
            ("conflict", None) => Fault::declined(&code, message)
                .help(format!("end the other one first: tagseal rules end-override {policy} REPOSITORY:TAG")),
            ("not-found", _) => Fault::declined(&code, message).help(listed(policy)),
            _ => Fault::declined(&code, message),
        }
    }
}

/// How to see which rules there are.
pub(crate) fn listed(policy: &str) -> String {
    format!("tagseal rules list {policy}")
}

/// Shows the problems of a request in the operator's own text. The first problem that has no place there becomes the message.
fn report_problems(problems: &[Diagnostic], request: &Request) -> Fault {
    // If standard error is closed, the exit code still shows the failure.
    let others = request.show(problems, &mut anstream::stderr().lock()).unwrap_or_default();
    match others.first() {
        Some(Diagnostic { message, help, .. }) => Fault::declined("invalid", message).help(help),
        None => Fault::declined("invalid", format!("{} in {}", tally(problems), request.name())),
    }
}

impl From<CallError> for ChangeError {
    fn from(failure: CallError) -> Self {
        Self::Fault(failure.into())
    }
}

impl From<Fault> for ChangeError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DocumentFileError> for ChangeError {
    fn from(error: DocumentFileError) -> Self {
        Self::Fault(error.into())
    }
}
