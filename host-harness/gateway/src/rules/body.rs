//! The body of a request: JSON, read whole and within limits.

use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::problem::{Place, Problem, ProblemDetails};
use crate::pushed_manifest::ignore;

/// The greatest length of a body. With the text around it, the change stays within the 16 MiB that the contract allows.
pub(super) const MAX_BODY_BYTES: usize = (16 << 20) - (1 << 10);

/// The kind of a body, which says the media types that it may have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A rule: `application/json`.
    Rule,
    /// A policy document, an override, or an import: `application/json`.
    Other,
    /// The fields of a rule to set: `application/merge-patch+json`, or plain JSON.
    Patch,
}

/// A JSON value, byte for byte as it was sent.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    /// Returns the text. It is one JSON value, with white space before and after it at most.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Reads a body.
    pub(super) async fn read(
        kind: Kind,
        headers: &HeaderMap,
        mut body: Incoming,
        body_timeout: Duration,
    ) -> Result<Self, ProblemDetails> {
        kind.check(headers)?;
        if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
            ignore(body).await;
            return Err(too_large());
        }
        let collected = timeout(body_timeout, Limited::new(&mut body, MAX_BODY_BYTES).collect()).await;
        match collected.map_err(|_| too_slow())? {
            Ok(collected) => Self::parse(&collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                ignore(body).await;
                Err(too_large())
            }
            Err(_) => Err(ProblemDetails::request("the connection broke before the end of the body; send it again")),
        }
    }

    /// Parses exactly one value, so that nothing in it can end the text that is written around it.
    fn parse(bytes: &[u8]) -> Result<Self, ProblemDetails> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| not_json(place(bytes, error.valid_up_to()), "bytes that are not UTF-8".to_owned()))?;
        match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(not_json((error.line(), error.column()), reason(&error))),
        }
    }
}

impl Kind {
    fn check(self, headers: &HeaderMap) -> Result<(), ProblemDetails> {
        let coding = headers.get(CONTENT_ENCODING);
        if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let message = "the body has a content coding; send it without `Content-Encoding`";
            return Err(
                unsupported(message.to_owned()).with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            );
        }
        let mut types = headers.get_all(CONTENT_TYPE).iter().map(|value| value.to_str().unwrap_or_default());
        let (first, more) = (types.next().unwrap_or_default(), types.next());
        let essence = first.split(';').next().unwrap_or_default().trim_ascii();
        let is_known = self.types().split(", ").any(|known| known.eq_ignore_ascii_case(essence));
        if is_known && more.is_none() {
            return Ok(());
        }
        let help = self.types().split(", ").next().unwrap_or_default();
        let message = format!("the body is not declared as JSON; send `Content-Type: {help}`");
        Err(unsupported(message).with_header(self.accepting(), HeaderValue::from_static(self.types())))
    }

    const fn types(self) -> &'static str {
        match self {
            Self::Rule | Self::Other => "application/json",
            Self::Patch => "application/merge-patch+json, application/json",
        }
    }

    /// Returns the header that lists the media types that may be sent.
    fn accepting(self) -> HeaderName {
        match self {
            Self::Rule | Self::Other => ACCEPT,
            Self::Patch => HeaderName::from_static("accept-patch"),
        }
    }
}

/// Returns the line and the column of an offset, from 1.
fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let last = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    (line, String::from_utf8_lossy(last).chars().count() + 1)
}

/// Returns the message of serde_json without the place at its end.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason).to_owned()
}

fn not_json((line, column): (usize, usize), message: String) -> ProblemDetails {
    let number = |number: usize| u32::try_from(number.max(1)).unwrap_or(u32::MAX);
    let place = Place { pointer: String::new(), line: number(line), column: number(column) };
    let help = "send one JSON object".to_owned();
    let problem = Problem { place: Some(place), message, help, ..Problem::default() };
    ProblemDetails::problems(StatusCode::BAD_REQUEST, "not-json", "the body", vec![problem])
}

fn unsupported(message: String) -> ProblemDetails {
    ProblemDetails::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", message)
}

fn too_slow() -> ProblemDetails {
    ProblemDetails::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the body took too long to come; send it again")
}

fn too_large() -> ProblemDetails {
    let message = format!("the body has more than {MAX_BODY_BYTES} bytes; send less, or change the policy file itself");
    ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    async fn refused(bytes: &[u8]) -> Value {
        let response = Json::parse(bytes).unwrap_err().into_response();
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_one_value_and_nothing_else() {
        for text in ["{}", " {\"a\": [1, \"}\"]}\r\n", "7", "\"\\ud800\""] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().text(), text);
        }
        let table: [(&[u8], (u64, u64)); 9] = [
            (b"", (1, 1)),
            (b"{", (1, 1)),
            (b"{}, \"revision\": 3", (1, 3)),
            (b"{}\n}", (2, 1)),
            (b"{\"a\": 1}}, \"delete\": {\"id\": 1", (1, 9)),
            (b"\xef\xbb\xbf{}", (1, 1)),
            (b"{\n \"\xc3\xa9\xff\"}", (2, 4)),
            (b"{'a': 1}", (1, 2)),
            (b"{\"a\": 01}", (1, 8)),
        ];
        for (bytes, (line, column)) in table {
            let refused = refused(bytes).await;
            assert_eq!((&refused["code"], &refused["status"]), (&"not-json".into(), &400.into()));
            let problem = &refused["problems"][0];
            assert_eq!((&problem["line"], &problem["column"]), (&line.into(), &column.into()), "{refused}");
            let detail = refused["detail"].as_str().unwrap();
            assert!(!detail.contains("at line") && detail.contains("send one JSON object"), "{detail}");
        }
    }
}
