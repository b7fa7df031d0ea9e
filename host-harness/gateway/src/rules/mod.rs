//! Rules over HTTP: an administrator lists, creates, configures and deletes the rules of the gateway's own policy file.
//!
//! Its paths are below `/tagseal`, and are never forwarded to the registry. Every request needs the administrator's token.
//! Where no token is configured, these paths do not exist.

mod audit_query;
mod body;
mod change;
mod condition;
mod drift;
mod holders;
mod import;
mod listing;
mod open_writes;
mod overrides;
mod parameters;
mod problem;
mod repositories;
mod resource;
mod token;
mod whole_policy;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::actor::{Actor, KnownBy};
use super::audit_line::Origin;
use super::audit_log::AuditLog;
use super::ledger::Ledger;
use super::policy_document::PolicyDocument;
use super::refusal_log::{RefusalKind, RefusalLog, cut};
use super::request_id::text;
use audit_query::AuditQuery;
use body::{Json, Kind};
use change::{Change, Changed};
use condition::{Conditions, EntityTag, Unmet};
use holders::Holder;
use import::Imported;
use listing::Listing;
use open_writes::Release;
use problem::ProblemDetails;
use repositories::{KnownTags, PageQuery};
use resource::Resource;
use tagseal_distribution::body::{Body, full};
use tagseal_distribution::request::METHOD_OVERRIDES;
use whole_policy::Replaced;

pub use holders::{Holders, HoldersError, Role};
pub(crate) use resource::{is_own, plain};
pub use token::{AdminToken, AdminTokenError};

/// The OpenAPI description of all requests and answers.
const DESCRIPTION: &str = include_str!("openapi.json");

/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The number of lists that are made at one time. Each takes an instance of the component.
const MAX_LISTS: usize = 4;

/// How long the work on a request may take.
const WORK_TIMEOUT: Duration = Duration::from_secs(120);

/// The number of bodies that are read at one time.
const MAX_BODIES: usize = 4;

/// The rules of a policy file, managed by those who have the administrator's token. Clones are for the same file.
#[derive(Clone, Debug)]
pub struct Rules(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    file: PolicyDocument,
    holders: Holders,
    body_timeout: Duration,
    lists: Semaphore,
    /// Bodies that are read at one time. Each may be large.
    bodies: Semaphore,
    refusal_log: RefusalLog,
    /// Held by the request that makes a change.
    turn: Arc<Mutex<()>>,
}

/// The content of a resource: JSON, and the entity tag of the document that it comes from.
struct Representation {
    json: String,
    tag: EntityTag,
}

impl Rules {
    /// Lets the rules of a policy file be managed by those who hold a token.
    pub fn new(file: PolicyDocument, holders: impl Into<Holders>) -> Self {
        Self::with_body_timeout(file, holders, BODY_TIMEOUT)
    }

    /// Does the same, with another limit of the time that the body of a request may take.
    pub fn with_body_timeout(file: PolicyDocument, holders: impl Into<Holders>, body_timeout: Duration) -> Self {
        let [lists, bodies] = [MAX_LISTS, MAX_BODIES].map(Semaphore::new);
        let (holders, refusal_log, turn) = (holders.into(), RefusalLog::default(), Arc::default());
        Self(Arc::new(Parts { file, holders, body_timeout, lists, bodies, refusal_log, turn }))
    }

    /// Returns whether a request has the administrator's token, which a registry must not see.
    pub(crate) fn is_token_in(&self, headers: &HeaderMap) -> bool {
        self.0.holders.is_token_among(headers)
    }

