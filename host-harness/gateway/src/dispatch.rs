//! A request comes in, and the part of the gateway that it is for answers it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use hyper::{Method, Request, Response, StatusCode};
use tracing::Instrument as _;

use super::challenge::Action;
use super::gateway::{Gateway, Peer};
use super::headers::Caller;
use super::measurement::{self, RequestClass};
use super::refusal_log::{RefusalKind, cut};
use super::request_id::{REQUEST_ID, request_id, text};
use super::{headers, request_span, rules};
use tagseal_distribution::body::Body;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::ReferenceError;
use tagseal_distribution::request::{RegistryRequest, RequestError};

impl Gateway {
    /// Answers a request.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (peer, request_id) = self.caller(&request, peer);
        let (start, mut class) = (Instant::now(), RequestClass::default());
        let span = request_span::of_request(&request, peer, text(&request_id));
        let answer = self.dispatch(request, peer, &request_id, &mut class).instrument(span.clone()).await;
        measurement::request(class, outcome(&answer), start.elapsed());
        span.record("tagseal.outcome", outcome(&answer));
        let mut answer = answer.unwrap_or_else(|refusal| {
            self.log(&refusal, peer, &request_id, &method, cut(&path));
            refusal.into_response()
        });
        // The registry may have given it a name too, but by that nobody finds it here.
        answer.headers_mut().insert(REQUEST_ID, request_id);
        request_span::note_answer(&span, Some(answer.status()));
        answer
    }

    /// Logs a refusal. Denials of the policy are in the log already, with the rule.
    fn log(&self, refusal: &ErrorResponse, peer: SocketAddr, id: &HeaderValue, method: &Method, path: &str) {
        let (status, reason) = (refusal.status().as_u16(), refusal.message());
        let has_failed = refusal.status().is_server_error();
        let kind = if has_failed { RefusalKind::Failed } else { RefusalKind::Refused };
        if refusal.has_detail() || !self.0.refusal_log.admits(kind) {
            return;
        }
        if has_failed {
            tracing::warn!(%peer, request_id = text(id), %method, path, status, reason, "a request failed");
        } else {
            tracing::info!(%peer, request_id = text(id), %method, path, status, reason, "a request is refused");
        }
    }

    /// Returns the address of the client, and the name of its request.
    fn caller(&self, request: &Request<Incoming>, peer: SocketAddr) -> (SocketAddr, HeaderValue) {
        let client = self.0.settings.trusted_proxies.client(peer.ip(), request.headers());
        // The port of a client behind a proxy is not known.
        let client = if client == peer.ip() { peer } else { SocketAddr::new(client, 0) };
        (client, request_id(request.headers()))
    }

    async fn dispatch(
        &self,
        request: Request<Incoming>,
        address: SocketAddr,
        request_id: &HeaderValue,
        class: &mut RequestClass,
    ) -> Result<Response<Body>, ErrorResponse> {
        let headers = request.headers();
        if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
            return Err(ErrorResponse::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", "the request has two lengths"));
        }
        if self.0.registry.has_passed(headers) {
            return Err(loops());
        }
        if rules::is_own(request.uri().path()) {
            *class = RequestClass::Management;
            let rules = self.0.settings.rules.as_ref().ok_or_else(not_found)?;
            return Ok(rules.answer(request, address, request_id, &self.0.ledger).await);
        }
        if self.0.settings.rules.as_ref().is_some_and(|rules| rules.is_token_in(headers)) {
            return Err(misdirected());
        }
        let caller = Caller { address: address.ip(), request_id: request_id.clone() };
        if self.live_settings().pass_prefixes.iter().any(|prefix| prefix.covers(request.uri().path())) {
            *class = RequestClass::Passed;
            return self.forward_passed(request, &caller).await;
        }
        let parsed = match RegistryRequest::parse(request.method(), request.uri(), headers) {
            Err(RequestError::Unknown) if request.method() == Method::POST => {
                return self.forward_token_request(request, &caller).await;
            }
            parsed => parsed.map_err(invalid)?,
        };
        *class = class_of(&parsed);
        request_span::note_request(&parsed);
        let peer = Peer {
            address,
            action: action_of(&parsed),
            request_id: request_id.clone(),
            write_headers: headers::of_write(headers, &caller),
            look_up_headers: headers::of_look_up(headers, &caller),
            is_forwarded: Arc::default(),
        };
        match parsed {
            RegistryRequest::Read => self.forward_read(request, &peer).await,
            RegistryRequest::Upload(_, path) => self.forward_upload(&path, request, peer).await,
            RegistryRequest::Push(push) => self.push(push, request, peer).await,
            delete => {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
                match self.delete(delete, peer.clone()).await {
                    Err(refusal) => self.refuse_delete(&path, peer, refusal).await,
                    answer => answer,
                }
            }
        }
    }

    async fn delete(&self, request: RegistryRequest, peer: Peer) -> Result<Response<Body>, ErrorResponse> {
        match request {
            RegistryRequest::DeleteTag(repository, tag, query) => self.delete_tag(repository, tag, &query, peer).await,
            RegistryRequest::DeleteManifest(repository, digest, query) => {
                self.delete_manifest(repository, digest, &query, peer).await
            }
            RegistryRequest::DeleteBlob(repository, digest, query) => {
                self.delete_blob(repository, digest, &query, peer).await
            }
            RegistryRequest::Read | RegistryRequest::Push(_) | RegistryRequest::Upload(..) => Err(not_found()),
        }
    }
}

