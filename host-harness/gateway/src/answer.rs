//! The result of a write at the registry, by its answer or the lack of one.

use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::{Response, StatusCode};
use serde::Deserialize;

use tagseal_distribution::body::{Body, full, streamed};
use tagseal_distribution::client::{self, NoAnswer};
use tagseal_distribution::error_response::ErrorResponse;

/// The greatest length of an answer that is read to find a registry's own refusal in it.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// How long such an answer may take to come.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The answer of the registry, if one came.
pub(crate) type Answer = Result<Response<Incoming>, NoAnswer>;

/// What the answer to a write says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteResult {
    /// It was carried out.
    Done,
    /// It was not carried out, and will not be.
    Refused,
    /// Neither is sure: a proxy may have answered while the registry is still at it.
    Unclear,
}

/// An answer to a write, with what it says about the write, and in words.
#[derive(Debug)]
pub(crate) struct WriteAnswer {
    pub(crate) result: WriteResult,
    pub(crate) description: String,
    /// The answer for the client.
    pub(crate) response: Result<Response<Body>, NoAnswer>,
}

/// The envelope of a registry's errors.
#[derive(Deserialize)]
struct Envelope {
    errors: Vec<EnvelopeError>,
}

#[derive(Deserialize)]
struct EnvelopeError {
    code: String,
}

impl WriteAnswer {
    /// Reads what an answer says. Only a clear refusal in a registry's own envelope counts as one.
    pub(crate) async fn read(answer: Answer) -> Self {
        let description = describe(&answer);
        let (result, response) = match answer {
            Err(error @ (NoAnswer::Unreachable(_) | NoAnswer::Insecure(_))) => (WriteResult::Refused, Err(error)),
            Err(error @ (NoAnswer::Lost(_) | NoAnswer::Late(_) | NoAnswer::SlowBody(_))) => {
                (WriteResult::Unclear, Err(error))
            }
            Ok(answer) if answer.status().is_success() => (WriteResult::Done, Ok(answer.map(streamed))),
            Ok(answer) if may_refuse(answer.status()) => refusal(answer).await,
            Ok(answer) => (WriteResult::Unclear, Ok(answer.map(streamed))),
        };
        Self { result, description, response }
    }
}

/// Returns whether a registry refuses a write for good with this status.
fn may_refuse(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400..=405 | 409 | 413 | 415 | 416 | 422)
}

async fn refusal(answer: Response<Incoming>) -> (WriteResult, Result<Response<Body>, NoAnswer>) {
    let (parts, body) = answer.into_parts();
    match client::read(body, MAX_REFUSAL_BYTES, REFUSAL_TIMEOUT).await {
        Ok(content) => {
            let result = if is_envelope(&content.bytes) { WriteResult::Refused } else { WriteResult::Unclear };
            (result, Ok(Response::from_parts(parts, full(Bytes::from(content.bytes)))))
        }
        Err(error) => (
            WriteResult::Unclear,
            Err(NoAnswer::Lost(format!("its answer {} could not be read: {error}", parts.status))),
        ),
    }
}

/// Returns whether this is the envelope of a registry's errors, with at least one error.
fn is_envelope(body: &[u8]) -> bool {
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    serde_json::from_slice(body)
        .is_ok_and(|Envelope { errors }| !errors.is_empty() && errors.iter().all(|error| is_code(&error.code)))
}

/// Says what the registry answered, or why no answer came.
pub(crate) fn describe(answer: &Answer) -> String {
    answer.as_ref().map_or_else(ToString::to_string, |answer| answer.status().to_string())
}

/// Makes the answer for the client when none came from the registry.
pub(crate) fn unavailable(error: NoAnswer) -> ErrorResponse {
    ErrorResponse::unavailable(format!("{error}; try again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_clear_in_a_registrys_own_envelope_only() {
        for body in [
            r#"{"errors": [{"code": "DENIED", "message": "no", "detail": {}}]}"#,
            r#"{"errors": [{"code": "MANIFEST_INVALID"}, {"code": "BLOB_UNKNOWN"}]}"#,
        ] {
            assert!(is_envelope(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "<html>413 Request Entity Too Large</html>",
            "{}",
            r#"{"errors": []}"#,
            r#"{"errors": [{}]}"#,
            r#"{"errors": [{"code": "not found"}]}"#,
            r#"{"errors": [{"code": ""}]}"#,
            r#"{"message": "no Route matched with those values"}"#,
            r#"{"errors": [{"code": "DENIED"}]"#,
        ] {
            assert!(!is_envelope(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn only_some_statuses_can_refuse_for_good() {
        for status in [400, 401, 402, 403, 404, 405, 409, 413, 415, 416, 422] {
            assert!(may_refuse(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [307, 406, 408, 410, 412, 425, 429, 499, 500, 501, 502, 503, 504, 505, 507, 508, 520, 525, 598] {
            assert!(!may_refuse(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }
}
