//! Rules over HTTP: an administrator lists, creates, configures and deletes the rules of the gateway's own policy file.
//!
//! All of it is below `/tagseal`, which never goes to the registry. Nothing there answers without the administrator's
//! token, and where no token is configured there is nothing at all.

mod body;
mod condition;
mod listing;
mod order;
mod refusal;
mod resource;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::spawn_blocking;

use super::policy_file::PolicyFile;
use super::problem::{Body, full};
use super::target::METHOD_OVERRIDES;
use body::{Json, Kind};
use condition::{Conditions, EntityTag, Unmet};
use listing::Listing;
use order::{Done, Order};
use refusal::Refusal;
use resource::Resource;

pub(crate) use resource::is_own;
pub use token::{AdminToken, AdminTokenError};

/// What can be asked, and what is answered: an OpenAPI description.
const DESCRIPTION: &str = include_str!("openapi.json");

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lists that are made at one time. Each takes an instance of the component.
const LISTS: usize = 4;

/// The rules of a policy file, for whoever has the administrator's token. Clones are for the same file.
#[derive(Clone, Debug)]
pub struct Rules(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    file: PolicyFile,
    token: AdminToken,
    patience: Duration,
    lists: Semaphore,
    /// Whose turn it is to change something.
    turn: Arc<Mutex<()>>,
}

/// What is at a resource: JSON, and what the document that it comes from is known by.
struct Representation {
    json: String,
    tag: EntityTag,
}

impl Rules {
    /// The rules of a policy file, for whoever has this token.
    pub fn new(file: PolicyFile, token: AdminToken) -> Self {
        Self::with_patience(file, token, PATIENCE)
    }

    /// The same, where the body of a request may take so long to come.
    pub fn with_patience(file: PolicyFile, token: AdminToken, patience: Duration) -> Self {
        Self(Arc::new(Parts { file, token, patience, lists: Semaphore::new(LISTS), turn: Arc::default() }))
    }

    /// Whether a request carries the administrator's token, which is nothing for a registry to see.
    pub(crate) fn is_token_in(&self, headers: &HeaderMap) -> bool {
        self.0.token.is_among(headers)
    }

    /// Answers a request whose path is the gateway's own.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.hear(request, peer).await.unwrap_or_else(|refusal| {
            let (status, code, message) = (refusal.status(), refusal.code(), refusal.message());
            if status == StatusCode::INTERNAL_SERVER_ERROR {
                tracing::error!(%peer, %method, path, %status, code, message, "no rule could be changed");
            } else {
                tracing::info!(%peer, %method, path, %status, code, message, "refused");
            }
            refusal.into_response()
        })
    }

    async fn hear(&self, request: Request<Incoming>, peer: SocketAddr) -> Result<Response<Body>, Refusal> {
        let (head, body) = request.into_parts();
        if !self.0.token.is_in(&head.headers) {
            return Err(Refusal::unauthorized(head.headers.contains_key(AUTHORIZATION)));
        }
        if METHOD_OVERRIDES.iter().any(|name| head.headers.contains_key(*name)) {
            return Err(Refusal::request("the request asks to be read as another method; send it as what it is"));
        }
        let resource = Resource::parse(head.uri.path()).ok_or_else(Refusal::no_path)?;
        let query = head.uri.query().filter(|query| !query.is_empty());
        let is_list = resource == Resource::Rules && matches!(head.method, Method::GET | Method::HEAD);
        if query.is_some() && !is_list {
            return Err(Refusal::request("only the list of rules takes a query; leave it out"));
        }
        let conditions = Conditions::read(&head.headers).map_err(|name| {
            Refusal::request(format!("`{name}` can't be read; write `*`, or tags as `ETag` gives them"))
        })?;
        let patience = self.0.patience;
        match (head.method, resource) {
            (Method::OPTIONS, resource) => Ok(options(resource)),
            (Method::GET | Method::HEAD, Resource::Description) => Ok(json(DESCRIPTION.trim_end().to_owned())),
            (Method::GET | Method::HEAD, Resource::Rules) => {
                let listing = Listing::parse(query)?;
                self.read(conditions, move |file| list(file, &listing)).await
            }
            (Method::GET | Method::HEAD, Resource::Rule(id)) => self.read(conditions, move |file| show(file, id)).await,
            (Method::POST, Resource::Rules) => {
                let rule = Json::read(Kind::Rule, &head.headers, body, patience).await?;
                self.change(Order::Create(rule), conditions, peer).await
            }
            (Method::PATCH, Resource::Rule(id)) => {
                let set = Json::read(Kind::Patch, &head.headers, body, patience).await?;
                self.change(Order::Configure(id, set), conditions, peer).await
            }
            (Method::DELETE, Resource::Rule(id)) => self.change(Order::Delete(id), conditions, peer).await,
            (_, resource) => Err(Refusal::method(resource)),
        }
    }

    /// Answers with what is there, if the conditions hold for it.
    async fn read(
        &self,
        conditions: Conditions,
        read: impl FnOnce(&PolicyFile) -> Result<Representation, Refusal> + Send + 'static,
    ) -> Result<Response<Body>, Refusal> {
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

    /// Makes a change, when it is its turn.
    async fn change(&self, order: Order, conditions: Conditions, peer: SocketAddr) -> Result<Response<Body>, Refusal> {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        let file = self.0.file.clone();
        blocking(move || {
            // It is kept until the change is made, whether its client still waits or not.
            let _turn = turn;
            let done = order.carry_out(&file, &conditions)?;
            if done.is_new {
                tracing::info!(%peer, rule = done.id, revision = done.revision, "{}", order.past());
            }
            Ok(changed(&order, done))
        })
        .await
    }
}

/// Does what takes long on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    let failed = || Refusal::unavailable("unavailable", "the work on it ended early; see the gateway's log");
    spawn_blocking(work).await.unwrap_or_else(|_| Err(failed()))
}

fn list(file: &PolicyFile, listing: &Listing) -> Result<Representation, Refusal> {
    let document = file.document();
    let json = listing.answer(file.component(), &document.text)?;
    Ok(Representation { json, tag: EntityTag::of(document.revision, &document.text) })
}

fn show(file: &PolicyFile, id: u64) -> Result<Representation, Refusal> {
    let document = file.document();
    let json = order::rule(file.component(), &document.text, id)?;
    Ok(Representation { json, tag: EntityTag::of(document.revision, &document.text) })
}

fn options(resource: Resource) -> Response<Body> {
    let mut response = with_status(StatusCode::NO_CONTENT);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(resource.methods()));
    response
}

/// The answer to a change: the rule as it stands now, and where.
fn changed(order: &Order, done: Done) -> Response<Body> {
    let Done { id, rule, tag, .. } = done;
    let Some(rule) = rule else { return with_status(StatusCode::NO_CONTENT) };
    let mut response = tagged(json(rule), &tag);
    if let (Order::Create(_), Ok(place)) = (order, HeaderValue::from_str(&resource::rule(id))) {
        *response.status_mut() = StatusCode::CREATED;
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// JSON, and the end of a line for who reads it on a terminal.
fn json(mut text: String) -> Response<Body> {
    text.push('\n');
    let mut response = Response::new(full(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    own(response)
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = status;
    own(response)
}

/// Only for whoever asked, and only as long as it is true.
fn own(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn tagged(mut response: Response<Body>, tag: &EntityTag) -> Response<Body> {
    if let Ok(tag) = HeaderValue::from_str(&tag.quoted()) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
