//! What happens when the registry, the client or the component fails in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use hyper::{Method, StatusCode};
use tagseal::{Component, Settings};
use tagseal_distribution::client::{Reached, RegistryClient};
use tagseal_gateway::GatewaySettings;
use tagseal_test_support::hostile::assemble;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::sleep;

use tagseal_test_support::free_port::free_address;
use tagseal_test_support::image::{Image, OCI_IMAGE, OCI_INDEX};
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack, at_once};

/// Applies to the next push of a manifest. All later ones are carried out.
fn once(act: Act) -> impl FnMut(&stack::Asked) -> Act {
    let mut act = Some(act);
    move |asked| match asked.method {
        Method::PUT if asked.path.contains("/manifests/") => act.take().unwrap_or(Act::Pass),
        _ => Act::Pass,
    }
}

#[tokio::test]
async fn nothing_is_decided_while_the_registry_is_down() {
    let free = free_address();
    let upstream = RegistryClient::new(&format!("http://{free}")).unwrap();
    let gateway = stack::plain_gateway(upstream, POLICY).await;
    let client = Registry::at(stack::guard(&gateway).await);
    let image = Image::oci("a");
    let answers = [
        client.put("prod/app", "v1", &image).await,
        client.put("prod/app", "latest", &image).await,
        client.put("prod/app", &image.digest(), &image).await,
        client.delete("/v2/prod/app/manifests/latest").await,
        client.delete(&format!("/v2/prod/app/manifests/{}", image.digest())).await,
        client.ask(Method::POST, "/v2/prod/app/blobs/uploads/", &[], b"").await,
        client.get("/v2/").await,
    ];
    for answer in answers {
        assert_eq!(answer.refusal(), "503 UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "1");
        assert!(answer.message().contains("can't be reached"), "{}", answer.message());
    }
    let refused = client.delete("/v2/prod/app/manifests/v1").await;
    assert_eq!(refused.refusal(), "405 DENIED", "that needs no look-up");
}

#[tokio::test]
async fn an_error_after_the_commit_does_not_break_the_release() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.script(once(Act::Spoil(StatusCode::INTERNAL_SERVER_ERROR)));
    let spoiled = stack.client.put("prod/app", "v1", &first).await;
    assert_eq!((spoiled.status.as_u16(), spoiled.header("retry-after")), (500, ""), "M18: it is the registry's own");
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 201);
}

#[tokio::test]
async fn a_registrys_own_refusal_leaves_the_tag_free() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    let refusal = r#"{"errors": [{"code": "MANIFEST_INVALID", "message": "no"}]}"#;
    stack.script(once(Act::Answer(StatusCode::BAD_REQUEST, vec![], refusal.to_owned())));
    let refused = stack.client.put("prod/app", "v1", &first).await;
    assert_eq!((refused.status.as_u16(), refused.body.as_ref()), (400, refusal.as_bytes()));
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.status, 201);
}

#[tokio::test]
async fn a_proxy_that_gave_up_leaves_the_push_unsettled() {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT] {
        let stack = Stack::new().await;
        let (first, other) = (Image::oci("first"), Image::oci("other"));
        stack.client.upload("prod/app", &first).await;
        stack.client.upload("prod/app", &other).await;
        stack.script(once(Act::Answer(status, vec![], String::new())));
        assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, status);
        assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "503 UNAVAILABLE");
        assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 201);
    }
}

/// The registry closes an idle connection just when the gateway uses it again.
#[tokio::test]
async fn a_look_up_is_sent_again_if_the_connection_broke() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = RegistryClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let gateway = stack::plain_gateway(upstream, POLICY).await;
    let client = Registry::at(stack::guard(&gateway).await);
    tokio::spawn(async move {
        for broken in [true, false] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            if !broken {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
            }
        }
    });
    assert_eq!(client.get("/v2/").await.status, 200);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_noticed() {
    let stack = Stack::impatient().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.script(once(Act::Silent(at_once())));
    let late = stack.client.put("prod/app", "v1", &first).await;
    assert_eq!((late.refusal().as_str(), late.header("retry-after")), ("503 UNAVAILABLE", "1"));
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 201);
}

