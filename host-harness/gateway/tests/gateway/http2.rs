//! Clients with HTTP/2: they get what others get, and what one connection can hold is bounded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use h2::client::{Builder, SendRequest};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tagseal_distribution::pace::MinRate;
use tagseal_gateway::{ConnectionLimits, GatewaySettings};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use tagseal_test_support::image::{Image, sha256};
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack};

type Http2Client = Client<HttpConnector, Full<Bytes>>;

fn client() -> Http2Client {
    Client::builder(TokioExecutor::new()).http2_only(true).build_http()
}

async fn ask(client: &Http2Client, address: SocketAddr, method: Method, path: &str, image: &Image) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(format!("http://{address}{path}"));
    let request = request.header("content-type", image.media_type).header("accept", image.media_type);
    let answer = client.request(request.body(Full::new(Bytes::from(image.bytes.clone()))).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// Makes a connection by hand. What drives it returns how it ended.
async fn connect(stream: TcpStream, builder: &Builder) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let (sender, connection) = builder.handshake::<_, Bytes>(stream).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn get(address: SocketAddr, path: &str) -> Request<()> {
    Request::get(format!("http://{address}{path}")).body(()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_refusals_and_reads_are_as_with_http1() {
    let stack = Stack::new().await;
    let blob = vec![7; 3 << 20];
    let image = Image { blobs: vec![blob.clone()], ..Image::oci("first") };
    stack.client.upload("prod/app", &Image::oci("first")).await;
    stack.client.upload("prod/app", &image).await;
    stack.client.upload("prod/app", &Image::oci("other")).await;
    let (client, path) = (client(), "/v2/prod/app/manifests/v1");
    let pushed = ask(&client, stack.address, Method::PUT, path, &Image::oci("first")).await;
    assert_eq!((pushed.status(), pushed.version()), (StatusCode::CREATED, Version::HTTP_2), "{pushed:?}");
    let refused = ask(&client, stack.address, Method::PUT, path, &Image::oci("other")).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT, "{refused:?}");
    assert!(String::from_utf8_lossy(refused.body()).contains("cannot be overwritten"), "{refused:?}");
    let head = ask(&client, stack.address, Method::HEAD, path, &image).await;
    let digest = Image::oci("first").digest();
    assert!(head.status() == StatusCode::OK && head.headers()["docker-content-digest"] == digest, "{head:?}");
    assert!(head.body().is_empty());
    // The gateway's own refusal of a HEAD has no body either.
    let head = ask(&client, stack.address, Method::HEAD, "/tagseal/v1/rules", &image).await;
    assert_eq!((head.status(), head.body().len()), (StatusCode::NOT_FOUND, 0), "{head:?}");
    assert_ne!(head.headers()["content-length"], "0");
    let read = ask(&client, stack.address, Method::GET, &format!("/v2/prod/app/blobs/{}", sha256(&blob)), &image).await;
    assert!(read.status() == StatusCode::OK && read.body() == &blob, "{} {}", read.status(), read.body().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pushes_at_one_time_on_one_connection_have_one_winner() {
    let stack = Stack::new().await;
    let images: Vec<_> = (0..32).map(|number| Image::oci(&number.to_string())).collect();
    for image in &images {
        stack.client.upload("prod/app", image).await;
    }
    let client = client();
    let address = stack.address;
    let pushes: Vec<_> = images
        .into_iter()
        .map(|image| {
            let client = client.clone();
            tokio::spawn(async move { ask(&client, address, Method::PUT, "/v2/prod/app/manifests/v1", &image).await })
        })
        .collect();
    let (mut won, mut lost) = (0, 0);
    for push in pushes {
        match push.await.unwrap().status() {
            StatusCode::CREATED => won += 1,
            StatusCode::CONFLICT => lost += 1,
            status => panic!("{status}"),
        }
    }
    assert_eq!((won, lost), (1, 31));
}

/// CVE-2023-44487: requests that are begun only to be given up.
#[tokio::test(flavor = "multi_thread")]
async fn who_begins_requests_only_to_give_them_up_is_ended() {
    let stack = Stack::new().await;
    // The registry is at work on each when it is given up.
    stack.script(|_| Act::Slow(Duration::from_millis(500)));
    let stream = TcpStream::connect(stack.address).await.unwrap();
    let (mut sender, driven) = connect(stream, &Builder::new()).await;
    let mut begun = 0;
    while begun < 5000 {
        let Ok(ready) = sender.clone().ready().await else { break };
        sender = ready;
        let Ok((_answer, mut stream)) = sender.send_request(get(stack.address, "/v2/"), true) else { break };
        begun += 1;
        // Let it reach the registry, so that it is more than a frame.
        sleep(Duration::from_millis(1)).await;
        stream.send_reset(h2::Reason::CANCEL);
    }
    assert!(begun < 1000, "{begun} requests were begun and given up");
    assert!(timeout(Duration::from_secs(2), driven).await.is_ok(), "the connection has ended");
    stack.script(|_| Act::Pass);
    assert_eq!(stack.client.get("/v2/").await.status, 200, "others are served");
}

/// Frames alone: the requests are given up before the gateway sees them.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_and_resets_is_ended() {
    let stack = Stack::new().await;
    let stream = TcpStream::connect(stack.address).await.unwrap();
    let (mut sender, driven) = connect(stream, &Builder::new()).await;
    for _ in 0..20_000 {
        let Ok(ready) = sender.clone().ready().await else { break };
        sender = ready;
        let Ok((_answer, mut stream)) = sender.send_request(get(stack.address, "/v2/"), true) else { break };
        stream.send_reset(h2::Reason::CANCEL);
    }
    assert!(timeout(Duration::from_secs(5), driven).await.is_ok(), "the connection has ended");
    assert!(stack.asked().len() < 5000);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_no_window_for_an_answer_is_ended() {
    const SHORT: MinRate =
        MinRate { bytes_per_second: 100_000, window: Duration::from_secs(1), first_byte: Duration::from_millis(300) };
    let stack = Stack::new().await;
    let large = vec![7; 4 << 20];
    let image = Image { blobs: vec![large.clone()], ..Image::oci("a") };
    stack.client.upload("prod/app", &image).await;
    let address = stack::guard_within(&stack.gateway, ConnectionLimits::default().with_min_rate(SHORT)).await;
    let path = format!("/v2/prod/app/blobs/{}", sha256(&large));
    for window in [0, 10_000] {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, driven) = connect(stream, Builder::new().initial_window_size(window)).await;
        let mut sender = sender.ready().await.unwrap();
        let (answer, _) = sender.send_request(get(address, &path), true).unwrap();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let begin = Instant::now();
        timeout(Duration::from_secs(5), driven).await.expect("the connection has ended").ok();
        assert!(begin.elapsed() > Duration::from_millis(800), "not before the time is over: {:?}", begin.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_of_a_connection_takes_a_place() {
    let stack = Stack::new().await;
    let go_on = Arc::new(Notify::new());
    let held = Arc::clone(&go_on);
    stack.script(move |_| Act::Held(Arc::clone(&held)));
    let limits = ConnectionLimits::default().with_max_connections(4);
    let address = stack::guard_within(&stack.gateway, limits).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, driven) = connect(stream, &Builder::new()).await;
    let mut sender = sender.ready().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(sender.send_request(get(address, "/v2/"), true).unwrap().0);
    }
    sleep(Duration::from_millis(200)).await;
    let (surplus, _) = sender.send_request(get(address, "/v2/"), true).unwrap();
    let refused = timeout(Duration::from_secs(2), surplus).await.expect("it does not wait").unwrap();
    assert!(refused.status() == 503 && refused.headers()["retry-after"] == "1", "{refused:?}");
    assert!(refused.headers().contains_key("x-request-id"), "{refused:?}");
    for _ in 0..4 {
        go_on.notify_one();
    }
    for answer in held {
        assert_eq!(timeout(Duration::from_secs(2), answer).await.expect("an answer").unwrap().status(), 200);
    }
    // An address with fewer displaces one that has all places.
    let _held: Vec<_> = (0..4).map(|_| sender.send_request(get(address, "/v2/"), true).unwrap().0).collect();
    sleep(Duration::from_millis(200)).await;
    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let elsewhere = elsewhere.connect(address).await.unwrap();
    let (sender, _) = connect(elsewhere, &Builder::new()).await;
    let (answer, _) = sender.ready().await.unwrap().send_request(get(address, "/v2/"), true).unwrap();
    timeout(Duration::from_secs(2), driven).await.expect("it is displaced").ok();
    stack.script(|_| Act::Pass);
    (0..8).for_each(|_| go_on.notify_one());
    sleep(Duration::from_millis(50)).await;
    go_on.notify_waiters();
    assert_eq!(timeout(Duration::from_secs(5), answer).await.expect("an answer").unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_more_than_64_kib_is_refused_and_the_next_request_is_served() {
    let stack = Stack::new().await;
    let stream = TcpStream::connect(stack.address).await.unwrap();
    let (sender, _driven) = connect(stream, &Builder::new()).await;
    let mut sender = sender.ready().await.unwrap();
    let mut large = get(stack.address, "/v2/");
    for number in 0..80 {
        large.headers_mut().insert(
            hyper::header::HeaderName::try_from(format!("x-{number}")).unwrap(),
            hyper::header::HeaderValue::try_from("a".repeat(1000)).unwrap(),
        );
    }
    let (answer, _) = sender.send_request(large, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let (answer, _) = sender.ready().await.unwrap().send_request(get(stack.address, "/v2/"), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), StatusCode::OK);
}

/// What keeps a connection alive is a request. Other frames are not, and neither are they the head of one.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_requests_ends_in_good_order() {
    let stack = Stack::with(POLICY, GatewaySettings::default()).await;
    let limits = ConnectionLimits::default()
        .with_head_timeout(Duration::from_millis(400))
        .with_idle_timeout(Duration::from_millis(1500));
    let address = stack::guard_within(&stack.gateway, limits).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, mut connection) = Builder::new().handshake::<_, Bytes>(stream).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let driven = tokio::spawn(connection);
    let mut sender = sender.ready().await.unwrap();
    let (answer, _) = sender.send_request(get(address, "/v2/"), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), StatusCode::OK);
    let begin = Instant::now();
    while pings.ping(h2::Ping::opaque()).await.is_ok() && begin.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(100)).await;
    }
    assert!((1000..4000).contains(&begin.elapsed().as_millis()), "{:?}", begin.elapsed());
    let ended = timeout(Duration::from_secs(2), driven).await.expect("it has ended").unwrap();
    assert!(ended.is_ok(), "by a word of the gateway, not by a cut: {ended:?}");
    assert_eq!(Registry::at(address).get("/v2/").await.status, 200);
}
