//! The answer to a request for the rules that is refused: problem details as in RFC 9457, with a code of the contract or one
//! of our own.

use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::condition::Unmet;
use super::resource::{self, Resource};
use crate::document_file::DocumentFileError;
use crate::ledger::LedgerError;
use crate::policy_document::PolicyDocumentError;
use crate::policy_store::PolicyStoreError;
use tagseal::contract::{self, Diagnostic, Severity};
use tagseal::{CallError, CompileError, RulesError};
use tagseal_distribution::body::{Body, full};

/// The code of the contract for an invalid change or query.
pub(super) const INVALID: &str = "invalid";

/// Why a request is refused. Nothing was changed.
#[derive(Debug)]
pub(super) struct ProblemDetails {
    status: StatusCode,
    code: String,
    message: String,
    rule: Option<u64>,
    problems: Vec<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// One problem in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// The parameter of the query that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<&'static str>,
    /// Its place in the body, or in the policy file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    pub(super) message: String,
    pub(super) help: String,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Problem details as they are written.
#[derive(Serialize)]
struct DetailsText<'a> {
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<u64>,
    #[serde(rename = "rule-url", skip_serializing_if = "Option::is_none")]
    rule_url: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [Problem],
}

impl ProblemDetails {
    /// Makes problem details with one reason. The message has everything that a person needs.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, rule: None, problems: Vec::new(), headers: Vec::new() }
    }

    /// A request that is not valid.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-request", message)
    }

    /// Problems in the text that is called `what`. The first one is in the message.
    pub(super) fn problems(status: StatusCode, code: &str, what: &str, problems: Vec<Problem>) -> Self {
        let first = problems.first().map(Problem::in_one_line).unwrap_or_default();
        let more = if problems.len() > 1 { format!(" ({} problems)", problems.len()) } else { String::new() };
        Self { problems, ..Self::new(status, code, format!("{what} is invalid: {first}{more}")) }
    }

    /// A request without the administrator's token. It may have another one.
    pub(super) fn unauthorized(has_token: bool) -> Self {
        let (message, challenge) = if has_token {
            (
                "nobody has this token; send one of those in the file that `--admin-token-file` names",
                "Bearer realm=\"tagseal\", error=\"invalid_token\"",
            )
        } else {
            ("only the administrator may do this; send `Authorization: Bearer TOKEN`", "Bearer realm=\"tagseal\"")
        };
        let details = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
        details.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// A request whose sender may only look.
    pub(super) fn forbidden(name: &str) -> Self {
        let message = format!("the token of {name} may only read; ask somebody whose token has the role `change`");
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// A request that would undo what somebody else has just done.
    pub(super) fn unconditional() -> Self {
        let message = "a whole document replaces what others have changed meanwhile; send `If-Match` with the `ETag` of \
                       the document that you have read";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "unconditional", message)
    }

    /// A path without a resource.
    pub(super) fn no_path() -> Self {
        let message = "there is nothing at this path; `/tagseal/v1/openapi.json` describes all paths";
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// Something that does not exist.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// An id without a rule.
    pub(super) fn no_rule(id: u64) -> Self {
        let message = format!("there is no rule {id}; list the rules to see their ids");
        Self { rule: Some(id), ..Self::new(StatusCode::NOT_FOUND, "not-found", message) }
    }

    /// A method that the resource does not support.
    pub(super) fn method(resource: &Resource) -> Self {
        let message = format!("this path does not support that method; it supports {}", resource.methods());
        let details = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message);
        details.with_header(ALLOW, HeaderValue::from_static(resource.methods()))
    }

    /// A request that can't be answered now, but maybe in a moment.
    pub(super) fn unavailable(code: &str, message: impl Into<String>) -> Self {
        let details = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        details.with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Adds a header.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Writes the answer.
    pub(super) fn into_response(self) -> Response<Body> {
        let text = DetailsText {
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.message,
            rule: self.rule,
            // A rule that does not exist has no URL.
            rule_url: self.rule.filter(|_| self.code != "not-found").map(resource::rule),
            problems: &self.problems,
        };
        // This fails only for maps with keys that are not text, and there are none.
        let mut json = serde_json::to_vec(&text).unwrap_or_default();
        json.push(b'\n');
        let mut response = Response::new(full(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

impl Problem {
    fn in_one_line(&self) -> String {
        let Self { parameter, place, message, help } = self;
        let place = place.as_ref().map(|Place { pointer, line, column }| match pointer.as_str() {
            "" => format!("({line}:{column}): "),
            pointer => format!("{pointer} ({line}:{column}): "),
        });
        let parameter = parameter.map(|name| format!("`{name}`: "));
        format!("{}{message}; {help}", place.or(parameter).unwrap_or_default())
    }
}

/// A problem in the policy file, with its place there.
impl From<Diagnostic> for Problem {
    fn from(Diagnostic { pointer, line, column, message, help, .. }: Diagnostic) -> Self {
        Self { parameter: None, place: Some(Place { pointer, line, column }), message, help }
    }
}

/// A refusal of the component, with its own message and places.
impl From<contract::Refusal> for ProblemDetails {
    fn from(refusal: contract::Refusal) -> Self {
        let contract::Refusal { code, message, rule, diagnostics } = refusal;
        let status = match code.as_str() {
            "conflict" => StatusCode::CONFLICT,
            "invalid-document" => return document(diagnostics),
            "not-found" => StatusCode::NOT_FOUND,
            "stale" => StatusCode::PRECONDITION_FAILED,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { rule, problems: problems(diagnostics), ..Self::new(status, &code, message) }
    }
}

impl From<RulesError> for ProblemDetails {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Refused(refusal) => refusal.into(),
            RulesError::Call(error) => error.into(),
        }
    }
}

impl From<CompileError> for ProblemDetails {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Diagnostics(diagnostics) => document(diagnostics),
            CompileError::Call(error) => error.into(),
        }
    }
}

impl From<CallError> for ProblemDetails {
    fn from(error: CallError) -> Self {
        Self::unavailable(
            "unavailable",
            format!("{error}; try again, and look into the gateway's log if that does not help"),
        )
    }
}

impl From<LedgerError> for ProblemDetails {
    fn from(error: LedgerError) -> Self {
        Self::unavailable("unavailable", format!("{error}; try again"))
    }
}

/// A document that can't be shown, because none is active yet.
impl From<PolicyDocumentError> for ProblemDetails {
    fn from(error: PolicyDocumentError) -> Self {
        Self::unavailable("unavailable", format!("there is no policy yet: {error}"))
    }
}

impl From<PolicyStoreError> for ProblemDetails {
    fn from(error: PolicyStoreError) -> Self {
        let message = error.to_string();
        match error {
            PolicyStoreError::File(error) => error.into(),
            PolicyStoreError::Busy => Self::unavailable("busy", message),
            PolicyStoreError::Look(_)
            | PolicyStoreError::Ledger(_)
            | PolicyStoreError::Missing
            | PolicyStoreError::Unconfirmed => Self::unavailable("unavailable", message),
        }
    }
}

impl From<DocumentFileError> for ProblemDetails {
    fn from(error: DocumentFileError) -> Self {
        let message = error.to_string();
        match error {
            DocumentFileError::Busy(_) | DocumentFileError::Overtaken(_) => Self::unavailable("busy", message),
            DocumentFileError::Text(_) | DocumentFileError::TooLarge(_) => {
                Self::new(StatusCode::CONFLICT, "invalid-document", message)
            }
            DocumentFileError::Write(..) | DocumentFileError::Exists(_) | DocumentFileError::NoFolder(_) => {
                let help = "the gateway needs permission to write the policy file and to create files beside it";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unwritable", format!("{message}; {help}"))
            }
            DocumentFileError::Read(..) => {
                let help = "restore the policy file; until then, the last valid policy stays active";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", format!("{message}; {help}"))
            }
        }
    }
}

impl From<Unmet> for ProblemDetails {
    fn from(unmet: Unmet) -> Self {
        let message = match unmet {
            Unmet::Matching => {
                "the rules have changed since the version that `If-Match` names; read them again, and repeat the change"
            }
            Unmet::NoneMatching => "the rules still have the version that `If-None-Match` names; leave the header out",
        };
        Self::new(StatusCode::PRECONDITION_FAILED, "stale", message)
    }
}

/// The policy file was edited, and is invalid now. The person who edited it has to fix it.
fn document(diagnostics: Vec<Diagnostic>) -> ProblemDetails {
    ProblemDetails::problems(StatusCode::CONFLICT, "invalid-document", "the policy file", problems(diagnostics))
}

pub(super) fn problems(diagnostics: Vec<Diagnostic>) -> Vec<Problem> {
    diagnostics.into_iter().filter(|it| it.severity == Severity::Problem).map(Problem::from).collect()
}
