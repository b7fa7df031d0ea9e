//! Snapshots of a registry, and what has drifted since.

use serde_json::Value;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;

use crate::{POLICY, registry, run, tagseal};

#[tokio::test]
async fn moved_and_vanished_immutable_tags_are_shown_and_exit_1() {
    let stack = registry(&[("prod/app", &["v1", "v2", "v3", "latest"]), ("dev/app", &["edge"])]).await;
    let folder = Folder::new();
    let (policy, snapshot) = (folder.file("policy.json", POLICY), folder.file("before.jsonl", ""));
    let address = format!("http://{}", stack.behind_address());
    let taken = run(tagseal(&["preview", &policy, "--registry", &address, "--snapshot", &snapshot])).await;
    assert_eq!(taken.code, Some(0), "{taken:?}");
    assert_eq!(taken.error, "note: the snapshot costs one request per tag\n");
    let lines = std::fs::read_to_string(&snapshot).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<String> = lines
        .iter()
        .map(|line| format!("{}:{}", line["repository"].as_str().unwrap(), line["tag"].as_str().unwrap()))
        .collect();
    assert_eq!(names, ["dev/app:edge", "prod/app:latest", "prod/app:v1", "prod/app:v2", "prod/app:v3"]);
    let digest = lines[0]["digest"].as_str().unwrap().to_owned();
    let since = ["drift", &policy, "--registry", &address, "--since", &snapshot];

    let same = run(tagseal(&since)).await;
    assert_eq!((same.code, same.error.as_str()), (Some(0), ""), "{same:?}");
    assert_eq!(same.out, "5 tags in the snapshot, 3 immutable: 0 moved, 0 vanished\n");

    let other = Image::oci("b");
    stack.behind.upload("prod/app", &other).await;
    stack.behind.upload("dev/app", &other).await;
    for (repository, tag) in [("prod/app", "v1"), ("prod/app", "latest"), ("dev/app", "edge")] {
        assert_eq!(stack.behind.put(repository, tag, &other).await.status, 201);
    }
    assert_eq!(stack.behind.delete("/v2/prod/app/manifests/v3").await.status, 202);
    let drifted = run(tagseal(&since)).await;
    assert_eq!((drifted.code, drifted.error.as_str()), (Some(1), ""), "{drifted:?}");
    let rows: Vec<&str> = drifted.out.lines().collect();
    assert!(
        rows[0].starts_with("moved     prod/app:v1 ") && rows[0].contains(&format!("was {digest}, is sha256:")),
        "{drifted:?}"
    );
    assert!(
        rows[1].starts_with("vanished  prod/app:v3 ") && rows[1].ends_with("does not exist any more"),
        "{drifted:?}"
    );
    assert_eq!(rows[2..], ["5 tags in the snapshot, 3 immutable: 1 moved, 1 vanished"]);

    let json = run(tagseal(&[&since[..], &["--format", "json"]].concat())).await;
    let lines: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["drift"], &lines[1]["drift"], &lines[1]["is"]),
        (&"moved".into(), &"vanished".into(), &Value::Null)
    );
    assert_eq!(lines[2], serde_json::json!({"tags": 5, "immutable": 3, "moved": 1, "vanished": 1}));
}

#[tokio::test]
async fn something_else_than_a_snapshot_is_refused_with_its_line() {
    let stack = registry(&[("prod/app", &["v1"])]).await;
    let folder = Folder::new();
    let (policy, snapshot) = (folder.file("policy.json", POLICY), folder.file("before.jsonl", "\nprod/app:v1\n"));
    let address = format!("http://{}", stack.behind_address());
    run(tagseal(&["drift", &policy, "--registry", &address, "--since", &snapshot]))
        .await
        .failed(2, &["line 2 of", "--snapshot FILE"]);
    run(tagseal(&["drift", &policy, "--since", &snapshot])).await.failed(2, &["add `--registry URL`"]);
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_an_error_before_any_request() {
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    // No registry answers at this address.
    run(tagseal(&["drift", &policy, "--registry", "http://127.0.0.1:1", "--since", "nowhere.jsonl"]))
        .await
        .failed(2, &["could not read `nowhere.jsonl`: there is no such file"]);
}

#[tokio::test]
async fn versions_that_stay_mutable_and_moving_tags_that_freeze_are_listed() {
    let stack =
        registry(&[("prod/app", &["1.2.3", "1.2", "main", "fix-17"]), ("dev/app", &["1.2.3-rc.1", "latest"])]).await;
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let address = format!("http://{}", stack.behind_address());
    let ended = run(tagseal(&["preview", &policy, "--registry", &address])).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let versions = "\nTags that look like versions, but stay mutable: 1\n  dev/app:1.2.3-rc.1\n";
    let moving = "\nTags that look like moving ones, but are immutable: 2\n  prod/app:1.2\n  prod/app:main\n";
    assert!(ended.out.contains(versions) && ended.out.contains(moving), "{}", ended.out);
}
