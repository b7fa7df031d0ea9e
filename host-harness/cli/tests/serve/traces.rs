//! `tagseal serve --trace-endpoint`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::{Method, Request};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack, own, serve};

type Spans = Arc<Mutex<Vec<Span>>>;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Starts a collector, and returns its address and what it gets.
async fn collector() -> (String, Spans) {
    let spans = Spans::default();
    let kept = Arc::clone(&spans);
    let address = serve(move |request: Request<hyper::body::Incoming>| {
        let kept = Arc::clone(&kept);
        async move {
            assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v1/traces"));
            assert_eq!(request.headers()["content-type"], "application/x-protobuf");
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let batch = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = batch.resource_spans.into_iter().flat_map(|it| it.scope_spans);
            kept.lock().unwrap().extend(scopes.flat_map(|it| it.spans));
            hyper::Response::new(own(""))
        }
    })
    .await;
    (format!("http://{address}"), spans)
}

/// Returns an attribute of a span as text, or an empty text.
fn attribute(span: &Span, name: &str) -> String {
    let value = span.attributes.iter().find(|it| it.key == name).and_then(|it| it.value.clone()?.value);
    match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        None => String::new(),
        other => panic!("{name}: {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn put(client: &Registry, image: &Image) -> u16 {
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("content-type", image.media_type), ("x-request-id", "build-7"), ("traceparent", &*parent)];
    client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_one_trace_from_the_client_to_the_registry() {
    let (stack, folder, (collector, spans)) = (Stack::new().await, Folder::new(), collector().await);
    let (policy, upstream) = (folder.file("policy.json", POLICY), format!("http://{}", stack.behind_address()));
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &["--trace-endpoint", &collector]);
    let client = Registry::at(address);
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    client.upload("prod/app", &first).await;
    client.upload("prod/app", &other).await;
    stack.asked();
    assert_eq!(put(&client, &first).await, 201);
    let asked = stack.asked_in_full();
    assert_eq!(put(&client, &other).await, 409);
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("url.path"), "the log has no spans: {log}");

    let spans = spans.lock().unwrap().clone();
    let trace: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let requests: Vec<_> = trace.iter().filter(|span| span.name == "request").collect();
    let [pushed, refused] = requests.as_slice() else { panic!("{trace:?}") };
    for (span, status, outcome, code) in
        [(pushed, "201", "answered", "first-push"), (refused, "409", "denied", "immutable")]
    {
        assert_eq!(hex(&span.parent_span_id), PARENT);
        let expected = [
            ("tagseal.request_id", "build-7"),
            ("tagseal.repository", "prod/app"),
            ("tagseal.reference", "v1"),
            ("tagseal.outcome", outcome),
            ("tagseal.code", code),
            ("tagseal.rule", "1"),
            ("http.request.method", "PUT"),
            ("http.response.status_code", status),
            ("url.path", "/v2/prod/app/manifests/v1"),
            ("client.address", "127.0.0.1"),
        ];
        for (name, value) in expected {
            assert_eq!(attribute(span, name), value, "{name} of {span:?}");
        }
    }
    let names = |parent: &Span| {
        let children = trace.iter().filter(|span| span.parent_span_id == parent.span_id);
        let mut names: Vec<_> = children.map(|span| span.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    assert_eq!(names(pushed), ["claim", "forward", "look-up"]);
    assert!(names(refused).contains(&"look-up") && !names(refused).contains(&"forward"), "{trace:?}");
    // The registry continues at the very span that asks it.
    assert!(!asked.is_empty());
    for asked in asked {
        let parent = asked.headers["traceparent"].to_str().unwrap().to_owned();
        let at = trace.iter().find(|span| parent == format!("00-{TRACE}-{}-01", hex(&span.span_id)));
        let name = if asked.method == Method::PUT { "forward" } else { "look-up" };
        assert_eq!(at.map(|span| span.name.as_str()), Some(name), "{} {} {parent}", asked.method, asked.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_delays_no_request_and_not_the_end() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, upstream) = (folder.file("policy.json", POLICY), format!("http://{}", stack.behind_address()));
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &["--trace-endpoint", &endpoint]);
    let client = Registry::at(address);
    // More spans than the queue has places.
    let begun = Instant::now();
    for _ in 0..3000 {
        assert_eq!(client.get("/v2/").await.status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let begun = Instant::now();
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_the_clients_trace_goes_to_the_registry_as_it_is() {
    let stack = Stack::new().await;
    let image = Image::oci("first");
    stack.client.upload("prod/app", &image).await;
    stack.asked();
    assert_eq!(put(&stack.client, &image).await, 201);
    let asked = stack.asked_in_full();
    let pushed = asked.iter().find(|asked| asked.method == Method::PUT).unwrap();
    assert_eq!(pushed.headers["traceparent"], format!("00-{TRACE}-{PARENT}-01"));
}
