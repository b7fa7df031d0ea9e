//! The answer to a request that is refused, in the form of the distribution specification.

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::body::{Body, full};

/// The greatest length of a message, in characters. Clients show one line of it.
const MAX_MESSAGE_LENGTH: usize = 600;

/// The answer to a request that is refused: one error, with everything that a person needs in its message, since most
/// clients show nothing else.
#[derive(Clone, Debug)]
pub struct ErrorResponse {
    status: StatusCode,
    code: &'static str,
    message: String,
    detail: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ErrorResponse {
    /// Makes an answer with a status, a code of the specification, and a message.
    pub fn new(status: StatusCode, code: &'static str, message: impl AsRef<str>) -> Self {
        Self { status, code, message: line(message.as_ref()), detail: None, headers: Vec::new() }
    }

    /// Makes the answer to a request that can't be carried out now, but maybe in a moment.
    pub fn unavailable(message: impl AsRef<str>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
            .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Adds the facts as data.
    pub fn with_detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Returns its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns its message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns whether it has the facts as data.
    pub fn has_detail(&self) -> bool {
        self.detail.is_some()
    }

    /// Writes the answer.
    pub fn into_response(self) -> Response<Body> {
        let error = ErrorText { message: &self.message, code: self.code, detail: self.detail.as_ref() };
        // This fails only for maps with keys that are not text, and there are none.
        let json = serde_json::to_vec(&Envelope { errors: [error] }).unwrap_or_default();
        let mut response = Response::new(full(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// The errors of an answer, as the distribution specification has them.
#[derive(Serialize)]
struct Envelope<'a> {
    errors: [ErrorText<'a>; 1],
}

/// One error. The message is first: some clients show the text of an answer as it is, and cut it.
#[derive(Serialize)]
struct ErrorText<'a> {
    message: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a Value>,
}

/// Makes one line of printable ASCII of any text.
fn line(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_LENGTH).map(|letter| if matches!(letter, ' '..='~') { letter } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_one_error_in_one_line_of_printable_ascii() {
        let long = format!("tag\u{1b}[31m \"v1\"\r\n{}", "é".repeat(700));
        let detail = json!({"rule": 1});
        let response = ErrorResponse::unavailable(long).with_detail(detail.clone()).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["retry-after"], "1");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.starts_with(b"{\"errors\":[{\"message\":\"tag"), "M18: the message is first");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let errors = body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1);
        assert_eq!((&errors[0]["code"], &errors[0]["detail"]), (&json!("UNAVAILABLE"), &detail));
        let message = errors[0]["message"].as_str().unwrap();
        assert_eq!(message.len(), 600);
        assert!(message.starts_with("tag?[31m \"v1\"????"), "{message}");
        assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{message}");
    }
}
