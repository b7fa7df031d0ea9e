//! Clients that are slow, silent or many: they get no more than their share, and nobody waits for them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::pace::MinRate;
use tagseal_gateway::{ActivePolicy, ConnectionLimits, Gateway, GatewaySettings, Ledger};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack};

const SHORT: MinRate =
    MinRate { bytes_per_second: 1000, window: Duration::from_secs(1), first_byte: Duration::from_millis(300) };

fn limits() -> ConnectionLimits {
    let short = Duration::from_millis(300);
    ConnectionLimits::default()
        .with_first_byte_timeout(short)
        .with_head_timeout(short)
        .with_idle_timeout(short)
        .with_min_rate(SHORT)
}

async fn gateway(upstream: RegistryClient, settings: GatewaySettings) -> Gateway {
    let ledger = Ledger::in_memory().await.unwrap();
    Gateway::new(upstream, ActivePolicy::new(stack::policy(POLICY)), ledger, settings)
}

/// Sends bytes, and returns what comes back until the connection is closed.
async fn ended(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the connection is closed");
    String::from_utf8(answer).unwrap()
}

/// H4: room for a manifest is taken when its bytes come, not when they are announced.
#[tokio::test]
async fn h4_manifests_that_are_announced_and_never_sent_delay_nobody() {
    let settings = GatewaySettings::default().with_max_manifest_bytes(8 << 20);
    let stack = Stack::with(POLICY, settings).await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let mut silent = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(stack.address).await.unwrap();
        let head =
            format!("PUT /v2/prod/app/manifests/s{number} HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    sleep(Duration::from_millis(100)).await;
    let begin = Instant::now();
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn h4_manifests_that_were_sent_in_part_make_room_for_others() {
    let settings = GatewaySettings::default().with_max_manifest_bytes(8 << 20);
    let stack = Stack::with(POLICY, settings).await;
    let image = Image::oci("a").with("annotations", serde_json::json!({"a": "a".repeat(1 << 20)}));
    stack.client.upload("prod/app", &image).await;
    let mut silent = Vec::new();
    for number in 0..3 {
        let mut stream = TcpStream::connect(stack.address).await.unwrap();
        let head =
            format!("PUT /v2/prod/app/manifests/s{number} HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'x'; 3_900_000]).await.unwrap();
        silent.push(stream);
    }
    sleep(Duration::from_millis(300)).await;
    let begin = Instant::now();
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn m4_who_sends_nothing_or_a_trickle_is_ended() {
    let stack = Stack::with(POLICY, GatewaySettings::default().with_min_rate(SHORT)).await;
    let address = stack::guard_within(&stack.gateway, limits()).await;
    assert_eq!(ended(address, "").await, "", "no first byte");
    assert_eq!(ended(address, "GET /v2/ HTTP/1.1\r\nHost").await, "", "half a head");
    let idle = ended(address, "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(idle.starts_with("HTTP/1.1 200"), "no second request: {idle}");
    let head = |target: &str| format!("{target} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
    let manifest = ended(address, &head("PUT /v2/prod/app/manifests/v1")).await;
    assert!(manifest.starts_with("HTTP/1.1 408"), "{manifest}");
    assert!(manifest.contains("too slowly"), "{manifest}");
    let begun = stack.client.ask(hyper::Method::POST, "/v2/prod/app/blobs/uploads/", &[], b"").await;
    let place = begun.header("location").to_owned();
    let upload = ended(address, &head(&format!("PATCH {place}"))).await;
    assert!(upload.starts_with("HTTP/1.1 408"), "{upload}");

    let mut trickle = TcpStream::connect(address).await.unwrap();
    trickle.write_all(head(&format!("PATCH {place}")).as_bytes()).await.unwrap();
    let begin = Instant::now();
    while trickle.write_all(b"x").await.is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(10), "a trickle is never ended");
        sleep(Duration::from_millis(50)).await;
    }
}

/// H8 and M4: an answer that nobody takes ends.
#[tokio::test]
async fn m4_who_takes_nothing_of_an_answer_is_ended() {
    let stack = Stack::new().await;
    let large = vec![7; 32 << 20];
    let image = Image { blobs: vec![large.clone()], ..Image::oci("a") };
    stack.client.upload("prod/app", &image).await;
    let address = stack::guard_within(&stack.gateway, limits()).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    let blob = tagseal_test_support::image::sha256(&large);
    let request = format!("GET /v2/prod/app/blobs/{blob} HTTP/1.1\r\nHost: x\r\n\r\n");
    slow.write_all(request.as_bytes()).await.unwrap();
    sleep(Duration::from_secs(3)).await;
    let mut taken = Vec::new();
    let _ = timeout(Duration::from_secs(10), slow.read_to_end(&mut taken)).await.expect("it ended");
    assert!(taken.len() < large.len(), "{}", taken.len());
}

/// H7: more connections than there are places.
#[tokio::test]
async fn h7_silent_connections_keep_no_place_from_others() {
    let stack = Stack::new().await;
    let limits = ConnectionLimits::default().with_max_connections(8);
    let address = stack::guard_within(&stack.gateway, limits).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    sleep(Duration::from_millis(100)).await;
    let mut surplus = TcpStream::connect(address).await.unwrap();
    let closed = timeout(Duration::from_secs(1), surplus.read(&mut [0; 1])).await.expect("it is closed at once");
    assert!(matches!(closed, Ok(0) | Err(_)));

    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut elsewhere = elsewhere.connect(address).await.unwrap();
    elsewhere.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(Duration::from_secs(2), elsewhere.read_exact(&mut answer)).await.expect("another address").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    sleep(Duration::from_millis(1100)).await;
    assert_eq!(Registry::at(address).get("/v2/").await.status, 200, "a silent one leaves");
}

/// H8: the head of a request has at most 64 KiB.
#[tokio::test]
async fn h8_a_head_of_more_than_64_kib_is_refused() {
    let stack = Stack::new().await;
    let mut stream = TcpStream::connect(stack.address).await.unwrap();
    let line = format!("X-A: {}\r\n", "a".repeat(1000));
    let head = format!("GET /v2/ HTTP/1.1\r\nHost: x\r\n{}", line.repeat(80));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = [0; 12];
    let read = timeout(Duration::from_secs(2), stream.read_exact(&mut answer)).await.expect("it is refused");
    // The system may have thrown the answer away, since not all of the head was read.
    assert!(read.is_err() || &answer == b"HTTP/1.1 431");
}

/// M2: the registry closes each connection after its answer, and does not say so.
#[tokio::test(flavor = "multi_thread")]
async fn m2_a_write_never_goes_out_on_a_connection_that_is_about_to_close() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = RegistryClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let behind = stack.behind.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer_once(stream, behind.clone()));
        }
    });
    let gateway = gateway(upstream, GatewaySettings::default()).await;
    let client = Registry::at(stack::guard(&gateway).await);
    for number in 0..60 {
        let pushed = client.put("prod/app", &format!("v{number}"), &image).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
    }
}

