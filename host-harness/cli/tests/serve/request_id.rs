//! The name of a request: the client, the registry, the log and the audit know it by that.

use std::fs;

use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::{Answer, Registry};
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

const NAME: &str = "build-1234.step:5";

async fn counted(status: &Registry, metric: &str) -> f64 {
    let text = String::from_utf8(status.get("/metrics").await.body.to_vec()).unwrap();
    text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' ')?.parse().ok()).unwrap_or(0.0)
}

async fn put(client: &Registry, image: &Image, name: &str) -> Answer {
    let headers = [("content-type", image.media_type), ("x-request-id", name)];
    client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_push_is_found_by_its_name_in_the_answer_the_log_and_the_audit_and_is_counted_once() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, audit) = (folder.file("policy.json", POLICY), folder.path().join("audit.log"));
    let flags = ["--status-listen", "127.0.0.1:0", "--audit", audit.to_str().unwrap()];
    let upstream = format!("http://{}", stack.behind_address());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &flags);
    let line = serving.log_until("health and metrics are at ").pop().unwrap();
    let (client, status) = (Registry::at(address), Registry::at(line.rsplit_once("http://").unwrap().1.trim()));
    let first = Image::oci("first");
    client.upload("prod/app", &first).await;
    assert_eq!(put(&client, &first, "another").await.status, 201);
    let other = Image::oci("other");
    client.upload("prod/app", &other).await;

    let denials = "tagseal_denials_total{rule=\"1\",code=\"immutable\",enforced=\"true\"}";
    let before = counted(&status, denials).await;
    stack.asked();
    let refused = put(&client, &other, NAME).await;
    assert_eq!((refused.status, refused.header("x-request-id")), (StatusCode::CONFLICT, NAME), "{refused:?}");
    assert_eq!(counted(&status, denials).await, before + 1.0);
    let asked = stack.asked_in_full();
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked.headers["x-request-id"] == NAME), "{asked:?}");
    let log = serving.log_until("a push is denied").pop().unwrap();
    assert!(log.contains(&format!("request_id=\"{NAME}\"")), "{log}");
    serving.signal("-TERM");
    assert_eq!(serving.end().0, Some(0));
    let lines: Vec<Value> =
        fs::read_to_string(&audit).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| &line["request-id"]).collect::<Vec<_>>(), [NAME], "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, token) = (folder.file("policy.json", POLICY), folder.file("token", "a".repeat(32)));
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let upstream = format!("http://{}", stack.behind_address());
    let (_serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &["--admin-token-file", &token]);
    let client = Registry::at(address);
    stack.script(|asked| match asked.path.as_str() {
        "/v2/prod/app/manifests/down" => Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new()),
        // A registry that names requests itself.
        "/v2/" => Act::Answer(StatusCode::OK, vec![("x-request-id", "the-registrys".to_owned())], String::new()),
        _ => Act::Pass,
    });
    let image = Image::oci("first");
    let table = [
        (Method::GET, "/v2/", 200),
        (Method::GET, "/v2/prod/app/manifests/none", 404),
        (Method::PUT, "/v2/prod/app/manifests/down", 503),
        (Method::PUT, "/v2/prod/app/manifests/not!valid", 400),
        (Method::POST, "/v2/elsewhere", 404),
        (Method::PATCH, "/v2/_catalog", 400),
        (Method::GET, "/tagseal/v1/rules", 401),
        (Method::GET, "/tagseal/nothing", 401),
    ];
    for (method, path, status) in table {
        let named = client.ask(method.clone(), path, &[("x-request-id", NAME)], &image.bytes).await;
        assert_eq!((named.status.as_u16(), named.header("x-request-id")), (status, NAME), "{method} {path}: {named:?}");
        let unnamed = client.ask(method.clone(), path, &[], &image.bytes).await;
        assert_eq!(unnamed.header("x-request-id").len(), 32, "{method} {path}: {unnamed:?}");
        assert_eq!(unnamed.headers.get_all("x-request-id").iter().count(), 1, "{method} {path}: {unnamed:?}");
    }
}