#[tokio::test]
async fn while_a_push_may_still_be_carried_out_only_the_same_content_may_follow() {
    let stack = Stack::impatient().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    let notify = Arc::new(Notify::new());
    stack.script(once(Act::Silent(Arc::clone(&notify))));
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.refusal(), "503 UNAVAILABLE");
    let refused = stack.client.put("prod/app", "v1", &other).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    assert!(refused.message().contains(&first.digest()), "{}", refused.message());
    let delete = stack.client.delete(&format!("/v2/prod/app/manifests/{}", first.digest())).await;
    assert_eq!(delete.refusal(), "404 MANIFEST_UNKNOWN", "it is not there yet, and nothing is forwarded");
    assert_eq!(stack.client.put("prod/app", "v2", &other).await.status, 201, "another tag is in no doubt");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, "");
    notify.notify_one();
    while stack.behind.resolve("prod/app", "v1").await != first.digest() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
}

#[tokio::test]
async fn a_push_that_the_registry_refuses_does_not_settle_an_earlier_one() {
    let stack = Stack::impatient().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.script(once(Act::Silent(Arc::default())));
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.refusal(), "503 UNAVAILABLE");
    stack.script(once(Act::Answer(StatusCode::TOO_MANY_REQUESTS, vec![], String::new())));
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 429);
    assert_eq!(
        stack.client.put("prod/app", "v1", &other).await.refusal(),
        "503 UNAVAILABLE",
        "the first one may still come"
    );
}

#[tokio::test]
async fn a_delete_that_may_still_be_carried_out_takes_nothing_new_with_it() {
    let stack = Stack::impatient().await;
    let (image, other) = (Image::oci("image"), Image::oci("other"));
    let index = Image::index(OCI_INDEX, &[&image]);
    stack.client.push("prod/app", "latest", &image).await;
    stack.client.upload("prod/app", &other).await;
    let notify = Arc::new(Notify::new());
    let mut act = Some(Act::Silent(Arc::clone(&notify)));
    stack.script(move |asked| match asked.method {
        Method::DELETE => act.take().unwrap_or(Act::Pass),
        _ => Act::Pass,
    });
    let path = format!("/v2/prod/app/manifests/{}", image.digest());
    assert_eq!(stack.client.delete(&path).await.refusal(), "503 UNAVAILABLE");
    for (tag, needing) in [("v1", &image), ("v2", &index)] {
        let refused = stack.client.put("prod/app", tag, needing).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE", "{tag}");
        assert!(refused.message().contains("may still be deleted"), "{}", refused.message());
    }
    assert_eq!(stack.client.put("prod/app", "v3", &other).await.status, 201, "that one does not need it");
    assert_eq!(stack.client.put("prod/app", "latest", &image).await.status, 201, "no rule protects that tag");
    notify.notify_one();
    while stack.behind.get(&path).await.status != 404 {
        sleep(Duration::from_millis(5)).await;
    }
    for (tag, needing) in [("v1", &image), ("v2", &index)] {
        assert_eq!(stack.client.put("prod/app", tag, needing).await.status, 201, "{tag}");
    }
}

#[tokio::test]
async fn the_same_push_again_settles_the_first_one() {
    let stack = Stack::impatient().await;
    let first = Image::oci("first");
    stack.client.upload("prod/app", &first).await;
    stack.script(once(Act::Silent(Arc::default())));
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.refusal(), "503 UNAVAILABLE");
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 201);
    assert_eq!(stack.client.resolve("prod/app", "v1").await, first.digest());
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_its_push_nor_free_its_tag() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.upload("prod/app", &first).await;
    stack.client.upload("prod/app", &other).await;
    let notify = Arc::new(Notify::new());
    stack.script(once(Act::Held(Arc::clone(&notify))));
    let mut leaving = TcpStream::connect(stack.address).await.unwrap();
    let head = format!(
        "PUT /v2/prod/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: {OCI_IMAGE}\r\nContent-Length: {}\r\n\r\n",
        first.bytes.len()
    );
    leaving.write_all(head.as_bytes()).await.unwrap();
    leaving.write_all(&first.bytes).await.unwrap();
    stack.is_put().await;
    drop(leaving);
    let (late, loser) = (stack.client.clone(), other.clone());
    let late = tokio::spawn(async move { late.put("prod/app", "v1", &loser).await });
    sleep(Duration::from_millis(100)).await;
    assert!(!late.is_finished(), "it waits");
    notify.notify_one();
    assert_eq!(late.await.unwrap().refusal(), "409 DENIED", "it waited, and lost");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, first.digest());
}

#[tokio::test]
async fn a_manifest_that_is_cut_off_is_refused() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    let mut cut = TcpStream::connect(stack.address).await.unwrap();
    let head = "PUT /v2/prod/app/manifests/latest HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n";
    cut.write_all(head.as_bytes()).await.unwrap();
    cut.write_all(&image.bytes).await.unwrap();
    cut.shutdown().await.unwrap();
    let mut answer = String::new();
    let _ = cut.read_to_string(&mut answer).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(stack.asked(), [""; 0]);
}

