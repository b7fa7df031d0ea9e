//! A gateway before a registry in memory, whose answers a test can spoil, and which remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tagseal::gateway::{Body, Gateway, GatewaySettings, InForce, Server, Upstream};
use tagseal::{Component, Policy, Settings};
use tokio::sync::{Barrier, Notify};
use tokio::time::sleep;

use crate::client::Registry;

/// Tags of `prod` but `latest` are immutable, those of `free` may be deleted too, and those of `team` are nobody's business.
pub(crate) const POLICY: &str = r#"{"version": 1, "instance": "test", "revision": 7, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest"},
    {"id": 2, "namespace": "free", "preset": "latest", "deletion": "allow"}]}"#;

static COMPONENT: LazyLock<Component> = LazyLock::new(|| Component::embedded(Settings::default()).unwrap());

pub(crate) fn component() -> Component {
    COMPONENT.clone()
}

pub(crate) fn policy(document: &str) -> Policy {
    COMPONENT.compile(document).unwrap()
}

/// What the registry does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// What it would.
    Pass,
    /// Answers that instead.
    Answer(StatusCode, Vec<(&'static str, String)>, String),
    /// Carries it out, and answers that.
    Spoil(StatusCode),
    /// Carries it out after a while, and answers then.
    Slow(Duration),
    /// Carries it out once so many requests have come that meet here.
    Meet(Arc<Barrier>),
    /// Carries it out when it is told to, and answers then.
    Held(Arc<Notify>),
    /// Carries it out when it is told to, and never answers.
    Silent(Arc<Notify>),
    /// Carries it out, and answers without these headers.
    Without(&'static [&'static str]),
    /// Carries it out in pages of so many names, however many are asked for.
    Pages(usize),
}

/// What the registry was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

type Script = Arc<Mutex<Box<dyn FnMut(&Asked) -> Act + Send>>>;

/// A gateway before a registry in memory.
pub(crate) struct Stack {
    /// Through the gateway.
    pub(crate) client: Registry,
    /// Around it.
    pub(crate) behind: Registry,
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) in_force: InForce,
    script: Script,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stack {
    pub(crate) async fn new() -> Self {
        Self::with(POLICY, GatewaySettings::default()).await
    }

    /// With a gateway that soon takes silence for an answer.
    pub(crate) async fn impatient() -> Self {
        let (look_up, commit) = (Duration::from_secs(2), Duration::from_secs(1));
        Self::with(POLICY, GatewaySettings { look_up, commit, ..GatewaySettings::default() }).await
    }

    pub(crate) async fn with(document: &str, settings: GatewaySettings) -> Self {
        Self::under(InForce::new(policy(document)), settings).await
    }

    /// Under a policy that somebody else has a hand on too.
    pub(crate) async fn under(in_force: InForce, settings: GatewaySettings) -> Self {
        let script: Script = Arc::new(Mutex::new(Box::new(|_| Act::Pass)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let registry = tagseal::registry::Registry::new();
        let (scripted, remembered) = (Arc::clone(&script), Arc::clone(&asked));
        let behind = serve(move |request| {
            let asked = Asked {
                method: request.method().clone(),
                path: request.uri().path_and_query().unwrap().to_string(),
                headers: request.headers().clone(),
            };
            let act = (*scripted.lock().unwrap())(&asked);
            remembered.lock().unwrap().push(asked);
            answer(registry.clone(), request, act)
        })
        .await;
        let upstream = Upstream::new(&format!("http://{behind}")).unwrap();
        let gateway = Gateway::new(upstream, in_force.clone(), settings);
        let address = guard(&gateway).await;
        let (client, behind) = (Registry::at(address), Registry::at(behind));
        Self { client, behind, gateway, address, in_force, script, asked }
    }

    /// Where the registry itself is.
    pub(crate) fn behind_address(&self) -> String {
        self.behind.address.clone()
    }

    /// From now on, the registry does that.
    pub(crate) fn script(&self, script: impl FnMut(&Asked) -> Act + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// What the registry was asked since this was last asked: `HEAD /v2/prod/app/manifests/v1`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked_in_full().into_iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    /// Waits until the registry has been asked to store a manifest.
    pub(crate) async fn is_put(&self) {
        while !self.asked().iter().any(|asked| asked.starts_with("PUT /v2/") && asked.contains("/manifests/")) {
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn asked_in_full(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Serves a gateway on a free port.
pub(crate) async fn guard(gateway: &Gateway) -> SocketAddr {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let (address, gateway) = (server.address().unwrap(), gateway.clone());
    let answer = move |request, peer| {
        let gateway = gateway.clone();
        async move { gateway.answer(request, peer).await }
    };
    tokio::spawn(server.run(answer, std::future::pending()));
    address
}

/// Serves answers on a free port.
pub(crate) async fn serve<A, F>(answer: A) -> SocketAddr
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run(move |request, _| answer(request), std::future::pending()));
    address
}

async fn answer(registry: tagseal::registry::Registry, request: Request<Incoming>, act: Act) -> Response<Body> {
    match act {
        Act::Pass => registry.answer(request).await,
        Act::Answer(status, headers, body) => {
            let mut response = Response::new(own(body));
            *response.status_mut() = status;
            let headers = headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            response.headers_mut().extend::<HeaderMap>(headers.collect());
            response
        }
        Act::Spoil(status) => {
            let mut response = registry.answer(request).await;
            *response.status_mut() = status;
            response
        }
        Act::Slow(time) => {
            sleep(time).await;
            registry.answer(request).await
        }
        Act::Meet(barrier) => {
            barrier.wait().await;
            registry.answer(request).await
        }
        Act::Held(told) => {
            told.notified().await;
            registry.answer(request).await
        }
        Act::Silent(told) => {
            // Like a registry that goes on when nobody listens any more.
            tokio::spawn(async move {
                let (parts, body) = request.into_parts();
                let body = http_body_util::BodyExt::collect(body).await.unwrap();
                told.notified().await;
                registry.answer(Request::from_parts(parts, body)).await
            });
            std::future::pending().await
        }
        Act::Without(names) => {
            let mut response = registry.answer(request).await;
            names.iter().for_each(|name| drop(response.headers_mut().remove(*name)));
            response
        }
        Act::Pages(names) => {
            let (mut parts, body) = request.into_parts();
            parts.uri = parts.uri.to_string().replace("n=1000", &format!("n={names}")).parse().unwrap();
            registry.answer(Request::from_parts(parts, body)).await
        }
    }
}

/// A word that has been given already.
pub(crate) fn at_once() -> Arc<Notify> {
    let told = Notify::new();
    told.notify_one();
    Arc::new(told)
}

pub(crate) fn own(body: impl Into<hyper::body::Bytes>) -> Body {
    Body::Right(http_body_util::Full::new(body.into()))
}
