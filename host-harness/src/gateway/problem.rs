//! An answer that says no, in the envelope of the distribution specification.

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// What an answer carries: bytes on their way through, or bytes of our own.
pub type Body = Either<Incoming, Full<Bytes>>;

/// A body of our own.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Either::Right(Full::new(bytes.into()))
}

/// Most characters of a message. Clients show one line of it.
const MOST: usize = 600;

/// An answer that says no: one error, with everything a person needs in its message, since most clients show no more.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    detail: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// An answer with a status, a code of the specification, and a message.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl AsRef<str>) -> Self {
        Self { status, code, message: line(message.as_ref()), detail: None, headers: Vec::new() }
    }

    /// What can't be known or done now, and may be in a moment.
    pub(crate) fn unavailable(message: impl AsRef<str>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The same with the facts as data.
    pub(crate) fn detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Its message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Whether a policy made it: then it carries the facts, and the log has them too.
    pub(crate) fn is_denial(&self) -> bool {
        self.detail.is_some()
    }

    /// The answer itself.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut error = json!({"code": self.code, "message": self.message});
        if let (Some(fields), Some(detail)) = (error.as_object_mut(), self.detail) {
            fields.insert("detail".to_owned(), detail);
        }
        let mut response = Response::new(full(json!({"errors": [error]}).to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// One line of printable ASCII, whatever the text was.
fn line(text: &str) -> String {
    text.chars().take(MOST).map(|letter| if matches!(letter, ' '..='~') { letter } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_one_error_in_one_line_of_printable_ascii() {
        let long = format!("tag\u{1b}[31m \"v1\"\r\n{}", "é".repeat(700));
        let detail = json!({"rule": 1});
        let response = Problem::unavailable(long).detail(detail.clone()).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["retry-after"], "1");
        let body: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        let errors = body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1);
        assert_eq!((&errors[0]["code"], &errors[0]["detail"]), (&json!("UNAVAILABLE"), &detail));
        let message = errors[0]["message"].as_str().unwrap();
        assert_eq!(message.len(), 600);
        assert!(message.starts_with("tag?[31m \"v1\"????"), "{message}");
        assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{message}");
    }
}