#[tokio::test]
async fn a_component_that_fails_denies() {
    // A component whose answers are always too long.
    let settings = Settings::default().with_max_answer_bytes(1);
    let broken = Component::embedded(settings).unwrap().compile(POLICY).unwrap();
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.push("team/app", "v1", &image).await;
    stack.active_policy.replace(broken);
    stack.asked();
    for (repository, tag) in [("prod/app", "v1"), ("team/app", "v1"), ("prod/app", "latest")] {
        let refused = stack.client.put(repository, tag, &image).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    }
    let refused = stack.client.delete("/v2/team/app/manifests/v1").await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    assert!(stack.asked().iter().all(|asked| !asked.starts_with("PUT") && !asked.starts_with("DELETE")));
    assert_eq!(stack.client.resolve("team/app", "v1").await, image.digest(), "reads need no decision");
}

/// Here, one thread serves all requests, so a slow decision on it would delay everything else.
#[tokio::test]
async fn a_component_that_hangs_does_not_delay_other_requests() {
    let settings = Settings::default().with_decision_deadline(Duration::from_secs(2));
    let component = Component::from_bytes(&assemble("endless_loop"), settings).unwrap();
    let stack = Stack::new().await;
    stack.active_policy.replace(component.compile("{}").unwrap());
    let client = stack.client.clone();
    let delete = tokio::spawn(async move { client.delete("/v2/prod/app/manifests/v1").await });
    for _ in 0..20 {
        assert_eq!(stack.client.get("/v2/").await.status, 200);
        assert!(!delete.is_finished(), "it is still being decided");
    }
    let refused = delete.await.unwrap();
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    assert!(refused.message().contains("took longer"), "{}", refused.message());
}

#[tokio::test]
async fn a_write_that_waits_too_long_for_its_tag_is_refused_for_now() {
    let settings = GatewaySettings::default().with_lock_timeout(Duration::from_millis(50));
    let stack = Stack::with(POLICY, settings).await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let notify = Arc::new(Notify::new());
    stack.script(once(Act::Held(Arc::clone(&notify))));
    let (client, first) = (stack.client.clone(), image.clone());
    let slow = tokio::spawn(async move { client.put("prod/app", "v1", &first).await });
    stack.is_put().await;
    for answer in [
        stack.client.put("prod/app", "v1", &image).await,
        stack.client.delete(&format!("/v2/prod/app/manifests/{}", image.digest())).await,
    ] {
        assert_eq!(answer.refusal(), "503 UNAVAILABLE");
        assert!(answer.message().contains("still in progress"), "{}", answer.message());
    }
    assert_eq!(stack.client.put("prod/app", "v2", &image).await.status, 201, "another tag does not wait");
    notify.notify_one();
    assert_eq!(slow.await.unwrap().status, 201);
}

#[tokio::test]
async fn the_gateway_finishes_what_it_has_begun() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let notify = Arc::new(Notify::new());
    stack.script(once(Act::Held(Arc::clone(&notify))));
    let (client, first) = (stack.client.clone(), image.clone());
    let push = tokio::spawn(async move { client.put("prod/app", "v1", &first).await });
    stack.is_put().await;
    let gateway = stack.gateway.clone();
    let finished = tokio::spawn(async move { gateway.finish().await });
    sleep(Duration::from_millis(100)).await;
    assert!(!finished.is_finished(), "there is something to wait for");
    notify.notify_one();
    finished.await.unwrap();
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, image.digest());
    assert_eq!(push.await.unwrap().status, 201);
}

#[tokio::test]
async fn a_server_that_is_not_a_registry_is_noticed() {
    type Headers = &'static [(&'static str, &'static str)];
    let table: [(u16, Headers, &str); 10] = [
        (200, &[("docker-distribution-api-version", "registry/2.0")], "registry"),
        (200, &[("content-type", "application/json")], "registry"),
        (401, &[("www-authenticate", "Basic realm=\"r\"")], "registry"),
        (401, &[], "other"),
        (200, &[("content-type", "text/html; charset=utf-8")], "web page"),
        (404, &[("content-type", "text/html")], "404"),
        (400, &[], "400"),
        (301, &[("location", "https://registry.example/v2/")], "https://registry.example/v2/"),
        (500, &[], "nothing"),
        (503, &[("content-type", "text/html")], "nothing"),
    ];
    for (status, headers, expected) in table {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let stack = Stack::new().await;
        stack.script(move |_| Act::Answer(StatusCode::from_u16(status).unwrap(), headers.clone(), String::new()));
        let reached = RegistryClient::new(&format!("http://{}", stack.behind_address())).unwrap().check().await;
        let is_so = match (&reached, expected) {
            (Reached::Registry, "registry") | (Reached::Nothing(_), "nothing") | (Reached::Other(_), "other") => true,
            (Reached::Other(what), _) => what.contains(expected),
            _ => false,
        };
        assert!(is_so, "{status}: {reached:?}, not {expected}");
    }
}

