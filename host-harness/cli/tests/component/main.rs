//! `tagseal component` before a registry in memory: what it writes and reads, as whom it asks, and what it refuses.
#![cfg(test)]

mod access;
mod hostile;
mod named;

use serde_json::{Value, json};
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::{Image, OCI_IMAGE, sha256};
use tagseal_test_support::program::{self, Finished, Program};
use tagseal_test_support::stack::Stack;

const TAGSEAL: Program = Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"));

/// The type of a component's configuration.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// Runs `tagseal` to its end, while the registry that it asks is served.
async fn tagseal(arguments: &[&str]) -> Finished {
    tagseal_with(arguments, &[]).await
}

/// Runs `tagseal` with variables of the environment.
async fn tagseal_with(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = TAGSEAL.command(arguments);
    command.envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || program::run(&mut command)).await.unwrap()
}

/// Names an artifact of the registry of a stack: `127.0.0.1:5000/policy/tagseal:v1`.
fn named(stack: &Stack, version: &str) -> String {
    format!("{}/policy/tagseal{version}", stack.behind_address())
}

/// Pulls an artifact of the registry of a stack. Returns how that ended, and whether there is a file.
async fn pull(stack: &Stack, version: &str) -> (Finished, bool) {
    let folder = Folder::new();
    let file = folder.path().join("pulled.wasm");
    let ended = tagseal(&["component", "pull", &named(stack, version), "--output", file.to_str().unwrap()]).await;
    (ended, file.exists())
}

/// Returns what a line of the output says: `sha256:…` of `digest: sha256:…`.
#[track_caller]
fn said(finished: &Finished, label: &str) -> String {
    let start = format!("{label}: ");
    let line = finished.out.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no `{label}`: {finished:?}")).to_owned()
}

