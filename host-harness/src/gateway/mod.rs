//! The gateway: a reverse proxy in front of a registry that asks a policy before a tag moves.
//!
//! Everything passes through it, as it comes, but for what could change which manifest a tag resolves to. That is
//! looked up at the registry, judged by the policy in force, and passed on under locks that are held until the registry
//! has answered. What can't be known or judged is refused.

mod delete;
mod doubt;
mod headers;
mod in_force;
mod judge;
mod judgement;
mod location;
mod lock;
mod lookup;
mod manifest;
pub(crate) mod pages;
mod pass;
mod policy_file;
pub(crate) mod problem;
mod push;
pub(crate) mod query;
pub(crate) mod reference;
mod refusal;
pub(crate) mod route;
mod rules;
mod server;
mod target;
pub(crate) mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

pub use in_force::InForce;
pub use judgement::Judgement;
pub use policy_file::PolicyFile;
pub use problem::Body;
pub use rules::{AdminToken, AdminTokenError, Rules};
pub use server::Server;
pub use upstream::{AddressError, Reached, Upstream};

use doubt::Doubts;
use judgement::Judgements;
use lock::Locks;
use manifest::Room;
use problem::Problem;
use reference::ReferenceError;
use target::{Target, TargetError};

/// How a gateway answers, and how long it waits.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The status of a denied push: 409, or 403 or 412 where clients or dashboards expect them.
    pub denied: StatusCode,
    /// Bytes of the manifests that are held at one time, all together.
    pub manifests: usize,
    /// How long an answer to a look-up may take.
    pub look_up: Duration,
    /// How long all look-ups for a delete may take.
    pub walk: Duration,
    /// How long the registry may take to answer a push or delete.
    pub commit: Duration,
    /// How long a write waits for others of the same tag or repository.
    pub lock: Duration,
    /// How long a push without an answer may still be carried out by the registry.
    pub doubt: Duration,
    /// The rules that can be managed over HTTP, none where they can't.
    pub rules: Option<Rules>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            denied: StatusCode::CONFLICT,
            manifests: 128 << 20,
            look_up: Duration::from_secs(10),
            walk: Duration::from_secs(60),
            commit: Duration::from_secs(60),
            lock: Duration::from_secs(120),
            doubt: Duration::from_secs(600),
            rules: None,
        }
    }
}

/// A gateway in front of a registry. Clones are the same gateway.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    upstream: Upstream,
    in_force: InForce,
    settings: GatewaySettings,
    locks: Locks,
    doubts: Doubts,
    room: Room,
    commits: TaskTracker,
    judgements: Judgements,
}

/// Who asks, as the registry gets to know it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    address: SocketAddr,
    of_write: HeaderMap,
    of_look_up: HeaderMap,
}

impl Gateway {
    /// A gateway in front of a registry, with a policy in force.
    pub fn new(upstream: Upstream, in_force: InForce, settings: GatewaySettings) -> Self {
        let (doubts, room) = (Doubts::new(settings.doubt), Room::new(settings.manifests));
        let (locks, commits) = (Locks::default(), TaskTracker::new());
        let judgements = Judgements::default();
        Self(Arc::new(Parts { upstream, in_force, settings, locks, doubts, room, commits, judgements }))
    }

    /// What is judged from now on, as it comes. Whoever is too slow misses some.
    pub fn judgements(&self) -> broadcast::Receiver<Judgement> {
        self.0.judgements.follow()
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.hear(request, peer).await.unwrap_or_else(|problem| {
            log(&problem, peer, &method, &path);
            problem.into_response()
        })
    }

    /// Waits for the pushes and deletes that the registry has not answered yet.
    pub async fn finish(&self) {
        self.0.commits.close();
        self.0.commits.wait().await;
    }

    async fn hear(&self, request: Request<Incoming>, address: SocketAddr) -> Result<Response<Body>, Problem> {
        let headers = request.headers();
        if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", "the request has two lengths"));
        }
        if self.0.upstream.has_passed(headers) {
            return Err(looped());
        }
        if rules::is_own(request.uri().path()) {
            let rules = self.0.settings.rules.as_ref().ok_or_else(nothing)?;
            return Ok(rules.answer(request, address).await);
        }
        if self.0.settings.rules.as_ref().is_some_and(|rules| rules.is_token_in(headers)) {
            return Err(misdirected());
        }
        let target = Target::parse(request.method(), request.uri(), headers)?;
        let of_write = headers::of_write(headers, address);
        let peer = Peer { address, of_write, of_look_up: headers::of_look_up(headers, address) };
        match target {
            Target::Read => self.read(request, &peer).await,
            Target::Upload(_, path) => self.upload(&path, request, peer).await,
            Target::Push(push) => self.push(push, request, peer).await,
            Target::DeleteTag(repository, tag, query) => self.delete_tag(repository, tag, &query, peer).await,
            Target::DeleteManifest(repository, digest, query) => {
                self.delete_manifest(repository, digest, &query, peer).await
            }
            Target::DeleteBlob(repository, digest, query) => self.delete_blob(repository, digest, &query, peer).await,
        }
    }
}

/// Tells what was refused. What the policy denied has been told, and by which rule.
fn log(problem: &Problem, peer: SocketAddr, method: &Method, path: &str) {
    if problem.is_denial() {
        return;
    }
    let (status, why) = (problem.status().as_u16(), problem.message());
    if problem.status().is_server_error() {
        tracing::warn!(%peer, %method, path, status, why, "a request failed");
    } else {
        tracing::info!(%peer, %method, path, status, why, "a request is refused");
    }
}

impl From<TargetError> for Problem {
    fn from(error: TargetError) -> Self {
        let (code, message) = match error {
            TargetError::Method => ("UNSUPPORTED", "the method is none that a registry has".to_owned()),
            TargetError::Override => ("UNSUPPORTED", "the request asks to be read as another method".to_owned()),
            TargetError::Byte => {
                ("UNSUPPORTED", "the path has a character or escape that no registry's has".to_owned())
            }
            TargetError::Unknown => {
                ("UNSUPPORTED", "this gateway knows no such write, so it does not pass it".to_owned())
            }
            TargetError::Reference(ReferenceError::Digest) => ("DIGEST_INVALID", named(ReferenceError::Digest)),
            TargetError::Reference(error) => ("NAME_INVALID", named(error)),
            TargetError::Query => ("UNSUPPORTED", "the query can be read in two ways".to_owned()),
            TargetError::TagTwice => {
                ("UNSUPPORTED", "the query names a tag, but the path says what is meant".to_owned())
            }
            TargetError::TooManyTags => ("UNSUPPORTED", "the query names more tags than one push may set".to_owned()),
        };
        let status = match error {
            TargetError::TooManyTags => StatusCode::URI_TOO_LONG,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, code, message)
    }
}

fn looped() -> Problem {
    let message = "this gateway is its own upstream; name the address of the registry instead";
    Problem::new(StatusCode::LOOP_DETECTED, "UNSUPPORTED", message)
}

fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "UNSUPPORTED", "there is nothing at this path")
}

fn misdirected() -> Problem {
    let message = "the request carries the token of this gateway's administrator, which the registry must not see; \
                   send the credentials that the registry knows";
    Problem::new(StatusCode::FORBIDDEN, "DENIED", message)
}

fn named(error: ReferenceError) -> String {
    format!("the request names what is {error}")
}