    /// Answers a request whose path is the gateway's own.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &HeaderValue,
        ledger: &Ledger,
    ) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.dispatch(request, peer, id, ledger).await.unwrap_or_else(|problem| {
            let (path, request_id) = (cut(&path), text(id));
            let (status, code, message) = (problem.status(), problem.code(), problem.message());
            if status == StatusCode::INTERNAL_SERVER_ERROR {
                tracing::error!(%peer, request_id, %method, path, %status, code, message, "the rules could not be changed");
            } else if self.0.refusal_log.admits(RefusalKind::Rules) {
                tracing::info!(%peer, request_id, %method, path, %status, code, message, "a request for the rules is refused");
            }
            problem.into_response()
        })
    }

    /// Reads a body, once there is a turn for it.
    async fn body(&self, kind: Kind, headers: &HeaderMap, body: Incoming) -> Result<Json, ProblemDetails> {
        let turn = timeout(self.0.body_timeout, self.0.bodies.acquire()).await;
        let _turn = turn.map_err(|_| {
            ProblemDetails::unavailable("busy", "too many changes are being sent at one time; try again")
        })?;
        Json::read(kind, headers, body, self.0.body_timeout).await
    }

    async fn dispatch(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &HeaderValue,
        ledger: &Ledger,
    ) -> Result<Response<Body>, ProblemDetails> {
        let (head, body) = request.into_parts();
        let Some(holder) = self.0.holders.sender(&head.headers) else {
            return Err(ProblemDetails::unauthorized(head.headers.contains_key(AUTHORIZATION)));
        };
        if METHOD_OVERRIDES.iter().any(|name| head.headers.contains_key(*name)) {
            return Err(ProblemDetails::request(
                "the request asks to be taken for another method; send it with its own method",
            ));
        }
        let is_read = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if holder.role == Role::Read && !is_read {
            return Err(ProblemDetails::forbidden(&holder.name));
        }
        let origin = origin(&holder, peer, id);
        let resource = Resource::parse(head.uri.path()).ok_or_else(ProblemDetails::no_path)?;
        let query = head.uri.query().filter(|query| !query.is_empty());
        if query.is_some() && !has_query(&head.method, &resource) {
            return Err(ProblemDetails::request("this path has no query with that method; leave it out"));
        }
        let conditions = Conditions::read(&head.headers).map_err(|name| {
            ProblemDetails::request(format!("`{name}` is invalid; write `*`, or entity tags as `ETag` has them"))
        })?;
        match (head.method, resource) {
            (Method::OPTIONS, resource) => Ok(options(&resource)),
            (Method::GET | Method::HEAD, Resource::Description) => Ok(json(DESCRIPTION.trim_end().to_owned())),
            (Method::GET | Method::HEAD, Resource::Rules) => {
                let listing = Listing::parse(query)?;
                self.read(conditions, move |file| list(file, &listing)).await
            }
            (Method::GET | Method::HEAD, Resource::Rule(id)) => self.read(conditions, move |file| show(file, id)).await,
            (Method::POST, Resource::Rules) => {
                let rule = self.body(Kind::Rule, &head.headers, body).await?;
                self.change(Change::Create(rule), conditions, origin).await
            }
            (Method::PATCH, Resource::Rule(id)) => {
                let set = self.body(Kind::Patch, &head.headers, body).await?;
                self.change(Change::Configure(id, set), conditions, origin).await
            }
            (Method::DELETE, Resource::Rule(id)) => self.change(Change::Delete(id), conditions, origin).await,
            (Method::GET | Method::HEAD, Resource::Policy) => self.read(conditions, whole).await,
            (Method::PUT, Resource::Policy) => {
                if !conditions.has_match() {
                    return Err(ProblemDetails::unconditional());
                }
                let document = self.body(Kind::Other, &head.headers, body).await?;
                self.replace(document, conditions, origin).await
            }
            (Method::GET | Method::HEAD, Resource::Overrides) => self.read(conditions, list_overrides).await,
            (Method::POST, Resource::Overrides) => {
                let body = self.body(Kind::Other, &head.headers, body).await?;
                let change = Change::Override(overrides::add(&body, &holder.name));
                self.change(change, conditions, origin).await
            }
            (Method::DELETE, Resource::Overrides) => {
                self.change(Change::EndOverride(overrides::end(query)?), conditions, origin).await
            }
            (Method::POST, Resource::Import) => {
                let body = self.body(Kind::Other, &head.headers, body).await?;
                self.import(body, conditions, origin).await
            }
            (Method::GET | Method::HEAD, Resource::Audit) => {
                Ok(json(AuditQuery::parse(query)?.answer(&self.audit()).await?))
            }
            (Method::GET | Method::HEAD, Resource::Drift) => Ok(json(drift::list(&self.audit(), query).await?)),
            (Method::GET | Method::HEAD, Resource::Repositories) => {
                Ok(json(repositories::repositories(ledger, PageQuery::parse(query)?).await?))
            }
            (Method::GET | Method::HEAD, Resource::Tags(repository)) => {
                let tags = KnownTags::read(ledger, repository, PageQuery::parse(query)?).await?;
                let policy = self.0.file.policy();
                let policy =
                    policy.ok_or_else(|| ProblemDetails::unavailable("unavailable", "there is no policy yet"))?;
                blocking(move || tags.answer(&policy).map(json)).await
            }
            (Method::GET | Method::HEAD, Resource::OpenWrites) => {
                Ok(json(open_writes::list(ledger, PageQuery::parse(query)?).await?))
            }
            (Method::POST, Resource::Release) => {
                let release = Release::parse(&self.body(Kind::Other, &head.headers, body).await?)?;
                self.release(&release, ledger, &origin).await
            }
            (_, resource) => Err(ProblemDetails::method(&resource)),
        }
    }

    /// Answers with the content of a resource, if the conditions hold for it.
    async fn read(
        &self,
        conditions: Conditions,
        read: impl FnOnce(&PolicyDocument) -> Result<Representation, ProblemDetails> + Send + 'static,
    ) -> Result<Response<Body>, ProblemDetails> {
        let file = self.0.file.clone();
        let _list = self.0.lists.acquire().await;
        let Representation { json: text, tag } = blocking(move || read(&file)).await?;
        let response = match conditions.check(&tag) {
            Ok(()) => json(text),
            Err(Unmet::NoneMatching) => with_status(StatusCode::NOT_MODIFIED),
            Err(unmet) => return Err(unmet.into()),
        };
        Ok(tagged(response, &tag))
    }

    /// Replaces the whole document.
    async fn replace(
        &self,
        document: Json,
        conditions: Conditions,
        origin: Origin,
    ) -> Result<Response<Body>, ProblemDetails> {
        self.in_turn(move |file| {
            let Replaced { revision, tag, is_new } = whole_policy::replace(file, &document, &conditions)?;
            if is_new {
                log(&origin, None, revision, "the policy was replaced");
                file.audit_change(None, None, revision, &origin);
            }
            Ok(tagged(with_status(StatusCode::NO_CONTENT), &tag))
        })
        .await
    }

    /// Adds the rules of another registry.
    async fn import(
        &self,
        body: Json,
        conditions: Conditions,
        origin: Origin,
    ) -> Result<Response<Body>, ProblemDetails> {
        self.in_turn(move |file| {
            let Imported { json: text, revision, tag, change } = import::import(file, &body, &conditions)?;
            if change.is_some() {
                log(&origin, None, revision, "rules were imported");
                file.audit_change(change.as_deref(), None, revision, &origin);
            }
            Ok(tagged(json(text), &tag))
        })
        .await
    }

    /// Makes a change.
    async fn change(
        &self,
        change: Change,
        conditions: Conditions,
        origin: Origin,
    ) -> Result<Response<Body>, ProblemDetails> {
        self.in_turn(move |file| {
            let changed = change.make(file, &conditions)?;
            if changed.is_new {
                log(&origin, changed.id, changed.revision, change.past());
                file.audit_change(Some(&change.text()), changed.id, changed.revision, &origin);
            }
            Ok(answer(&change, changed))
        })
        .await
    }

    /// Releases a tag or a manifest.
    async fn release(
        &self,
        release: &Release,
        ledger: &Ledger,
        origin: &Origin,
    ) -> Result<Response<Body>, ProblemDetails> {
        let (released, text) = release.make(ledger, origin).await?;
        let (actor, subject) = (origin.actor.as_ref().map(|actor| actor.name.as_str()), &release.subject);
        tracing::info!(actor, ?subject, writes = released.writes, reason = release.reason, "the ledger has released");
        if let Some(line) = released.line {
            self.audit().add_stored(line.into());
        }
        Ok(json(text))
    }

    /// Returns the audit, or one without lines.
    fn audit(&self) -> AuditLog {
        self.0.file.audit().cloned().unwrap_or_else(AuditLog::in_memory)
    }

    /// Changes the policy file, one request at a time.
    async fn in_turn(
        &self,
        change: impl FnOnce(&PolicyDocument) -> Result<Response<Body>, ProblemDetails> + Send + 'static,
    ) -> Result<Response<Body>, ProblemDetails> {
        let turn = timeout(WORK_TIMEOUT, Arc::clone(&self.0.turn).lock_owned()).await;
        let turn = turn.map_err(|_| ProblemDetails::unavailable("busy", "another change takes long; try again"))?;
        let file = self.0.file.clone();
        blocking(move || {
            // The turn is held until the change is made, whether the client still waits or not.
            let _turn = turn;
            change(&file)
        })
        .await
    }
}

