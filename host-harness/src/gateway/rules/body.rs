//! The body of a request: JSON, read whole and within bounds.

use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::refusal::{Place, Problem, Refusal};
use crate::gateway::manifest::ignore;

/// Most bytes of a body. What is said around it leaves the whole within the 16 MiB that the contract allows a change.
pub(super) const MOST: usize = (16 << 20) - (1 << 10);

/// What a body may be sent as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A rule: `application/json`.
    Rule,
    /// What to set of a rule: `application/merge-patch+json`, or plain JSON.
    Patch,
}

/// A JSON value, as it was sent.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    /// The text, with nothing before or behind the value that would not be JSON.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Reads a body.
    pub(super) async fn read(
        kind: Kind,
        headers: &HeaderMap,
        mut body: Incoming,
        patience: Duration,
    ) -> Result<Self, Refusal> {
        kind.check(headers)?;
        if body.size_hint().lower() > MOST as u64 {
            ignore(body).await;
            return Err(too_large());
        }
        let collected = timeout(patience, Limited::new(&mut body, MOST).collect()).await;
        match collected.map_err(|_| too_slow())? {
            Ok(collected) => Self::parse(&collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                ignore(body).await;
                Err(too_large())
            }
            Err(_) => Err(Refusal::request("the body broke off before its end; send it again")),
        }
    }

    /// Exactly one value: so nothing in it can end what is written around it.
    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| not_json(place(bytes, error.valid_up_to()), "bytes that are not UTF-8".to_owned()))?;
        match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(not_json((error.line(), error.column()), reason(&error))),
        }
    }
}

impl Kind {
    fn check(self, headers: &HeaderMap) -> Result<(), Refusal> {
        let coding = headers.get(CONTENT_ENCODING);
        if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let message = "the body is encoded; send it as it is, without `Content-Encoding`";
            return Err(unsupported(message.to_owned()).header(ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        }
        let mut types = headers.get_all(CONTENT_TYPE).iter().map(|value| value.to_str().unwrap_or_default());
        let (first, more) = (types.next().unwrap_or_default(), types.next());
        let essence = first.split(';').next().unwrap_or_default().trim_ascii();
        let is_known = self.types().split(", ").any(|known| known.eq_ignore_ascii_case(essence));
        if is_known && more.is_none() {
            return Ok(());
        }
        let mend = self.types().split(", ").next().unwrap_or_default();
        let message = format!("the body is not said to be JSON; send `Content-Type: {mend}`");
        Err(unsupported(message).header(self.accepting(), HeaderValue::from_static(self.types())))
    }

    const fn types(self) -> &'static str {
        match self {
            Self::Rule => "application/json",
            Self::Patch => "application/merge-patch+json, application/json",
        }
    }

    /// The header that tells what may be sent.
    fn accepting(self) -> HeaderName {
        match self {
            Self::Rule => ACCEPT,
            Self::Patch => HeaderName::from_static("accept-patch"),
        }
    }
}

/// A line and a column from 1, of an offset.
fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let last = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    (line, String::from_utf8_lossy(last).chars().count() + 1)
}

/// What serde_json says, without the place that it puts behind it.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason).to_owned()
}

fn not_json((line, column): (usize, usize), message: String) -> Refusal {
    let number = |number: usize| u32::try_from(number.max(1)).unwrap_or(u32::MAX);
    let place = Place { pointer: String::new(), line: number(line), column: number(column) };
    let mend = "send one JSON object".to_owned();
    let problem = Problem { place: Some(place), message, mend, ..Problem::default() };
    Refusal::problems(StatusCode::BAD_REQUEST, "not-json", "the body", vec![problem])
}

fn unsupported(message: String) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", message)
}

fn too_slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the body took too long to come; send it again")
}

fn too_large() -> Refusal {
    let message = format!("the body has more than {MOST} bytes; send less, for one rule");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
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
