//! How a request for the rules is refused: in the form of RFC 9457, with a code of the contract or of our own.

use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::condition::Unmet;
use super::resource::{self, Resource};
use crate::contract::{self, Diagnostic, Severity};
use crate::gateway::problem::{Body, full};
use crate::{CompileError, DocumentFileError, Failure, RulesError};

/// The word of the contract for what does not check.
pub(super) const INVALID: &str = "invalid";

/// Why a request is refused. Nothing was changed.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    rule: Option<u64>,
    problems: Vec<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// Where in the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<&'static str>,
    /// Where in the body, or in the document of a policy file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    pub(super) message: String,
    pub(super) mend: String,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A refusal as it is written.
#[derive(Serialize)]
struct Written<'a> {
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

impl Refusal {
    /// For one reason, with all that a person needs in the message.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, rule: None, problems: Vec::new(), headers: Vec::new() }
    }

    /// What can't be read as a request.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-request", message)
    }

    /// For problems of what is called `what`. The first is told in the message.
    pub(super) fn problems(status: StatusCode, code: &str, what: &str, problems: Vec<Problem>) -> Self {
        let first = problems.first().map(Problem::in_one_line).unwrap_or_default();
        let more = if problems.len() > 1 { format!(" ({} problems)", problems.len()) } else { String::new() };
        Self { problems, ..Self::new(status, code, format!("{what} does not check: {first}{more}")) }
    }

    /// Nobody is known to ask, or somebody else.
    pub(super) fn unauthorized(is_named: bool) -> Self {
        let (message, challenge) = if is_named {
            (
                "the token is not the administrator's; send the one of the file that `--admin-token-file` names",
                "Bearer realm=\"tagseal\", error=\"invalid_token\"",
            )
        } else {
            ("only the administrator may do this; send `Authorization: Bearer TOKEN`", "Bearer realm=\"tagseal\"")
        };
        let refusal = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
        refusal.header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// There is nothing at the path.
    pub(super) fn no_path() -> Self {
        let message = "there is nothing at this path; `/tagseal/v1/openapi.json` describes what there is";
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// There is no such rule.
    pub(super) fn no_rule(id: u64) -> Self {
        let message = format!("there is no rule {id}; list the rules to see which there are");
        Self { rule: Some(id), ..Self::new(StatusCode::NOT_FOUND, "not-found", message) }
    }

    /// What is at the path can't be asked so.
    pub(super) fn method(resource: Resource) -> Self {
        let message = format!("this path does not take that method; it takes {}", resource.methods());
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message);
        refusal.header(ALLOW, HeaderValue::from_static(resource.methods()))
    }

    /// What can't be done now, and may be in a moment.
    pub(super) fn unavailable(code: &str, message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        refusal.header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The same with one more header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Its code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Its message.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The answer itself.
    pub(super) fn into_response(self) -> Response<Body> {
        let written = Written {
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.message,
            rule: self.rule,
            // Where there is one.
            rule_url: self.rule.filter(|_| self.code != "not-found").map(resource::rule),
            problems: &self.problems,
        };
        // It fails for maps with keys that are no text, and there are none.
        let mut json = serde_json::to_vec(&written).unwrap_or_default();
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
        let Self { parameter, place, message, mend } = self;
        let place = place.as_ref().map(|Place { pointer, line, column }| match pointer.as_str() {
            "" => format!("({line}:{column}): "),
            pointer => format!("{pointer} ({line}:{column}): "),
        });
        let parameter = parameter.map(|name| format!("`{name}`: "));
        format!("{}{message}; {mend}", place.or(parameter).unwrap_or_default())
    }
}

/// What is wrong with the document of a policy file, in its own places.
impl From<Diagnostic> for Problem {
    fn from(Diagnostic { pointer, line, column, message, mend, .. }: Diagnostic) -> Self {
        Self { parameter: None, place: Some(Place { pointer, line, column }), message, mend }
    }
}

/// What the component refused, in its own words and places.
impl From<contract::Refusal> for Refusal {
    fn from(refusal: contract::Refusal) -> Self {
        let contract::Refusal { code, message, rule, diagnostics } = refusal;
        let status = match code.as_str() {
            "conflict" => StatusCode::CONFLICT,
            "invalid-document" => return document(diagnostics),
            "not-found" => StatusCode::NOT_FOUND,
            "stale" => StatusCode::PRECONDITION_FAILED,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { rule, problems: told(diagnostics), ..Self::new(status, &code, message) }
    }
}

impl From<RulesError> for Refusal {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Refused(refusal) => refusal.into(),
            RulesError::Failure(failure) => failure.into(),
        }
    }
}

impl From<CompileError> for Refusal {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Diagnostics(diagnostics) => document(diagnostics),
            CompileError::Failure(failure) => failure.into(),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::unavailable("unavailable", format!("{failure}; try again, and look into the gateway's log if it stays"))
    }
}

impl From<DocumentFileError> for Refusal {
    fn from(error: DocumentFileError) -> Self {
        let message = error.to_string();
        match error {
            DocumentFileError::Busy(_) | DocumentFileError::Overtaken(_) => Self::unavailable("busy", message),
            DocumentFileError::Text(_) | DocumentFileError::TooLarge(_) => {
                Self::new(StatusCode::CONFLICT, "invalid-document", message)
            }
            DocumentFileError::Write(..) | DocumentFileError::Exists(_) => {
                let mend = "the gateway needs leave to write the policy file and to make files beside it";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unwritable", format!("{message}; {mend}"))
            }
            DocumentFileError::Read(..) => {
                let mend = "put the policy file back; until then, what was in force stays";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", format!("{message}; {mend}"))
            }
        }
    }
}

impl From<Unmet> for Refusal {
    fn from(unmet: Unmet) -> Self {
        let message = match unmet {
            Unmet::Matching => {
                "the rules are not what `If-Match` names any more; read them again, and change them anew"
            }
            Unmet::NoneMatching => "the rules are what `If-None-Match` names; leave the header out",
        };
        Self::new(StatusCode::PRECONDITION_FAILED, "stale", message)
    }
}

/// The policy file was edited, and does not check now. It is for whoever edited it to mend.
fn document(diagnostics: Vec<Diagnostic>) -> Refusal {
    Refusal::problems(StatusCode::CONFLICT, "invalid-document", "the policy file", told(diagnostics))
}

fn told(diagnostics: Vec<Diagnostic>) -> Vec<Problem> {
    diagnostics.into_iter().filter(|it| it.severity == Severity::Problem).map(Problem::from).collect()
}