#[tokio::test]
async fn two_requests_in_one_stream_are_both_decided() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.asked();
    let put = |framing: &str| {
        format!("PUT /v2/prod/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: {OCI_IMAGE}\r\n{framing}\r\n\r\n")
    };
    let body = String::from_utf8(other.bytes.clone()).unwrap();
    let length = format!("Content-Length: {}", body.len());
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let table = [
        ("a second behind a refused first", format!("{}{body}{}{body}", put(&length), put(&length))),
        ("both lengths", format!("{}{chunked}", put(&format!("{length}\r\nTransfer-Encoding: chunked")))),
        (
            "both lengths, the other way",
            format!("{}{chunked}", put(&format!("Transfer-Encoding: chunked\r\n{length}"))),
        ),
        ("two lengths", format!("{}{body}", put(&format!("{length}\r\nContent-Length: 5")))),
        ("a signed length", format!("{}{body}", put(&format!("Content-Length: +{}", body.len())))),
        (
            "an upgrade",
            format!(
                "{}{body}",
                put(&format!(
                    "{length}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"
                ))
            ),
        ),
        ("a bare line feed", put(&length).replace("\r\n", "\n") + &body),
        ("a folded line", format!("{}{body}", put(&format!("{length}\r\nX-A: b\r\n c: d")))),
        ("chunks", format!("{}{chunked}", put("Transfer-Encoding: chunked"))),
    ];
    for (case, bytes) in table {
        let mut stream = TcpStream::connect(stack.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 4"), "{case}: {answer}");
        assert!(stack.asked().iter().all(|asked| !asked.starts_with("PUT")), "{case}");
    }
    assert_eq!(stack.client.resolve("prod/app", "v1").await, first.digest());
}

#[tokio::test]
async fn a_registry_that_sends_writes_to_another_place_is_not_followed() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    stack.script(|asked| match asked.method {
        Method::PUT => Act::Answer(
            StatusCode::TEMPORARY_REDIRECT,
            vec![("location", "https://registry.example/v2/prod/app/manifests/v1".to_owned())],
            String::new(),
        ),
        _ => Act::Pass,
    });
    for tag in ["v1", "latest"] {
        let refused = stack.client.put("prod/app", tag, &image).await;
        assert_eq!(refused.refusal(), "502 UNSUPPORTED");
        assert!(!refused.headers.contains_key("location"));
    }
}

#[tokio::test]
async fn a_policy_that_changes_during_a_push_does_not_change_that_push() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let (active_policy, replaced) = (stack.active_policy.clone(), Arc::new(AtomicBool::new(false)));
    let was_replaced = Arc::clone(&replaced);
    stack.script(move |asked| {
        if asked.method == Method::HEAD && !was_replaced.swap(true, SeqCst) {
            let everything = POLICY.replace(
                "\"preset\": \"latest\"",
                "\"protects\": [{\"repositories\": {\"matches\": \"**\"}, \"tags\": {\"matches\": \"*\"}}]",
            );
            active_policy.replace(stack::policy(&everything));
        }
        Act::Pass
    });
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert!(replaced.load(SeqCst));
    assert_eq!(stack.client.delete("/v2/free/app/manifests/latest").await.status, 404, "still allowed, but not there");
}

#[tokio::test]
async fn a_gateway_in_front_of_itself_reports_it() {
    let server = tagseal_gateway::Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = server.address().unwrap();
    let upstream = RegistryClient::new(&format!("http://{address}")).unwrap();
    let gateway = stack::plain_gateway(upstream, POLICY).await;
    let answer = move |request, peer| {
        let gateway = gateway.clone();
        async move { gateway.answer(request, peer).await }
    };
    tokio::spawn(server.run(answer, std::future::pending()));
    let client = Registry::at(address);
    for answer in [client.get("/v2/").await, client.put("team/app", "v1", &Image::oci("a")).await] {
        assert_eq!(answer.refusal(), "508 UNSUPPORTED");
        assert!(answer.message().contains("its own upstream"), "{}", answer.message());
    }
}
