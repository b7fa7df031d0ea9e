//! What is forwarded: reads, uploads of blobs, and the registry's answers.

use std::time::Duration;

use http_body_util::Either;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tracing::{Instrument as _, Span};

use super::answer::{Answer, unavailable};
use super::gateway::{Gateway, Peer};
use super::headers::{self, Caller};
use super::request_span;
use tagseal_distribution::body::{Body, Streamed, streamed};
use tagseal_distribution::client::NoAnswer;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::location;

impl Gateway {
    /// Sends a client's request to the registry.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Body,
        limit: Option<Duration>,
    ) -> Answer {
        let span = request_span::to_registry(request_span::FORWARD, &method, path);
        in_span(span, headers, |headers| self.0.registry.send(method, path, headers, body, limit)).await
    }

    /// Sends a client's read to the registry, a second time if the connection breaks.
    async fn send_read(&self, method: Method, path: &str, headers: HeaderMap) -> Answer {
        let span = request_span::to_registry(request_span::FORWARD, &method, path);
        let limit = Some(self.0.settings.read_timeout);
        in_span(span, headers, |headers| self.0.registry.read(method, path, headers, limit)).await
    }

    /// Forwards a read as it came, but without a body: no read of a registry has one.
    pub(crate) async fn forward_read(
        &self,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let headers = headers::of_read(request.headers(), &peer.caller());
        let answer = self.send_read(request.method().clone(), path, headers).await;
        // The answer to a read may be of any length, but it must go on.
        let rate = self.0.settings.min_rate;
        let mut answer = for_client(answer.map_err(unavailable)?.map(streamed), |body| body.with_min_rate(rate))?;
        location::of_read(answer.headers_mut(), self.0.registry.host());
        Ok(answer)
    }

    /// Forwards a request for something else than the registry's API as it came, body and all.
    pub(crate) async fn forward_passed(
        &self,
        request: Request<Incoming>,
        caller: &Caller,
    ) -> Result<Response<Body>, ErrorResponse> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = headers::of_read(&parts.headers, caller);
        if body.is_end_stream() {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let rate = self.0.settings.min_rate;
        let body = Streamed::from(body).with_min_rate(rate);
        let answer = self.send(parts.method, path, headers, Either::Left(body), None).await;
        let answer = answer.map_err(unavailable)?.map(streamed);
        let mut answer = for_client(answer, |body| body.with_min_rate(rate))?;
        location::of_read(answer.headers_mut(), self.0.registry.host());
        Ok(answer)
    }

    /// Forwards a part of an upload, as it comes.
    pub(crate) async fn forward_upload(
        &self,
        path: &str,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let (parts, body) = request.into_parts();
        let mut headers = peer.write_headers;
        if body.is_end_stream() {
            // Some servers want to know that there is no body.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let limit = (parts.method == Method::DELETE).then_some(self.0.settings.commit_timeout);
        let body = Streamed::from(body).with_min_rate(self.0.settings.min_rate);
        let answer = self.send(parts.method, path, headers, Either::Left(body), limit).await;
        let answer = answer.map_err(|error| match error {
            NoAnswer::SlowBody(_) => {
                ErrorResponse::new(StatusCode::REQUEST_TIMEOUT, "BLOB_UPLOAD_INVALID", error.to_string())
            }
            error => unavailable(error),
        });
        self.answer_to_write(answer?.map(streamed))
    }

    /// Makes the answer for the client of the registry's answer to a write. It must not send the client around the gateway.
    pub(crate) fn answer_to_write(&self, answer: Response<Body>) -> Result<Response<Body>, ErrorResponse> {
        let limit = self.0.settings.commit_timeout;
        let mut answer = for_client(answer, |body| body.with_limit(limit))?;
        if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
            let place = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            return Err(astray("sends writes to another place", place));
        }
        location::of_write(answer.headers_mut(), self.0.registry.host())
            .map_err(|place| astray("wants uploads to continue where this gateway can't follow", &place))?;
        Ok(answer)
    }
}

/// Makes the answer for the client, with limits of its body.
fn for_client(
    answer: Response<Body>,
    limit: impl FnOnce(Streamed) -> Streamed,
) -> Result<Response<Body>, ErrorResponse> {
    let (mut parts, body) = answer.into_parts();
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(astray("changes the protocol though nobody asked for it", "101"));
    }
    parts.headers = headers::of_answer(&parts.headers);
    let body = match body {
        Either::Left(body) => Either::Left(limit(body)),
        made => made,
    };
    Ok(Response::from_parts(parts, body))
}

fn astray(what: &str, place: &str) -> ErrorResponse {
    // The query of a place may hold a signature, which is as good as a password.
    let place = place.split('?').next().unwrap_or_default();
    let message = format!("the registry behind this gateway {what} ({place}); report this to its operator");
    ErrorResponse::new(StatusCode::BAD_GATEWAY, "UNSUPPORTED", message)
}

/// Waits for the registry's answer in a span, which the registry can continue.
async fn in_span<F: Future<Output = Answer>>(
    span: Span,
    mut headers: HeaderMap,
    ask: impl FnOnce(HeaderMap) -> F,
) -> Answer {
    request_span::continue_at(&span, &mut headers);
    let answer = ask(headers).instrument(span.clone()).await;
    request_span::note_answer(&span, answer.as_ref().ok().map(Response::status));
    answer
}
