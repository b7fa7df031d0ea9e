//! A gateway in front of a registry in memory. A test can spoil the registry's answers, and see what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tagseal::{Component, Policy, Settings};
use tagseal_distribution::body::Body;
use tagseal_distribution::client::RegistryClient;
use tagseal_gateway::{ActivePolicy, ConnectionLimits, Gateway, GatewaySettings, Ledger, Server};
use tokio::sync::{Barrier, Notify};
use tokio::time::sleep;

use crate::image::Image;
use crate::registry::Registry;

/// Tags of `prod` except for `latest` are immutable, those of `free` may be deleted too, and those of `team` are not protected.
pub const POLICY: &str = r#"{"version": 1, "instance": "test", "revision": 7, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest"},
    {"id": 2, "namespace": "free", "preset": "latest", "deletion": "allow"}]}"#;

static COMPONENT: LazyLock<Component> = LazyLock::new(|| Component::embedded(Settings::default()).unwrap());

/// Returns the component.
pub fn component() -> Component {
    COMPONENT.clone()
}

/// Compiles a policy.
///
/// # Panics
///
/// The document is invalid.
#[track_caller]
pub fn policy(document: &str) -> Policy {
    COMPONENT.compile(document).unwrap()
}

/// What the registry does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Carries it out, and answers.
    Pass,
    /// Answers that instead.
    Answer(StatusCode, Vec<(&'static str, String)>, String),
    /// Carries it out, and answers that.
    Spoil(StatusCode),
    /// Carries it out after a while, and answers then.
    Slow(Duration),
    /// Carries it out after a while, though whoever asked may be gone by then, and answers.
    Steady(Duration),
    /// Carries it out once enough requests have come that wait here.
    Meet(Arc<Barrier>),
    /// Carries it out when it is notified, and answers then.
    Held(Arc<Notify>),
    /// Carries it out when it is notified, and never answers.
    Silent(Arc<Notify>),
    /// Answers that at once, and carries it out when it is notified.
    Late(StatusCode, &'static str, Arc<Notify>),
    /// Carries out what the same request asks for at this path.
    Instead(String),
    /// Carries it out, and answers without these headers.
    Without(&'static [&'static str]),
    /// Carries it out in pages of this many names, whatever the request asks for.
    Pages(usize),
}

/// A request that the registry got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
}

type Script = Arc<Mutex<Box<dyn FnMut(&Asked) -> Act + Send>>>;

