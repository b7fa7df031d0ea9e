//! Traces of requests, sent to a collector by OTLP over HTTP.
//!
//! They are sent by a thread of their own, in batches. Where it can't keep up, spans are thrown away: nothing waits for it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hyper::Uri;
use hyper::body::Bytes;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tagseal_distribution::body::full;
use tagseal_distribution::client::{NoAnswer, RegistryClient, read};
use tokio::runtime::{Builder, Runtime};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use super::fault::Fault;

/// Where collectors take traces, if the address does not say it.
const USUAL_PATH: &str = "/v1/traces";
/// How long a collector may take for a batch.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last batch may take when the gateway ends.
const LAST_TIMEOUT: Duration = Duration::from_secs(3);
/// The greatest length of an answer that is read.
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// The time between two lines of the log about batches that could not be sent.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);
/// The library whose spans are sent.
const SOURCE: &str = "tagseal_gateway";

/// The address of a collector of traces.
#[derive(Clone, Debug)]
pub(crate) struct TraceEndpoint {
    client: RegistryClient,
    url: String,
}

impl TraceEndpoint {
    /// Reads an address: `http://HOST:PORT`, perhaps with a path.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| "it is not a URL; write `http://HOST:4318`".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("it starts with neither `http://` nor `https://`; write `http://HOST:4318`".to_owned());
        };
        let origin = format!("{scheme}://{authority}");
        let client = RegistryClient::new(&origin).map_err(|error| error.to_string())?;
        let path = if uri.path() == "/" { USUAL_PATH } else { uri.path() };
        Ok(Self { client, url: format!("{origin}{path}") })
    }
}

/// Traces that are being sent. The last of them are sent when this is dropped.
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts the thread that sends them.
    pub(crate) fn start(endpoint: &TraceEndpoint) -> Result<Self, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::usage(format!("traces can't be sent: {error}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        let sender = Sender { client: endpoint.client.clone(), runtime, reported: Mutex::default() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(sender)
            .with_endpoint(&endpoint.url)
            .build()
            .map_err(|error| failed(&error))?;
        let resource = Resource::builder()
            .with_service_name("tagseal")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self(provider))
    }

    /// Returns what takes the gateway's spans, and no others.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let is_own = filter_fn(|it| it.is_span() && *it.level() <= Level::INFO && it.target().starts_with(SOURCE));
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("tagseal"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(is_own.with_max_level_hint(LevelFilter::INFO))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST_TIMEOUT) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Sends batches, each on the thread that makes them.
#[derive(Debug)]
struct Sender {
    client: RegistryClient,
    runtime: Runtime,
    reported: Mutex<Option<Instant>>,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.block_on(self.send(request));
        match &sent {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => self.report(&format!("the collector answered {}", answer.status())),
            Err(error) => self.report(error),
        }
        Ok(sent?)
    }
}

impl Sender {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (parts, body) = request.into_parts();
        let send = || {
            let (method, headers) = (parts.method.clone(), parts.headers.clone());
            self.client.send(method, parts.uri.path(), headers, full(body.clone()), Some(SEND_TIMEOUT))
        };
        let answer = match send().await {
            // An old connection may have been closed just then.
            Err(NoAnswer::Lost(_)) => send().await,
            answer => answer,
        };
        let (parts, body) = answer.map_err(|error| error.to_string().replace("registry", "collector"))?.into_parts();
        let content = read(body, MAX_ANSWER_BYTES, SEND_TIMEOUT).await.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(parts, content.bytes.into()))
    }

    /// Logs why a batch is lost, but not each time.
    fn report(&self, error: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.is_none_or(|reported| reported.elapsed() >= REPORT_INTERVAL) {
            *reported = Some(Instant::now());
            tracing::warn!(error, "traces are lost, since they can't be sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_collector_may_have_a_path() {
        let table = [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("http://collector:4318/", "http://collector:4318/v1/traces"),
            ("http://collector/otlp/v1/traces", "http://collector/otlp/v1/traces"),
        ];
        for (text, url) in table {
            assert_eq!(TraceEndpoint::parse(text).map(|endpoint| endpoint.url).as_deref(), Ok(url), "{text}");
        }
        for text in ["", "collector:4318", "collector", "ftp://collector", "http://user:secret@collector"] {
            assert!(TraceEndpoint::parse(text).is_err(), "{text}");
        }
    }
}
