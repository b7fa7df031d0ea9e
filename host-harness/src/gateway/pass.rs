//! What passes through: reads, uploads of blobs, and the registry's answers.

use http_body_util::Either;
use hyper::body::{Body as Stream, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};

use super::problem::{Body, Problem};
use super::upstream::NoAnswer;
use super::{Gateway, Peer, headers, location};

impl Gateway {
    /// Passes a read on as it came, without a body: no read of a registry has one.
    pub(crate) async fn read(&self, request: Request<Incoming>, peer: &Peer) -> Result<Response<Body>, Problem> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let headers = headers::of_read(request.headers(), peer.address);
        let answer = self.0.upstream.read(request.method().clone(), path, headers, None).await?;
        let mut answer = answered(answer);
        location::of_read(answer.headers_mut(), self.0.upstream.host());
        Ok(answer)
    }

    /// Passes a part of an upload on, as it comes.
    pub(crate) async fn upload(
        &self,
        path: &str,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, Problem> {
        let (parts, body) = request.into_parts();
        let mut headers = peer.of_write;
        if body.is_end_stream() {
            // Some servers want to hear that nothing comes.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let limit = (parts.method == Method::DELETE).then_some(self.0.settings.commit);
        self.pass_back_write(self.0.upstream.ask(parts.method, path, headers, Either::Left(body), limit).await?)
    }

    /// Gives the registry's answer to a write back. It must not lead the client around the gateway.
    pub(crate) fn pass_back_write(&self, answer: Response<Incoming>) -> Result<Response<Body>, Problem> {
        let mut answer = answered(answer);
        if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
            let place = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            return Err(misled("sends writes elsewhere", place));
        }
        location::of_write(answer.headers_mut(), self.0.upstream.host())
            .map_err(|place| misled("wants uploads to go on where this gateway can't follow", &place))?;
        if answer.status().is_server_error() {
            answer.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
        }
        Ok(answer)
    }
}

fn answered(answer: Response<Incoming>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    parts.headers = headers::of_answer(&parts.headers);
    Response::from_parts(parts, Either::Left(body))
}

fn misled(what: &str, place: &str) -> Problem {
    let message = format!("the registry behind this gateway {what} ({place}); tell its operator");
    Problem::new(StatusCode::BAD_GATEWAY, "UNSUPPORTED", message)
}

impl From<NoAnswer> for Problem {
    fn from(error: NoAnswer) -> Self {
        Self::unavailable(format!("{error}; try again"))
    }
}
