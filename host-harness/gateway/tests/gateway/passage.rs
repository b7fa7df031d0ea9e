//! What is forwarded as it is: reads, uploads, their answers, their headers.

use std::time::Duration;

use http_body_util::channel::Channel;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tagseal_distribution::client::RegistryClient;
use tokio::sync::mpsc;

use tagseal_test_support::image::{Image, sha256};
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack};

#[tokio::test]
async fn reads_get_the_registrys_own_answers() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.push("prod/app", "v1", &image).await;
    let paths = [
        "/v2/".to_owned(),
        "/v2/_catalog".into(),
        "/v2/_catalog?n=1".into(),
        "/v2/prod/app/tags/list".into(),
        "/v2/prod/app/tags/list?n=1&last=a".into(),
        "/v2/prod/app/manifests/v1".into(),
        format!("/v2/prod/app/manifests/{}", image.digest()),
        format!("/v2/prod/app/blobs/{}", image.config()),
        "/v2/prod/app/manifests/none".into(),
        "/v2/prod/none/tags/list".into(),
        "/none".into(),
    ];
    for path in paths {
        for method in [Method::GET, Method::HEAD] {
            let through = stack.client.ask(method.clone(), &path, &[], b"").await;
            let around = stack.behind.ask(method.clone(), &path, &[], b"").await;
            assert_eq!((through.status, &through.body), (around.status, &around.body), "{method} {path}");
            // The name of the request is the gateway's own.
            let others = |answer: &tagseal_test_support::registry::Answer| {
                let mut headers = answer.headers.clone();
                for name in ["date", "x-request-id"] {
                    headers.remove(name);
                }
                headers
            };
            assert!(through.headers.contains_key("x-request-id"), "{method} {path}");
            assert_eq!(others(&through), others(&around), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_upload_continues_at_the_gateway_and_has_its_length() {
    let stack = Stack::new().await;
    let host = stack.behind_address();
    stack.script(move |asked| match asked.method {
        Method::POST => Act::Answer(
            hyper::StatusCode::ACCEPTED,
            vec![("location", format!("http://{host}/v2/prod/app/blobs/uploads/upload-1?_state=a%3D&x=y"))],
            String::new(),
        ),
        _ => Act::Pass,
    });
    let begun = stack.client.ask(Method::POST, "/v2/prod/app/blobs/uploads/", &[], b"").await;
    assert_eq!(begun.header("location"), "/v2/prod/app/blobs/uploads/upload-1?_state=a%3D&x=y");
    let asked = stack.asked_in_full();
    assert_eq!(asked[0].headers["content-length"], "0", "some servers insist");
    assert!(!asked[0].headers.contains_key("transfer-encoding"));

    stack.script(|_| Act::Pass);
    stack.client.push("prod/app", "v1", &Image::oci("a")).await;
    let asked = stack.asked_in_full();
    for put in asked.iter().filter(|asked| asked.method == Method::PUT) {
        assert!(put.headers.contains_key("content-length"), "{put:?}");
        assert!(!put.headers.contains_key("transfer-encoding"), "{put:?}");
    }
}

#[tokio::test]
async fn parts_mounts_and_ends_of_uploads_are_forwarded() {
    let stack = Stack::new().await;
    let blob = b"0123456789";
    let begun = stack.client.ask(Method::POST, "/v2/prod/app/blobs/uploads/", &[], b"").await;
    let place = begun.header("location").to_owned();
    for (range, part) in [("0-3", &blob[..4]), ("4-9", &blob[4..])] {
        let answer = stack.client.ask(Method::PATCH, &place, &[("content-range", range)], part).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    let wrong = stack.client.ask(Method::PATCH, &place, &[("content-range", "4-9")], b"x").await;
    assert_eq!(wrong.status, 416, "the header is forwarded");
    assert_eq!(stack.client.get(&place).await.header("range"), "0-9");
    let done = stack.client.ask(Method::PUT, &format!("{place}?digest={}", sha256(blob)), &[], b"").await;
    assert_eq!(done.status, 201);
    let mount = format!("/v2/team/app/blobs/uploads/?mount={}&from=prod/app", sha256(blob));
    assert_eq!(stack.client.ask(Method::POST, &mount, &[], b"").await.status, 201);
    let begun = stack.client.ask(Method::POST, "/v2/prod/app/blobs/uploads/", &[], b"").await;
    assert_eq!(stack.client.delete(begun.header("location")).await.status, 204);
}

/// The registry gets the first part of a blob before the client has sent the last.
#[tokio::test]
async fn a_blob_streams_up() {
    let (received, mut first_part) = mpsc::channel(1);
    let upstream = stack::serve(move |request| {
        let received = received.clone();
        async move {
            let mut body = request.into_body();
            let mut bytes = 0;
            while let Some(frame) = body.frame().await {
                bytes += frame.unwrap().data_ref().map_or(0, Bytes::len);
                let _ = received.try_send(());
            }
            hyper::Response::new(stack::own(bytes.to_string()))
        }
    })
    .await;
    let address = guard(upstream).await;
    let (mut parts, body) = Channel::<Bytes, std::convert::Infallible>::new(1);
    let request = Request::patch(format!("http://{address}/v2/prod/app/blobs/uploads/id")).body(body).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::spawn(client.request(request));
    parts.send_data(Bytes::from(vec![1; 1 << 20])).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), first_part.recv()).await.expect("it streams").unwrap();
    parts.send_data(Bytes::from(vec![2; 1 << 20])).await.unwrap();
    drop(parts);
    let answer = answer.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(answer, (2_usize << 20).to_string());
}

/// The client gets the first part of a blob before the registry has sent the last.
#[tokio::test]
async fn a_blob_streams_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let (go_on, mut wait) = mpsc::channel::<()>(1);
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst").await.unwrap();
        wait.recv().await;
        stream.write_all(b"last.").await.unwrap();
    });
    let address = guard(upstream).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let path = format!("http://{address}/v2/prod/app/blobs/{}", sha256(b"x")).parse().unwrap();
    let mut body = client.get(path).await.unwrap().into_body();
    let first = tokio::time::timeout(Duration::from_secs(5), body.frame()).await.expect("it streams");
    assert_eq!(first.unwrap().unwrap().into_data().unwrap(), "first");
    go_on.send(()).await.unwrap();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "last.");
}

/// A gateway without rules in front of a gateway with rules: the first one forwards the answers of the second.
#[tokio::test]
async fn a_gateway_can_be_in_front_of_a_gateway() {
    let stack = Stack::new().await;
    let outer = Registry::at(guard(stack.address).await);
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(outer.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(outer.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    assert_eq!(outer.delete("/v2/prod/app/manifests/v1").await.header("allow"), "GET, HEAD, PUT");
    assert_eq!(outer.resolve("prod/app", "v1").await, first.digest());
}

/// Starts a gateway in front of an address.
async fn guard(upstream: std::net::SocketAddr) -> std::net::SocketAddr {
    let document = POLICY.replace("\"prod\"", "\"other\"");
    let upstream = RegistryClient::new(&format!("http://{upstream}")).unwrap();
    stack::guard(&stack::plain_gateway(upstream, &document).await).await
}