/// Packs a component by hand.
fn packed(component: &[u8]) -> Image {
    let config = json!({"created": "2026-01-01T00:00:00Z", "architecture": "wasm", "os": "wasip2",
                        "layerDigests": [sha256(component)], "component": {"exports": ["a"], "imports": []}});
    let blobs = vec![config.to_string().into_bytes(), component.to_vec()];
    let part = |kind: &str, blob: &[u8]| json!({"mediaType": kind, "digest": sha256(blob), "size": blob.len()});
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_IMAGE,
                          "config": part(CONFIG, &blobs[0]), "layers": [part("application/wasm", &blobs[1])]});
    Image { media_type: OCI_IMAGE, bytes: manifest.to_string().into_bytes(), blobs }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_is_shown_and_pulled() {
    let stack = Stack::new().await;
    let pushed = tagseal(&["component", "push", &named(&stack, ":v1")]).await;
    assert_eq!((pushed.code, pushed.error.as_str()), (Some(0), ""));
    let digest = said(&pushed, "digest");
    assert_eq!(said(&pushed, "reference"), format!("oci://{}", named(&stack, &format!("@{digest}"))));
    assert_eq!(said(&pushed, "component"), sha256(tagseal::COMPONENT));
    assert_eq!(said(&pushed, "size"), format!("{} bytes", tagseal::COMPONENT.len()));
    assert_eq!(stack.behind.resolve("policy/tagseal", "v1").await, digest);

    let folder = Folder::new();
    for version in [":v1".to_owned(), format!("@{digest}"), format!(":any@{digest}")] {
        let shown = tagseal(&["component", "show", &named(&stack, &version)]).await;
        assert_eq!((shown.code, said(&shown, "digest")), (Some(0), digest.clone()), "{version}");
        assert_eq!(said(&shown, "imports"), "none");
        assert_eq!(said(&shown, "exports"), "tagseal:policy/tag-policy@0.2.0");
        assert_eq!(said(&shown, "world"), "tagseal:policy/tag-policy-component@0.2.0");
        assert_eq!(said(&shown, "created"), "1970-01-01T00:00:00Z");

        let file = folder.file("pulled.wasm", tagseal_test_support::hostile::assemble("trap"));
        let pulled =
            tagseal(&["component", "pull", &format!("oci://{}", named(&stack, &version)), "--output", &file]).await;
        assert_eq!(pulled.code, Some(0), "{pulled:?}");
        assert_eq!(pulled.out, pushed.out);
        assert!(std::fs::read(&file).unwrap() == tagseal::COMPONENT, "{version}");
    }
    let file = folder.file("policy.json", "what is no component");
    let ended = tagseal(&["component", "pull", &named(&stack, ":v1"), "--output", &file]).await;
    ended.failed(2, &["exists, and is not a component"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "what is no component");
    let shown = tagseal(&["component", "show", &named(&stack, ":v1"), "--format", "json"]).await;
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&shown["digest"], &shown["imports"]), (&json!(digest), &json!([])));
    assert_eq!(shown["component"], json!(sha256(tagseal::COMPONENT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_artifact_is_laid_out_as_the_guide_says() {
    let stack = Stack::new().await;
    tagseal(&["component", "push", &named(&stack, ":v1")]).await.succeeded();
    let manifest = stack.behind.get("/v2/policy/tagseal/manifests/v1").await;
    assert_eq!(manifest.header("content-type"), OCI_IMAGE);
    let manifest = manifest.json();
    assert_eq!((&manifest["schemaVersion"], &manifest["mediaType"]), (&json!(2), &json!(OCI_IMAGE)));
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/wasm");
    assert_eq!(layers[0]["digest"], json!(sha256(tagseal::COMPONENT)));
    assert_eq!(layers[0]["size"], json!(tagseal::COMPONENT.len()));
    assert_eq!(layers[0]["annotations"]["org.opencontainers.image.title"], "tagseal.wasm");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.licenses"], "Apache-2.0");
    assert_eq!(manifest["config"]["mediaType"], CONFIG);
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = stack.behind.get(&format!("/v2/policy/tagseal/blobs/{config}")).await.json();
    let expected = json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [sha256(tagseal::COMPONENT)],
        "component": {
            "exports": ["tagseal:policy/tag-policy@0.2.0"],
            "imports": [],
            "target": "tagseal:policy/tag-policy-component@0.2.0",
        },
    });
    assert_eq!(config, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_component_has_the_same_digest_everywhere() {
    let (one, other) = (Stack::new().await, Stack::new().await);
    let first = said(&tagseal(&["component", "push", &named(&one, ":v1")]).await, "digest");
    let second = said(&tagseal(&["component", "push", &named(&other, ":other")]).await, "digest");
    assert_eq!(first, second);
    let push = ["component", "push", &named(&one, ":v2")];
    let later = tagseal_with(&push, &[("SOURCE_DATE_EPOCH", "1767225600")]).await;
    assert_ne!(said(&later, "digest"), first);
    let shown = tagseal(&["component", "show", &named(&one, ":v2")]).await;
    assert_eq!(said(&shown, "created"), "2026-01-01T00:00:00Z");
    let ended = tagseal_with(&push, &[("SOURCE_DATE_EPOCH", "tomorrow")]).await;
    ended.failed(2, &["SOURCE_DATE_EPOCH is `tomorrow`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_not_uploaded_again() {
    let stack = Stack::new().await;
    tagseal(&["component", "push", &named(&stack, ":v1")]).await.succeeded();
    stack.asked();
    tagseal(&["component", "push", &named(&stack, ":v2")]).await.succeeded();
    let asked = stack.asked();
    assert!(!asked.iter().any(|asked| asked.starts_with("POST")), "{asked:?}");
    assert!(asked.iter().any(|asked| asked == "PUT /v2/policy/tagseal/manifests/v2"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_that_would_be_refused_later() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let file = |name: &str, text: &str| folder.file(name, wat::parse_str(text).unwrap());
    let imports = file("imports.wasm", r#"(component (import "clock" (func)))"#);
    let other = file("other.wasm", "(component)");
    let push = named(&stack, ":v1");
    tagseal(&["component", "push", &push, "--component", &imports]).await.failed(3, &["imports `clock`"]);
    tagseal(&["component", "push", &push, "--component", &other]).await.failed(3, &["has another world"]);
    let digest = format!("sha256:{}", "a".repeat(64));
    tagseal(&["component", "push", &format!("{push}@{digest}")]).await.failed(2, &["has the digest", &digest]);
    assert_eq!(stack.asked(), [""; 0]);
}

/// An artifact is an image like others to the policy of a registry.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_keeps_the_tag_of_a_component() {
    let stack = Stack::new().await;
    let name = format!("{}/prod/policy:v1", stack.address);
    let push = ["component", "push", &name];
    for _ in 0..2 {
        tagseal(&push).await.succeeded();
    }
    let ended = tagseal_with(&push, &[("SOURCE_DATE_EPOCH", "1767225600")]).await;
    ended.failed(2, &["409", "DENIED", "cannot be overwritten because the tag is immutable (rule 1"]);
}
