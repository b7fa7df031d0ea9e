//! A small registry in memory: what the demo pushes to, and tests.
//!
//! It holds what it is given until it ends, in memory alone, and lets tags move as registries do. It speaks the pull, push,
//! discovery and deletion of the distribution specification for every kind of manifest, with `?tag=` on pushes by
//! digest; it has no referrers interface, no ranges and no users.

mod blob;
mod listing;
mod manifest;
mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as Stream, Bytes};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use store::Store;
use tagseal_distribution::body::Body;
use tagseal_distribution::body::full;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::query::Query;
use tagseal_distribution::route::{Route, RouteError};

/// Most bytes of one request.
const MAX_BODY_BYTES: usize = 512 << 20;

/// A registry in memory. Clones share what it holds.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<Mutex<Store>>);

/// A request, read in full.
struct Ask {
    method: Method,
    route: Route,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
}

impl Registry {
    /// A registry with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: Stream<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let answer = match Ask::read(request).await {
            Ok(ask) => self.hear(&ask),
            Err(problem) => Err(problem),
        };
        let mut response = answer.unwrap_or_else(ErrorResponse::into_response);
        let version = HeaderName::from_static("docker-distribution-api-version");
        response.headers_mut().insert(version, HeaderValue::from_static("registry/2.0"));
        response
    }

    fn hear(&self, ask: &Ask) -> Result<Response<Body>, ErrorResponse> {
        let mut store = self.store();
        match &ask.route {
            Route::Base => base(ask),
            Route::Catalog => listing::catalogue(&store, ask),
            Route::Tags(repository) => listing::tags(&store, repository, ask),
            Route::Manifest(repository, reference) => manifest::answer(&mut store, repository, reference, ask),
            Route::Blob(repository, digest) => blob::answer(&mut store, repository, digest, ask),
            Route::Uploads(repository) => blob::begin(&mut store, repository, ask),
            Route::Upload(repository, id) => blob::go_on(&mut store, repository, id, ask),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic in mid-change can't happen, and would leave a registry that says what it holds all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ask {
    async fn read<B>(request: Request<B>) -> Result<Self, ErrorResponse>
    where
        B: Stream<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let route = Route::parse(parts.uri.path()).map_err(no_route)?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let query =
            query.map_err(|_| ErrorResponse::new(StatusCode::BAD_REQUEST, "UNSUPPORTED", "the query is not valid"))?;
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|error| cut(&*error))?.to_bytes();
        Ok(Self { method: parts.method, route, query, headers: parts.headers, body })
    }
}

fn base(ask: &Ask) -> Result<Response<Body>, ErrorResponse> {
    if is_read(&ask.method) { Ok(Response::new(full("{}"))) } else { Err(unsupported()) }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// An answer without a body, with these headers. A header that can't be written is left out.
fn empty(status: StatusCode, headers: &[(&'static str, &str)]) -> Response<Body> {
    with_headers(status, headers, Bytes::new())
}

fn with_headers(status: StatusCode, headers: &[(&'static str, &str)], body: Bytes) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}

fn unsupported() -> ErrorResponse {
    ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this can't be done here")
}

fn no_route(error: RouteError) -> ErrorResponse {
    match error {
        RouteError::Unknown => {
            ErrorResponse::new(StatusCode::NOT_FOUND, "UNSUPPORTED", "there is nothing at this path")
        }
        RouteError::Reference(error) => {
            ErrorResponse::new(StatusCode::BAD_REQUEST, "NAME_INVALID", format!("the path names what is {error}"))
        }
    }
}

fn cut(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ErrorResponse {
    if error.is::<LengthLimitError>() {
        ErrorResponse::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "SIZE_INVALID",
            "the request is too large for a registry in memory",
        )
    } else {
        ErrorResponse::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", "the request broke off")
    }
}