/// Returns what a request needs besides reading.
const fn action_of(request: &RegistryRequest) -> Option<Action> {
    match request {
        RegistryRequest::Push(_) => Some(Action::Push),
        RegistryRequest::DeleteTag(..) | RegistryRequest::DeleteManifest(..) | RegistryRequest::DeleteBlob(..) => {
            Some(Action::Delete)
        }
        RegistryRequest::Read | RegistryRequest::Upload(..) => None,
    }
}

const fn class_of(request: &RegistryRequest) -> RequestClass {
    match request {
        RegistryRequest::Read => RequestClass::Read,
        RegistryRequest::Upload(..) => RequestClass::Upload,
        RegistryRequest::Push(_) => RequestClass::Push,
        RegistryRequest::DeleteTag(..) => RequestClass::DeleteTag,
        RegistryRequest::DeleteManifest(..) => RequestClass::DeleteManifest,
        RegistryRequest::DeleteBlob(..) => RequestClass::DeleteBlob,
    }
}

/// Returns how a request ended, as the metrics name it.
fn outcome(answer: &Result<Response<Body>, ErrorResponse>) -> &'static str {
    match answer {
        Ok(answer) if answer.status().is_server_error() => "registry-error",
        Ok(_) => "answered",
        Err(refusal) if refusal.status().is_server_error() => "unavailable",
        Err(refusal) if refusal.has_detail() => "denied",
        Err(_) => "refused",
    }
}

fn invalid(error: RequestError) -> ErrorResponse {
    let unsupported = |message: &str| ("UNSUPPORTED", message.to_owned());
    let (code, message) = match error {
        RequestError::Method => unsupported("the method is not one that registries have"),
        RequestError::Override => unsupported("the request asks to be taken for another method"),
        RequestError::Byte => unsupported("the path has a character or an escape that paths of registries do not have"),
        RequestError::Unknown => unsupported("this gateway does not know such a write, so it does not forward it"),
        RequestError::Reference(error @ ReferenceError::Digest) => ("DIGEST_INVALID", named(error)),
        RequestError::Reference(error) => ("NAME_INVALID", named(error)),
        RequestError::Query => unsupported("the query can be read in two ways"),
        RequestError::TagTwice => unsupported("the query names a tag, though the path says what the request is for"),
        RequestError::TooManyTags => unsupported("the query names more tags than one push may set"),
    };
    let status = match error {
        RequestError::TooManyTags => StatusCode::URI_TOO_LONG,
        _ => StatusCode::BAD_REQUEST,
    };
    ErrorResponse::new(status, code, message)
}

fn named(error: ReferenceError) -> String {
    format!("a name in the request is {error}")
}

fn loops() -> ErrorResponse {
    let message = "this gateway is its own upstream; name the address of the registry instead";
    ErrorResponse::new(StatusCode::LOOP_DETECTED, "UNSUPPORTED", message)
}

fn not_found() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "UNSUPPORTED", "there is nothing at this path")
}

fn misdirected() -> ErrorResponse {
    let message = "the request has the token of this gateway's administrator, which the registry must not see; \
                   send the credentials that the registry knows";
    ErrorResponse::new(StatusCode::FORBIDDEN, "DENIED", message)
}
