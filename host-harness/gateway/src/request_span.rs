//! The spans of a request, for whoever collects traces. They continue the trace of the client, and the registry can continue
//! them.
//!
//! They are spans of `tracing`. Where nobody collects them, they cost next to nothing, and no header is touched.

use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, StatusCode};
use opentelemetry::global::get_text_map_propagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tracing::Span;
use tracing::field::{Empty, display};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::refusal_log::cut;
use tagseal::contract::Decision;
use tagseal_distribution::reference::{Reference, Repository};
use tagseal_distribution::request::RegistryRequest;

/// Begins the span of a client's request.
pub(crate) fn of_request(request: &Request<Incoming>, peer: SocketAddr, request_id: &str) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.response.status_code = Empty,
        url.path = cut(request.uri().path()),
        client.address = %peer.ip(),
        tagseal.request_id = request_id,
        tagseal.repository = Empty,
        tagseal.reference = Empty,
        tagseal.outcome = Empty,
        tagseal.code = Empty,
        tagseal.rule = Empty,
    );
    if !span.is_disabled() {
        let parent = get_text_map_propagator(|it| it.extract(&HeaderExtractor(request.headers())));
        // It fails where the spans are collected by something else than OpenTelemetry.
        let _ = span.set_parent(parent);
    }
    span
}

/// The span of a request of the gateway's own, to find out what the registry has.
pub(crate) const LOOK_UP: &str = "look-up";
/// The span of a request that is forwarded.
pub(crate) const FORWARD: &str = "forward";

/// Begins the span of a request to the registry, under a name.
pub(crate) fn to_registry(name: &'static str, method: &Method, path: &str) -> Span {
    tracing::info_span!(
        "to the registry",
        otel.name = name,
        otel.kind = "client",
        http.request.method = %method,
        http.response.status_code = Empty,
        url.path = cut(path),
    )
}

/// Lets the registry continue the trace at a span.
pub(crate) fn continue_at(span: &Span, headers: &mut HeaderMap) {
    if !span.is_disabled() {
        get_text_map_propagator(|it| it.inject_context(&span.context(), &mut HeaderInjector(headers)));
    }
}

/// Notes what the request of the current span is about.
pub(crate) fn note_request(request: &RegistryRequest) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let note = |repository: &Repository, reference: &dyn std::fmt::Display| {
        span.record("tagseal.repository", display(repository));
        span.record("tagseal.reference", display(reference));
    };
    match request {
        RegistryRequest::Push(push) => match &push.reference {
            Reference::Tag(tag) => note(&push.repository, tag),
            Reference::Digest(digest) => note(&push.repository, digest),
        },
        RegistryRequest::DeleteTag(repository, tag, _) => note(repository, tag),
        RegistryRequest::DeleteManifest(repository, digest, _) | RegistryRequest::DeleteBlob(repository, digest, _) => {
            note(repository, digest);
        }
        RegistryRequest::Upload(repository, _) => {
            span.record("tagseal.repository", display(repository));
        }
        RegistryRequest::Read => {}
    }
}

/// Notes what was decided about the request of the current span.
pub(crate) fn note_decision(decision: &Decision) {
    let span = Span::current();
    span.record("tagseal.code", decision.code.as_str());
    if let Some(rule) = decision.rule {
        span.record("tagseal.rule", rule);
    }
}

/// Notes how a span ended: by this status, or without an answer.
pub(crate) fn note_answer(span: &Span, status: Option<StatusCode>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if status.is_none_or(|status| status.is_server_error()) {
        span.record("otel.status_code", "ERROR");
    }
}
