//! The gateway before a real registry, with real clients and real images.
//!
//! Where the parts are missing the suite says so and tests nothing; with `CI=true` it fails then.
#![cfg(test)]

mod artifact;
mod preview;
mod tools;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use hyper::Method;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::{DOCKER_IMAGE, DOCKER_LIST, Image, OCI_IMAGE, OCI_INDEX};
use tagseal_test_support::program::{Finished, Program};
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::tools::are_installed;
use tools::{DockerRegistry, buildah, skopeo, umoci};

const TAGSEAL: Program = Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"));

/// The tools that the suite needs.
const TOOLS: [&str; 4] = ["docker-registry", "skopeo", "buildah", "umoci"];

const POLICY: &str =
    r#"{"version": 1, "instance": "real", "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}"#;

/// `tagseal serve` before Debian's registry.
struct Stack {
    address: SocketAddr,
    /// Through the gateway.
    client: Registry,
    /// Around it.
    behind: Registry,
    folder: Folder,
    gateway: Serving,
    _registry: DockerRegistry,
}

impl Stack {
    fn new() -> Self {
        let folder = Folder::new();
        let registry = DockerRegistry::start(&folder);
        let policy = folder.file("policy.json", POLICY);
        let (gateway, address) = Serving::start(TAGSEAL, &policy, &format!("http://{}", registry.address));
        let (client, behind) = (Registry::at(address), Registry::at(registry.address));
        Self { address, client, behind, folder, gateway, _registry: registry }
    }

    /// `docker://HOST:PORT/prod/app:v1`
    fn image(&self, name: &str) -> String {
        format!("docker://{}/{name}", self.address)
    }

    /// The manifests that clients have put since the last call, and the result of each, as the log shows them:
    /// `denied repository=prod/app reference=v1`.
    async fn puts(&self) -> Vec<String> {
        // A write of an unknown tag marks the end of what the log shows so far.
        assert_eq!(self.client.delete("/v2/that-is-all").await.status, 400);
        let log = self.gateway.log_until("/v2/that-is-all");
        let puts = log.iter().filter(|line| line.contains(" a push is ") || line.contains(" method=PUT "));
        puts.map(|line| short(line)).collect()
    }

    /// Copies an image to the gateway with skopeo.
    fn copy(&self, format: &str, from: &str, to: &str) -> Finished {
        skopeo(&["copy", "--dest-tls-verify=false", "--format", format, from, &self.image(to)])
    }
}

