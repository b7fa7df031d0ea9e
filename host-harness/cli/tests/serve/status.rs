//! `tagseal serve --status-listen`: health and metrics.

use std::io::Write as _;
use std::process::{Command, Stdio};

use hyper::StatusCode;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};
use tagseal_test_support::tools::are_installed;

/// A gateway, with a client of its usual address, and one of the address for health and metrics.
struct Watched {
    stack: Stack,
    folder: Folder,
    serving: Serving,
    client: Registry,
    status: Registry,
}

async fn start() -> Watched {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let upstream = format!("http://{}", stack.behind_address());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &["--status-listen", "127.0.0.1:0"]);
    let line = serving.log_until("health and metrics are at ").pop().unwrap();
    let status = Registry::at(line.rsplit_once("http://").unwrap().1.trim());
    Watched { stack, folder, serving, client: Registry::at(address), status }
}

impl Watched {
    /// Returns the value of the metric with this name and these labels, or 0 if it is not there.
    async fn metric(&self, name: &str) -> f64 {
        let text = String::from_utf8(self.status.get("/metrics").await.body.to_vec()).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or(0.0)
    }

    /// Waits until readiness has this status, and returns the part with this name.
    async fn part(&self, path: &str, status: u16, name: &str) -> serde_json::Value {
        for _ in 0..200 {
            let answer = self.status.get(path).await;
            if answer.status == status {
                let part = answer.json()["parts"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned();
                return part.unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{path} was never answered with {status}: {:?}", self.status.get(path).await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_push_is_counted_once_by_its_rule_and_code() {
    let watched = start().await;
    let client = &watched.client;
    assert_eq!(client.push("prod/app", "v1", &Image::oci("first")).await.status, 201);
    let denials = "tagseal_denials_total{rule=\"1\",code=\"immutable\",enforced=\"true\"}";
    for refused in 0..3 {
        assert_eq!(watched.metric(denials).await, f64::from(refused));
        assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.status, 409);
    }
    assert_eq!(watched.metric("tagseal_requests_total{class=\"push\",outcome=\"denied\"}").await, 3.0);
    assert_eq!(watched.metric("tagseal_requests_total{class=\"push\",outcome=\"answered\"}").await, 1.0);
    assert_eq!(watched.metric("tagseal_request_duration_seconds_count{class=\"push\"}").await, 4.0);
    assert!(watched.metric("tagseal_look_ups_total{result=\"found\"}").await >= 3.0);
    assert!(watched.metric("tagseal_look_ups_total{result=\"absent\"}").await >= 1.0);
    assert_eq!(watched.metric("tagseal_policy_revision").await, 7.0);
    assert_eq!(watched.metric("tagseal_policy_file_valid").await, 1.0);
    assert_eq!(watched.metric("tagseal_registry_up").await, 1.0);
    assert!(watched.metric("tagseal_connections").await >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_wrong_with_the_metrics() {
    if !are_installed(&["promtool"]) {
        return;
    }
    let watched = start().await;
    watched.client.push("prod/app", "v1", &Image::oci("first")).await;
    watched.client.push("prod/app", "v1", &Image::oci("other")).await;
    let text = watched.status.get("/metrics").await;
    assert_eq!(
        (text.status, text.header("content-type")),
        (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8")
    );
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = command.spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(&text.body).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let words = [said.stdout.as_slice(), &said.stderr].map(String::from_utf8_lossy).concat();
    assert!(said.status.success() && words.is_empty(), "{words}\n{}", String::from_utf8_lossy(&text.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_shows_the_registry_and_the_policy_file() {
    let watched = start().await;
    assert_eq!(watched.status.get("/tagseal/livez").await.status, 200);
    assert_eq!(watched.part("/tagseal/readyz?strict", 200, "policy").await["detail"], "revision 7");

    watched.folder.file("policy.json", "{");
    watched.serving.signal("-HUP");
    let policy = watched.part("/tagseal/readyz?strict", 503, "policy").await;
    assert_eq!(policy["state"], "degraded");
    assert!(policy["detail"].as_str().unwrap().starts_with("revision 7 stays active: "), "{policy}");
    assert_eq!(watched.status.get("/tagseal/readyz").await.status, 200, "reads are served");
    assert_eq!(watched.metric("tagseal_policy_file_valid").await, 0.0);

    watched.stack.script(|_| Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new()));
    assert_eq!(watched.part("/tagseal/readyz", 503, "registry").await["state"], "failed");
    assert_eq!(watched.metric("tagseal_registry_up").await, 0.0);
    assert_eq!(watched.status.get("/tagseal/livez").await.status, 200, "the process lives all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_not_where_clients_are() {
    let watched = start().await;
    for path in ["/tagseal/livez", "/tagseal/readyz"] {
        assert_eq!(watched.client.get(path).await.status, 404, "{path}");
    }
    let metrics = watched.client.get("/metrics").await;
    assert!(!String::from_utf8_lossy(&metrics.body).contains("tagseal_"), "{metrics:?}");
    assert_eq!(watched.status.get("/v2/").await.status, 404);
}