/// Returns who sends a request, for the log and the audit.
fn origin(holder: &Holder, peer: SocketAddr, id: &HeaderValue) -> Origin {
    let actor = Actor::new(&holder.name, KnownBy::Token, true);
    let request_id = id.to_str().ok().map(str::to_owned);
    Origin { actor, address: Some(peer.ip()), request_id }
}

fn log(origin: &Origin, rule: Option<u64>, revision: u64, what: &str) {
    let actor = origin.actor.as_ref().map(|actor| actor.name.as_str());
    let peer = origin.address.map(|address| address.to_string());
    tracing::info!(peer, actor, request_id = origin.request_id, rule, revision, "{what}");
}

/// Returns whether a request for a resource may have a query.
fn has_query(method: &Method, resource: &Resource) -> bool {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    match resource {
        Resource::Rules | Resource::Audit | Resource::Drift => is_read,
        Resource::Repositories | Resource::Tags(_) | Resource::OpenWrites => is_read,
        Resource::Overrides => *method == Method::DELETE,
        Resource::Rule(_) | Resource::Policy | Resource::Import | Resource::Release | Resource::Description => false,
    }
}

/// Does work that takes long on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProblemDetails> + Send + 'static,
) -> Result<T, ProblemDetails> {
    let failed =
        || ProblemDetails::unavailable("unavailable", "the work on the request ended early; see the gateway's log");
    // A file system that does not answer holds the work, but not the client.
    let late = || ProblemDetails::unavailable("busy", "the policy file does not answer; see the gateway's log");
    match timeout(WORK_TIMEOUT, spawn_blocking(work)).await {
        Ok(done) => done.unwrap_or_else(|_| Err(failed())),
        Err(_) => Err(late()),
    }
}

