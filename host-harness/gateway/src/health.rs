//! Whether a gateway lives, and whether it can serve: each part of it has a state of its own.

use std::fmt;
use std::time::Duration;

use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::sleep;

use super::measurement;
use tagseal_distribution::body::{Body, full};
use tagseal_distribution::client::{Reached, RegistryClient};

/// The path that says whether the process lives.
const LIVE: &str = "/tagseal/livez";
/// The path that says whether it can serve.
const READY: &str = "/tagseal/readyz";
/// The path of the metrics.
const METRICS: &str = "/metrics";
/// The media type of Prometheus' text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The time between two questions to the registry.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// How well a part of a gateway does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should.
    Fine,
    /// Reads are served, but something needs a person.
    Degraded,
    /// Not even reads can be served.
    Failed,
}

/// The state of a part, and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartHealth {
    /// Its state.
    pub state: State,
    /// What a person should know: the revision of the policy, or why the registry does not answer.
    pub detail: String,
}

impl PartHealth {
    /// A part that works.
    pub fn fine(detail: impl Into<String>) -> Self {
        Self { state: State::Fine, detail: detail.into() }
    }

    /// A part that needs a person.
    pub fn degraded(detail: impl Into<String>) -> Self {
        Self { state: State::Degraded, detail: detail.into() }
    }

    /// A part without which nothing can be served.
    pub fn failed(detail: impl Into<String>) -> Self {
        Self { state: State::Failed, detail: detail.into() }
    }
}

type Look = Box<dyn Fn() -> PartHealth + Send + Sync>;

/// The health of a gateway, and its metrics, for a listener of their own. They are open to whoever reaches that listener.
#[derive(Default)]
pub struct Health {
    parts: Vec<(&'static str, Look)>,
    metrics: Option<Box<dyn Fn() -> String + Send + Sync>>,
}

/// What `/tagseal/readyz` answers.
#[derive(Serialize)]
struct Report<'a> {
    ready: bool,
    parts: Vec<NamedPart<'a>>,
}

#[derive(Serialize)]
struct NamedPart<'a> {
    name: &'a str,
    #[serde(flatten)]
    health: PartHealth,
}

impl Health {
    /// Adds a part. The function is called for each question, and must be quick.
    #[must_use]
    pub fn with_part(mut self, name: &'static str, look: impl Fn() -> PartHealth + Send + Sync + 'static) -> Self {
        self.parts.push((name, Box::new(look)));
        self
    }

    /// Adds what writes the metrics, in Prometheus' text format.
    #[must_use]
    pub fn with_metrics(self, write: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { metrics: Some(Box::new(write)), ..self }
    }

    /// Adds the registry, which is asked every five seconds from now on.
    #[must_use]
    pub fn with_registry(self, registry: watch::Receiver<PartHealth>) -> Self {
        self.with_part("registry", move || registry.borrow().clone())
    }

    /// Answers a request.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        match (request.uri().path(), &self.metrics) {
            (LIVE | READY | METRICS, _) if !is_read => refused(StatusCode::METHOD_NOT_ALLOWED),
            (LIVE, _) => json(StatusCode::OK, "{\"live\":true}".to_owned()),
            (READY, _) => self.ready(request.uri().query() == Some("strict")),
            (METRICS, Some(metrics)) => with_type(StatusCode::OK, metrics(), METRICS_TYPE),
            _ => refused(StatusCode::NOT_FOUND),
        }
    }

    fn ready(&self, is_strict: bool) -> Response<Body> {
        let parts: Vec<_> = self.parts.iter().map(|(name, look)| NamedPart { name, health: look() }).collect();
        let ready = parts.iter().all(|part| match part.health.state {
            State::Fine => true,
            State::Degraded => !is_strict,
            State::Failed => false,
        });
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        // Text and words can always be written.
        json(status, serde_json::to_string(&Report { ready, parts }).unwrap_or_default())
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.parts.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

/// Asks the registry every five seconds whether it answers, for as long as somebody wants to know.
pub fn follow_registry(registry: RegistryClient) -> watch::Receiver<PartHealth> {
    let (seen, health) = watch::channel(PartHealth::fine("not asked yet"));
    tokio::spawn(async move {
        loop {
            let part = match registry.check().await {
                Reached::Registry => PartHealth::fine(format!("{} answers", registry.host())),
                Reached::Nothing(why) | Reached::Other(why) => PartHealth::failed(why),
            };
            measurement::registry(part.state == State::Fine);
            if seen.send(part).is_err() {
                return;
            }
            sleep(CHECK_INTERVAL).await;
        }
    });
    health
}

fn json(status: StatusCode, mut text: String) -> Response<Body> {
    text.push('\n');
    with_type(status, text, "application/json")
}

fn refused(status: StatusCode) -> Response<Body> {
    let text = format!("there are {LIVE}, {READY}, {READY}?strict and {METRICS} here, to read\n");
    let mut response = with_type(status, text, "text/plain; charset=utf-8");
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

fn with_type(status: StatusCode, text: String, media_type: &'static str) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::sync::{Arc, Mutex};

    async fn ask(health: &Health, method: Method, path: &str) -> (u16, String) {
        let answer = health.answer(&Request::builder().method(method).uri(path).body(()).unwrap());
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_gateway_is_ready_unless_a_part_has_failed() {
        let part = Arc::new(Mutex::new(PartHealth::fine("revision 7")));
        let seen = Arc::clone(&part);
        let health = Health::default().with_part("policy", move || seen.lock().unwrap().clone());
        let table = [
            (PartHealth::fine("revision 7"), 200, 200),
            (PartHealth::degraded("the file is invalid"), 200, 503),
            (PartHealth::failed("no answer"), 503, 503),
        ];
        for (state, ready, strict) in table {
            *part.lock().unwrap() = state.clone();
            let (status, text) = ask(&health, Method::GET, READY).await;
            assert_eq!(status, ready, "{text}");
            assert!(text.contains("\"name\":\"policy\"") && text.contains(&state.detail), "{text}");
            assert_eq!(ask(&health, Method::GET, "/tagseal/readyz?strict").await.0, strict, "{text}");
            assert_eq!(ask(&health, Method::GET, LIVE).await, (200, "{\"live\":true}\n".to_owned()));
        }
    }

    #[tokio::test]
    async fn nothing_else_is_there_and_nothing_can_be_written() {
        let health = Health::default();
        assert_eq!(ask(&health, Method::GET, METRICS).await.0, 404, "nobody writes metrics");
        let health = health.with_metrics(|| "a 1\n".to_owned());
        assert_eq!(ask(&health, Method::GET, METRICS).await, (200, "a 1\n".to_owned()));
        for path in [LIVE, READY, METRICS] {
            assert_eq!(ask(&health, Method::POST, path).await.0, 405, "{path}");
            assert_eq!(ask(&health, Method::HEAD, path).await.0, 200, "{path}");
        }
        for path in ["/", "/v2/", "/tagseal/v1/rules", "/metrics/", "/tagseal/livez/x"] {
            assert_eq!(ask(&health, Method::GET, path).await.0, 404, "{path}");
        }
    }
}
