//! One connection of a client: HTTP/1.1 or HTTP/2, by what it begins with.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, COOKIE, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::activity::CloseReason;
use super::answer_body::AnswerBody;
use super::connection_limits::{ConnectionLimits, MAX_BUFFER_BYTES};
use super::connection_table::Place;
use super::request_id::{REQUEST_ID, request_id};
use super::wide_window::Window;
use tagseal_distribution::body::{Body, full};
use tagseal_distribution::error_response::ErrorResponse;

/// The requests that a client may have under way at one time on a connection with HTTP/2: what its designers ask for at least.
const MAX_STREAMS: u32 = 100;
/// The requests that a client may begin and give up before the gateway has seen them.
const MAX_RESET_STREAMS: usize = 20;
/// The errors of a client for which streams are reset, before its connection is closed.
const MAX_WRONG_STREAMS: usize = 256;
/// The greatest length of what waits to be sent on one stream.
const MAX_SEND_BYTES: usize = MAX_BUFFER_BYTES;
/// The time between two looks whether a connection that is about to end has answered all.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection of a client, with its place among all.
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) place: Arc<Place>,
    pub(crate) limits: ConnectionLimits,
    /// Ends it, once its requests are answered.
    pub(crate) stop: CancellationToken,
}

impl Connection {
    /// Serves it until it ends, or must be closed.
    pub(crate) async fn run(&self, served: impl Future<Output = ()>) {
        let (peer, activity) = (self.peer, &self.place.activity);
        tokio::pin!(served);
        let reason = tokio::select! {
            () = &mut served => return,
            reason = activity.must_close(&self.limits) => reason,
        };
        tracing::debug!(%peer, ?reason, "a connection is closed");
        if reason != CloseReason::Idle {
            return;
        }
        // A request may be on its way just now. HTTP/2 says which are still answered.
        self.stop.cancel();
        loop {
            tokio::select! {
                () = &mut served => return,
                () = sleep(GOODBYE) => {}
            }
            if !activity.is_answering() {
                return;
            }
        }
    }

    /// Answers requests over a stream of bytes.
    pub(crate) async fn serve<A, F, S>(&self, stream: S, window: Window, answer: A)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (peer, place) = (self.peer, Arc::clone(&self.place));
        let rate = self.limits.min_rate;
        let service = service_fn(move |mut request: Request<Incoming>| {
            let is_stream = request.version() == Version::HTTP_2;
            // With HTTP/1.1, hyper leaves out the body of an answer to a HEAD.
            let is_bodiless = is_stream && request.method() == Method::HEAD;
            let mut under_way = place.activity.answer(is_stream);
            let share = is_stream.then(|| place.admit_stream());
            let answered = match share {
                Some(None) => Err(too_many(&request)),
                _ => {
                    join_cookies(request.headers_mut());
                    // What answering takes is freed with it, and not kept until the client has taken the answer.
                    Ok(Box::pin(answer(request, peer)))
                }
            };
            async move {
                let response = match answered {
                    Ok(answered) => answered.await,
                    Err(refused) => refused,
                };
                under_way.has_begun();
                let response = if is_bodiless { without_body(response) } else { response };
                Ok::<_, Infallible>(response.map(|body| AnswerBody::new(body, under_way, share.flatten(), rate)))
            }
        });
        let builder = builder(&window);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }
}

fn builder(window: &Window) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The limits of the head and of silence are kept by the watch on the connection, with one for each.
    builder.http1().header_read_timeout(None).max_buf_size(MAX_BUFFER_BYTES);
    builder
        .http2()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_BUFFER_BYTES).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
        .max_local_error_reset_streams(MAX_WRONG_STREAMS)
        .max_send_buf_size(MAX_SEND_BYTES)
        .initial_stream_window_size(window.bytes())
        .initial_connection_window_size(window.bytes());
    builder
}

/// Refuses a request for which there is no place, since its address has too many.
fn too_many(request: &Request<Incoming>) -> Response<Body> {
    let refusal = ErrorResponse::unavailable("too many requests of your address are under way at one time; try again");
    let mut response = refusal.into_response();
    response.headers_mut().insert(REQUEST_ID, request_id(request.headers()));
    response
}

/// Leaves out the body of an answer, and says how long it would be.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(bytes) = body.size_hint().exact().filter(|bytes| *bytes > 0) {
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| bytes.into());
    }
    Response::from_parts(parts, full(""))
}

/// Makes one header of several with cookies: HTTP/2 may split it, and HTTP/1.1 may not.
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_one_header() {
        let mut headers = HeaderMap::new();
        join_cookies(&mut headers);
        assert!(headers.is_empty());
        for cookie in ["a=1", "b=2"] {
            headers.append(COOKIE, HeaderValue::from_static(cookie));
        }
        join_cookies(&mut headers);
        assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }
}