fn list(file: &PolicyDocument, listing: &Listing) -> Result<Representation, ProblemDetails> {
    let document = file.document()?;
    let json = listing.answer(file.component(), &document.text)?;
    Ok(Representation { json, tag: EntityTag::of(document.revision, &document.text) })
}

fn show(file: &PolicyDocument, id: u64) -> Result<Representation, ProblemDetails> {
    let document = file.document()?;
    let json = change::rule(file.component(), &document.text, id)?;
    Ok(Representation { json, tag: EntityTag::of(document.revision, &document.text) })
}

fn whole(file: &PolicyDocument) -> Result<Representation, ProblemDetails> {
    let document = file.document()?;
    let tag = EntityTag::of(document.revision, &document.text);
    // Byte for byte, apart from the line break at the end that every answer has.
    let json = document.text.strip_suffix('\n').unwrap_or(&document.text).to_owned();
    Ok(Representation { json, tag })
}

fn list_overrides(file: &PolicyDocument) -> Result<Representation, ProblemDetails> {
    let document = file.document()?;
    let json = overrides::list(file.component(), &document.text)?;
    Ok(Representation { json, tag: EntityTag::of(document.revision, &document.text) })
}

fn options(resource: &Resource) -> Response<Body> {
    let mut response = with_status(StatusCode::NO_CONTENT);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(resource.methods()));
    response
}

/// Makes the answer to a change: the rule as it is now, and its path if it is new.
fn answer(change: &Change, changed: Changed) -> Response<Body> {
    let Changed { id, rule, tag, .. } = changed;
    let (Some(rule), Some(id)) = (rule, id) else { return tagged(with_status(StatusCode::NO_CONTENT), &tag) };
    let mut response = tagged(json(rule), &tag);
    if let (Change::Create(_), Ok(place)) = (change, HeaderValue::from_str(&resource::rule(id))) {
        *response.status_mut() = StatusCode::CREATED;
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// Makes an answer of JSON, with a line break at its end for those who read it on a terminal.
fn json(mut text: String) -> Response<Body> {
    text.push('\n');
    let mut response = Response::new(full(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    uncached(response)
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = status;
    uncached(response)
}

/// Keeps caches from giving the answer to others, or later.
fn uncached(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn tagged(mut response: Response<Body>, tag: &EntityTag) -> Response<Body> {
    if let Ok(tag) = HeaderValue::from_str(&tag.quoted()) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
