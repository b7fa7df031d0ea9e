//! `tagseal preview` of a real registry: two thousand tags, each as `decide` says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::tools::DockerRegistry;
use crate::{TAGSEAL, TOOLS};
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::program::Finished;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::tools::are_installed;

const POLICY: &str = r#"{"version": 1, "instance": "real", "revision": 3, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest"},
    {"id": 2, "namespace": "team", "deletion": "allow", "protects": [
        {"repositories": {"matches": "app-*"}, "tags": {"excludes": ["latest", "dev-*"]}}]},
    {"id": 3, "namespace": "*", "protects": [
        {"repositories": {"matches": "**"}, "tags": {"matches": "@release"}}]}]}"#;

/// Repositories with and without a namespace, deep ones, and ones that no rule is for.
const REPOSITORIES: [&str; 8] =
    ["prod/app", "prod/deep/er/app", "team/app-1", "team/app-2", "team/web", "free/app", "alone", "z/z"];
const TAGS: usize = 250;

/// A tag of each kind in turn.
fn tag(number: usize) -> String {
    match number % 5 {
        0 => format!("v1.0.{number}"),
        1 => format!("dev-{number}"),
        2 => format!("{number}"),
        3 => format!("1.0.{number}-rc.1"),
        _ if number == 4 => "latest".to_owned(),
        _ => format!("x..{number}"),
    }
}

fn tags() -> impl Iterator<Item = (&'static str, String)> {
    REPOSITORIES.iter().flat_map(|repository| (0..TAGS).map(|number| (*repository, tag(number))))
}

async fn fill(registry: &Registry) {
    let image = Image::oci("a");
    let repositories = REPOSITORIES.map(|repository| {
        let (registry, image) = (registry.clone(), image.clone());
        tokio::spawn(async move {
            registry.upload(repository, &image).await;
            for number in 0..TAGS {
                assert_eq!(registry.put(repository, &tag(number), &image).await.status, 201);
            }
        })
    });
    for repository in repositories {
        repository.await.unwrap();
    }
}

async fn tagseal(arguments: Vec<String>) -> Finished {
    tokio::task::spawn_blocking(move || TAGSEAL.run(&arguments)).await.unwrap()
}

fn lines(finished: &Finished) -> Vec<Value> {
    finished.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Code, rule and pair of each tag's move, by `decide`.
async fn decided(folder: &Folder, policy: &str) -> BTreeMap<(String, String), Value> {
    let (current, digest) = (format!("sha256:{}", "1".repeat(64)), format!("sha256:{}", "2".repeat(64)));
    let event = |(repository, tag): (&str, String)| {
        let tags = [json!({"tag": tag, "current": current})];
        json!({"write": {"repository": repository, "digest": digest, "tags": tags}}).to_string() + "\n"
    };
    let events = folder.path().join("events.jsonl");
    std::fs::write(&events, tags().map(event).collect::<String>()).unwrap();
    let output =
        tagseal(["decide", policy, events.to_str().unwrap(), "--format", "json"].map(str::to_owned).into()).await;
    let answers = lines(&output).into_iter().map(|it| json!([it["code"], it["rule"], it["pair"]]));
    tags().map(|(repository, tag)| (repository.to_owned(), tag)).zip(answers).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_of_two_thousand_tags_equals_what_decide_says_of_each() {
    if !are_installed(&TOOLS) {
        return;
    }
    let folder = Folder::new();
    let registry = DockerRegistry::start(&folder);
    fill(&Registry::at(registry.address)).await;
    let policy = folder.path().join("policy.json");
    std::fs::write(&policy, POLICY).unwrap();
    let (policy, address) = (policy.to_str().unwrap(), format!("http://{}", registry.address));
    let output =
        tagseal(["preview", policy, "--registry", &address, "--all", "--format", "json"].map(str::to_owned).into())
            .await;
    assert_eq!((output.code, output.error.as_str()), (Some(0), ""));
    let mut shown = lines(&output);
    let counts = shown.pop().unwrap();
    assert_eq!(shown.len(), REPOSITORIES.len() * TAGS);
    assert_eq!((&counts["counts"]["tags"], &counts["illegal"]), (&json!(2_000), &json!(0)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let shown: BTreeMap<_, _> = shown
        .iter()
        .map(|it| {
            ((text(&it["repository"]), text(&it["tag"])), json!([it["code"], it["by"]["rule"], it["by"]["pair"]]))
        })
        .collect();
    let expected = decided(&folder, policy).await;
    assert_eq!(shown, expected);
    let immutable = expected.values().filter(|answer| answer[0] == "immutable").count();
    assert!((500..1_500).contains(&immutable), "{immutable} of them: some of each kind");
    assert_eq!(counts["counts"]["immutable"], immutable);
}