/// Answers one request by what another server answers, and closes the connection a moment later.
async fn answer_once(stream: TcpStream, behind: Registry) {
    let (answered, mut wait) = mpsc::channel(1);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (answered, behind) = (answered.clone(), behind.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
            let path = parts.uri.path_and_query().unwrap().to_string();
            let accept = parts.headers.get_all("accept").iter().chain(parts.headers.get("content-type"));
            let headers: Vec<_> = accept
                .map(|value| (if parts.method == "PUT" { "content-type" } else { "accept" }, value.to_str().unwrap()))
                .collect();
            let answer = behind.ask(parts.method, &path, &headers, &body).await;
            let mut response = hyper::Response::new(stack::own(answer.body));
            (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
            answered.try_send(()).unwrap();
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {}
        () = async { wait.recv().await; sleep(Duration::from_millis(3)).await } => {}
    }
}

/// M3: an answer to a write whose body never ends.
#[tokio::test]
async fn m3_an_answer_that_never_ends_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = RegistryClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n").await;
                while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
                    sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    let settings = GatewaySettings::default().with_commit_timeout(Duration::from_secs(1));
    let gateway = gateway(upstream, settings).await;
    let address = stack::guard(&gateway).await;
    let image = Image::oci("a");
    let length = image.bytes.len();
    let body = String::from_utf8(image.bytes).unwrap();
    let push =
        format!("PUT /v2/prod/app/manifests/latest HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
    let answer = ended(address, &push).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// A connection that waits for a slow registry is not one of a slow client.
#[tokio::test]
async fn a_client_may_wait_for_a_slow_registry() {
    let stack = Stack::with(POLICY, GatewaySettings::default().with_min_rate(SHORT)).await;
    let address = stack::guard_within(&stack.gateway, limits()).await;
    stack.script(|_| Act::Slow(Duration::from_millis(1500)));
    assert_eq!(Registry::at(address).get("/v2/").await.status, 200);
}