/// Reads a line of the log: the result of a push, its repository, and its tag.
fn short(line: &str) -> String {
    let words = line.split(" a push is ").last().unwrap().split(' ');
    words
        .filter(|word| !word.starts_with("peer=") && !word.starts_with("request_id="))
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The parts of a refusal that every client must show.
fn refusal(tag: &str) -> [String; 3] {
    [
        format!("tag {tag} of prod/app cannot be overwritten because the tag is immutable"),
        "rule 1".to_owned(),
        "denied".to_owned(),
    ]
}

fn allowed(tag: &str) -> String {
    format!("allowed repository=prod/app reference={tag}")
}

fn denied(tag: &str) -> String {
    format!("denied repository=prod/app reference={tag}")
}

#[track_caller]
fn assert_refused(finished: &Finished, tag: &str) {
    let text = finished.all();
    assert_ne!(finished.code, Some(0), "it was not refused: {text}");
    for part in refusal(tag) {
        assert!(text.contains(&part), "`{part}` is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_pushes_once_and_is_refused_once() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let (first, other) = (umoci(&stack.folder, "first"), umoci(&stack.folder, "other"));
    for (format, kind) in [("oci", OCI_IMAGE), ("v2s2", DOCKER_IMAGE)] {
        let (tag, name) = (format!("v1-{format}"), format!("prod/app:v1-{format}"));
        for _ in 0..2 {
            stack.copy(format, &first, &name).succeeded();
        }
        let digest = stack.behind.resolve("prod/app", &tag).await;
        assert_eq!(stack.puts().await, [allowed(&tag), allowed(&tag)]);
        assert_refused(&stack.copy(format, &other, &name), &tag);
        assert_eq!(stack.puts().await, [denied(&tag)], "one try and no more");
        let served = stack.client.get(&format!("/v2/prod/app/manifests/{tag}")).await;
        assert_eq!(stack.behind.resolve("prod/app", &tag).await, digest);
        assert_eq!(served.status, 200, "{format} {kind}");

        // What is pulled is the first.
        let image = stack.image(&name);
        let inspected = skopeo(&["inspect", "--tls-verify=false", "--config", &image]).succeeded();
        assert!(inspected.contains(r#""label": "first""#), "{inspected}");
        let pulled = format!("oci:{}/pulled-{format}:a", stack.folder.path().display());
        skopeo(&["copy", "--src-tls-verify=false", &image, &pulled]).succeeded();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_moves_latest_and_deletes_nothing_protected() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let (first, other) = (umoci(&stack.folder, "first"), umoci(&stack.folder, "other"));
    // This skopeo only deletes what is of Docker's type.
    for (image, name) in [(&first, "prod/app:v1"), (&first, "prod/app:latest"), (&other, "prod/app:latest")] {
        stack.copy("v2s2", image, name).succeeded();
    }
    let (kept, moved) =
        (stack.behind.resolve("prod/app", "v1").await, stack.behind.resolve("prod/app", "latest").await);
    assert_ne!(kept, moved);
    let delete = |name: &str| skopeo(&["delete", "--tls-verify=false", &stack.image(name)]);
    let refused = delete("prod/app:v1");
    let text = refused.all();
    assert!(refused.code != Some(0) && text.contains("v1") && text.contains("rule 1"), "{text}");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, kept);
    delete("prod/app:latest").succeeded();
    assert_eq!(stack.behind.resolve("prod/app", "latest").await, "");
    for path in [format!("/v2/prod/app/manifests/{kept}"), "/v2/prod/app/manifests/v1".to_owned()] {
        assert_eq!(stack.client.delete(&path).await.refusal(), "405 DENIED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buildah_pushes_once_and_is_refused_once() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let folder = &stack.folder;
    for word in ["first", "other"] {
        buildah(folder, &["from", "--name", word, "scratch"]).succeeded();
        buildah(folder, &["config", "--label", &format!("word={word}"), word]).succeeded();
        for format in ["oci", "docker"] {
            buildah(folder, &["commit", "--format", format, word, &format!("{word}-{format}")]).succeeded();
        }
    }
    for (format, push) in [("oci", "oci"), ("docker", "v2s2")] {
        let tag = format!("v1-{format}");
        let name = stack.image(&format!("prod/app:{tag}"));
        let push = |word: &str| {
            buildah(folder, &["push", "--tls-verify=false", "--format", push, &format!("{word}-{format}"), &name])
        };
        push("first").succeeded();
        push("first").succeeded();
        let digest = stack.behind.resolve("prod/app", &tag).await;
        assert_eq!(stack.puts().await, [allowed(&tag), allowed(&tag)]);
        assert_refused(&push("other"), &tag);
        assert_eq!(stack.puts().await, [denied(&tag)], "one try and no more");
        assert_eq!(stack.behind.resolve("prod/app", &tag).await, digest);
        buildah(folder, &["pull", "--tls-verify=false", &name]).succeeded();
    }
    let latest = stack.image("prod/app:latest");
    for word in ["first", "other"] {
        buildah(folder, &["push", "--tls-verify=false", &format!("{word}-oci"), &latest]).succeeded();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buildah_pushes_an_index_by_its_children_and_then_its_tag() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let folder = &stack.folder;
    for architecture in ["amd64", "arm64"] {
        buildah(folder, &["from", "--name", architecture, "scratch"]).succeeded();
        buildah(folder, &["config", "--arch", architecture, architecture]).succeeded();
        buildah(folder, &["commit", architecture, &format!("image-{architecture}")]).succeeded();
    }
    for (format, kind) in [("oci", OCI_INDEX), ("v2s2", DOCKER_LIST)] {
        let (list, tag) = (format!("list-{format}"), format!("v1-{format}"));
        buildah(folder, &["manifest", "create", &list]).succeeded();
        for architecture in ["amd64", "arm64"] {
            let image = format!("containers-storage:localhost/image-{architecture}");
            buildah(folder, &["manifest", "add", "--arch", architecture, &list, &image]).succeeded();
        }
        let name = stack.image(&format!("prod/app:{tag}"));
        let push =
            || buildah(folder, &["manifest", "push", "--all", "--tls-verify=false", "--format", format, &list, &name]);
        push().succeeded();
        push().succeeded();
        let index = stack.client.get(&format!("/v2/prod/app/manifests/{tag}")).await;
        assert_eq!(index.header("content-type"), kind);
        let digest = stack.behind.resolve("prod/app", &tag).await;

        // Its own child in its place, as skopeo pushes it when it copies one architecture only.
        let child = skopeo(&[
            "copy",
            "--override-arch",
            "amd64",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            &name,
            &name,
        ]);
        assert_refused(&child, &tag);
        assert_eq!(stack.behind.resolve("prod/app", &tag).await, digest);
        let parts: serde_json::Value = serde_json::from_slice(&index.body).unwrap();
        for part in parts["manifests"].as_array().unwrap() {
            let path = format!("/v2/prod/app/manifests/{}", part["digest"].as_str().unwrap());
            assert_eq!(stack.client.delete(&path).await.refusal(), "405 DENIED", "the index needs it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_manifest_is_found_as_it_is_stored() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    for (image_type, index_type) in [(OCI_IMAGE, OCI_INDEX), (DOCKER_IMAGE, DOCKER_LIST)] {
        let repository = if image_type == OCI_IMAGE { "prod/oci" } else { "prod/docker" };
        let (amd64, arm64) = (Image::of(image_type, "amd64"), Image::of(image_type, "arm64"));
        let index = Image::index(index_type, &[&amd64, &arm64]);
        for child in [&amd64, &arm64] {
            assert_eq!(stack.client.push(repository, &child.digest(), child).await.status, 201);
        }
        for (tag, image) in [("index", &index), ("image", &amd64)] {
            assert_eq!(stack.client.put(repository, tag, image).await.status, 201);
            assert_eq!(stack.client.put(repository, tag, image).await.status, 201, "the same again");
            assert_eq!(stack.client.resolve(repository, tag).await, image.digest());
        }
        let answer = stack.client.put(repository, "index", &amd64).await;
        assert_eq!(answer.refusal(), "409 DENIED", "a list by its own child");
        assert!(answer.message().contains(&index.short()), "{}", answer.message());
        assert_eq!(stack.client.put(repository, "image", &index).await.refusal(), "409 DENIED", "and the other way");
        assert_eq!(stack.client.put(repository, "image", &arm64).await.refusal(), "409 DENIED");
        // A registry that does not know `?tag=` stores the manifest, and sets no tag.
        let by_digest = stack.client.put(repository, &format!("{}?tag=index", arm64.digest()), &arm64).await;
        assert_eq!(by_digest.refusal(), "409 DENIED");
        let blob = stack.client.delete(&format!("/v2/{repository}/blobs/{}", amd64.config())).await;
        assert_eq!(blob.refusal(), "405 DENIED");
        assert_eq!(stack.client.get(&format!("/v2/{repository}/blobs/{}", amd64.config())).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_mebibytes_of_manifest_are_refused_in_words() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let image = Image::oci("a").with("annotations", serde_json::json!({"a": "a".repeat(5 << 20)}));
    let refused = stack.client.put("prod/app", "v1", &image).await;
    assert_eq!(refused.refusal(), "413 SIZE_INVALID");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, "");
}

/// Where no rule says anything, whoever talks to the gateway hears the registry, and the number of the request.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_rule_every_answer_is_the_registrys_own() {
    if !are_installed(&TOOLS) {
        return;
    }
    let stack = Stack::new();
    let image = Image::of(DOCKER_IMAGE, "a");
    let around = session(&stack.behind, "team/around", &image, &["x-request-id"]).await;
    let through = session(&stack.client, "team/through", &image, &[]).await;
    assert_eq!(through, around);
    let statuses: Vec<&str> = through.iter().filter_map(|answer| answer.split(' ').next()).collect();
    assert_eq!(
        statuses,
        ["202", "201", "202", "201", "201", "200", "200", "404", "400", "202", "404", "202"],
        "{through:?}"
    );
}

/// What a client hears that uploads, pushes, pulls and deletes: status and names of headers, and those that are added here.
async fn session(registry: &Registry, repository: &str, image: &Image, added: &[&str]) -> Vec<String> {
    let at = |path: &str| format!("/v2/{repository}/{path}");
    let mut heard = Vec::new();
    let mut hear = |answer: tagseal_test_support::registry::Answer| {
        let mut names: Vec<&str> =
            answer.headers.keys().map(|name| name.as_str()).chain(added.iter().copied()).collect();
        names.sort_unstable();
        heard.push(format!("{} {names:?}", answer.status.as_u16()));
        answer
    };
    for blob in &image.blobs {
        let begun = hear(registry.ask(Method::POST, &at("blobs/uploads/"), &[], b"").await);
        let place = begun.header("location");
        let place = place.strip_prefix(&format!("http://{}", registry.address)).unwrap_or(place);
        let path = format!("{place}&digest={}", tagseal_test_support::image::sha256(blob));
        hear(registry.ask(Method::PUT, &path, &[], blob).await);
    }
    hear(registry.put(repository, "v1", image).await);
    hear(registry.get(&at("manifests/v1")).await);
    hear(registry.get(&at("tags/list")).await);
    hear(registry.get(&at("manifests/none")).await);
    hear(registry.delete(&at("manifests/v1")).await);
    hear(registry.delete(&at(&format!("manifests/{}", image.digest()))).await);
    hear(registry.get(&at("manifests/v1")).await);
    hear(registry.delete(&at(&format!("blobs/{}", image.config()))).await);
    heard
}

/// Two hundred rounds of racing first pushes: one image wins each, and the tag is its.
async fn races(contenders: usize) {
    let stack = Stack::new();
    let images: Vec<_> = (0..contenders).map(|number| Image::oci(&format!("image {number}"))).collect();
    for image in &images {
        stack.client.upload("prod/app", image).await;
    }
    for round in 0..200 {
        let tag = format!("v{round}");
        let pushes: Vec<_> = images
            .iter()
            .map(|image| {
                let (client, image, tag) = (stack.client.clone(), image.clone(), tag.clone());
                tokio::spawn(async move { (image.digest(), client.put("prod/app", &tag, &image).await) })
            })
            .collect();
        let mut winners = BTreeSet::new();
        for push in pushes {
            let (digest, answer) = push.await.unwrap();
            if answer.status == 201 {
                winners.insert(digest);
            } else {
                assert_eq!(answer.refusal(), "409 DENIED", "round {round}");
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        assert_eq!(winners.first(), Some(&stack.behind.resolve("prod/app", &tag).await), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_racing_first_pushes_one_wins() {
    if are_installed(&TOOLS) {
        races(2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_racing_first_pushes_one_wins() {
    if are_installed(&TOOLS) {
        races(8).await;
    }
}