/// A gateway in front of a registry in memory.
pub struct Stack {
    /// A client of the gateway.
    pub client: Registry,
    /// A client of the registry itself.
    pub behind: Registry,
    /// The gateway.
    pub gateway: Gateway,
    /// The address of the gateway.
    pub address: SocketAddr,
    /// The policy of the gateway.
    pub active_policy: ActivePolicy,
    script: Script,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stack {
    /// Starts a gateway with the usual policy and settings.
    pub async fn new() -> Self {
        Self::with(POLICY, GatewaySettings::default()).await
    }

    /// Starts a gateway that waits only a short time for answers.
    pub async fn impatient() -> Self {
        let (look_up, commit) = (Duration::from_secs(2), Duration::from_secs(1));
        Self::with(POLICY, GatewaySettings::default().with_look_up_timeout(look_up).with_commit_timeout(commit)).await
    }

    /// Starts a gateway with another policy and other settings.
    pub async fn with(document: &str, settings: GatewaySettings) -> Self {
        Self::under(ActivePolicy::new(policy(document)), settings).await
    }

    /// Starts a gateway with a policy that the test can replace.
    pub async fn under(active_policy: ActivePolicy, settings: GatewaySettings) -> Self {
        Self::remembering(active_policy, settings, Ledger::in_memory().await.unwrap()).await
    }

    /// Starts a gateway with a ledger.
    pub async fn remembering(active_policy: ActivePolicy, settings: GatewaySettings, ledger: Ledger) -> Self {
        let script: Script = Arc::new(Mutex::new(Box::new(|_| Act::Pass)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let registry = tagseal_cli::registry::Registry::new();
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
        let upstream = RegistryClient::new(&format!("http://{behind}")).unwrap();
        let gateway = Gateway::new(upstream, active_policy.clone(), ledger, settings);
        let address = guard(&gateway).await;
        let (client, behind) = (Registry::at(address), Registry::at(behind));
        Self { client, behind, gateway, address, active_policy, script, asked }
    }

    /// Starts another gateway in front of the same registry, and returns a client of it.
    pub async fn successor(&self, settings: GatewaySettings, ledger: Ledger) -> Registry {
        self.beside(self.active_policy.clone(), settings, ledger).await
    }

    /// Does the same with a policy of its own.
    pub async fn beside(&self, active_policy: ActivePolicy, settings: GatewaySettings, ledger: Ledger) -> Registry {
        let upstream = RegistryClient::new(&format!("http://{}", self.behind.address)).unwrap();
        let gateway = Gateway::new(upstream, active_policy, ledger, settings);
        Registry::at(guard(&gateway).await)
    }

    /// Returns the address of the registry itself.
    pub fn behind_address(&self) -> String {
        self.behind.address.clone()
    }

    /// Sets what the registry does from now on.
    pub fn script(&self, script: impl FnMut(&Asked) -> Act + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Returns the requests that the registry has got since the last call: `HEAD /v2/prod/app/manifests/v1`.
    pub fn asked(&self) -> Vec<String> {
        self.asked_in_full().into_iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    /// Waits until the registry has been asked to store a manifest.
    pub async fn is_put(&self) {
        while !self.asked().iter().any(|asked| asked.starts_with("PUT /v2/") && asked.contains("/manifests/")) {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Checks through a gateway that a tag `v1`, of which a push is open, takes no other image: neither before the registry
    /// carries that push out, nor after.
    ///
    /// # Panics
    ///
    /// It takes another image, or says something else about it.
    pub async fn check_late_push(
        &self,
        client: &Registry,
        repository: &str,
        late: &Notify,
        [first, other]: [&Image; 2],
    ) {
        let refused = client.put(repository, "v1", other).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE");
        assert!(refused.message().contains(&first.digest()), "{}", refused.message());
        late.notify_one();
        while self.behind.resolve(repository, "v1").await != first.digest() {
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(client.put(repository, "v1", other).await.refusal(), "409 DENIED");
    }

    /// Returns the requests that the registry has got since the last call, with their headers.
    pub fn asked_in_full(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Makes a gateway with the usual policy, in front of a registry.
pub async fn plain_gateway(upstream: RegistryClient, document: &str) -> Gateway {
    let ledger = Ledger::in_memory().await.unwrap();
    Gateway::new(upstream, ActivePolicy::new(policy(document)), ledger, GatewaySettings::default())
}

/// Serves a gateway on a free port.
pub async fn guard(gateway: &Gateway) -> SocketAddr {
    guard_within(gateway, ConnectionLimits::default()).await
}

/// Serves a gateway on a free port, within limits of its connections.
pub async fn guard_within(gateway: &Gateway, limits: ConnectionLimits) -> SocketAddr {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap().with_limits(limits);
    let (address, gateway) = (server.address().unwrap(), gateway.clone());
    let answer = move |request, peer| {
        let gateway = gateway.clone();
        async move { gateway.answer(request, peer).await }
    };
    tokio::spawn(server.run(answer, std::future::pending()));
    address
}

/// Serves answers on a free port.
pub async fn serve<A, F>(answer: A) -> SocketAddr
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run(move |request, _| answer(request), std::future::pending()));
    address
}

async fn answer(registry: tagseal_cli::registry::Registry, request: Request<Incoming>, act: Act) -> Response<Body> {
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
        Act::Steady(time) => {
            let (parts, body) = request.into_parts();
            let Ok(body) = http_body_util::BodyExt::collect(body).await else { return Response::new(own("cut off")) };
            let work = tokio::spawn(async move {
                sleep(time).await;
                registry.answer(Request::from_parts(parts, body)).await
            });
            work.await.unwrap()
        }
        Act::Meet(barrier) => {
            barrier.wait().await;
            registry.answer(request).await
        }
        Act::Held(notify) => {
            notify.notified().await;
            registry.answer(request).await
        }
        Act::Silent(notify) => {
            // Like a registry that continues when its client is gone.
            tokio::spawn(async move {
                let (parts, body) = request.into_parts();
                let body = http_body_util::BodyExt::collect(body).await.unwrap();
                notify.notified().await;
                registry.answer(Request::from_parts(parts, body)).await
            });
            std::future::pending().await
        }
        Act::Late(status, body, notify) => {
            let (parts, content) = request.into_parts();
            let content = http_body_util::BodyExt::collect(content).await.unwrap();
            tokio::spawn(async move {
                notify.notified().await;
                registry.answer(Request::from_parts(parts, content)).await
            });
            let mut response = Response::new(own(body));
            *response.status_mut() = status;
            response
        }
        Act::Instead(path) => {
            let (mut parts, body) = request.into_parts();
            parts.uri = path.parse().unwrap();
            registry.answer(Request::from_parts(parts, body)).await
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

/// Returns a notification that was sent already.
pub fn at_once() -> Arc<Notify> {
    let notify = Notify::new();
    notify.notify_one();
    Arc::new(notify)
}

/// Makes a body of these bytes.
pub fn own(body: impl Into<hyper::body::Bytes>) -> Body {
    tagseal_distribution::body::full(body)
}
