//! The component as an artifact of a real registry, read by real clients.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::sha256;
use tagseal_test_support::program;
use tagseal_test_support::tools::{are_installed, say_not_tested};

use crate::tools::{DockerRegistry, skopeo};
use crate::{TAGSEAL, TOOLS};

/// The client for artifacts, as Go installs it.
const ORAS: &str = "oras.land/oras/cmd/oras@v1.3.0";

/// Returns the path of `oras`, which Go builds once for all runs. Without Go, or without a way to its packages, `None`: it is
/// said then, and no failure.
fn oras() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("go-bin");
    let path = folder.join("oras");
    if !path.exists() {
        let mut install = Command::new("go");
        install.args(["install", ORAS]).env("GOBIN", &folder).env("GOFLAGS", "").stdin(Stdio::null());
        match install.current_dir(env!("CARGO_TARGET_TMPDIR")).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => say_not_tested(&format!("no oras: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => say_not_tested(&format!("no oras, since Go is missing: {error}")),
        }
    }
    path.exists().then_some(path)
}

/// Debian's registry with the component in it: `HOST:PORT/policy/tagseal`, and the digest of the artifact.
fn pushed(registry: &DockerRegistry) -> (String, String) {
    let name = format!("{}/policy/tagseal", registry.address);
    let pushed = TAGSEAL.run(&["component", "push", &format!("{name}:v1")]).succeeded();
    let digest = pushed.lines().find_map(|line| line.strip_prefix("digest: ")).unwrap().to_owned();
    (name, digest)
}

#[test]
fn the_component_goes_through_a_registry_and_decides() {
    if !are_installed(&TOOLS) {
        return;
    }
    let folder = Folder::new();
    let registry = DockerRegistry::start(&folder);
    let (name, digest) = pushed(&registry);
    let again = TAGSEAL.run(&["component", "push", &format!("{name}:other")]).succeeded();
    assert!(again.contains(&digest), "{again}");
    for version in [":v1".to_owned(), format!("@{digest}")] {
        let file = folder.path().join("pulled.wasm");
        let pulled =
            TAGSEAL.run(&["component", "pull", &format!("{name}{version}"), "--output", file.to_str().unwrap()]);
        assert!(pulled.succeeded().contains(&digest), "{version}");
        assert!(fs::read(&file).unwrap() == tagseal::COMPONENT, "{version}");
    }
    let policy = folder.file("policy.json", crate::POLICY);
    let component = format!("oci://{name}@{digest}");
    let decide = ["decide", &policy, "--delete", "prod/app:v1", "--format", "json", "--component", &component];
    let decided = TAGSEAL.run(&decide);
    assert_eq!(decided.code, Some(1), "{decided:?}");
    assert!(decided.out.contains(r#""code":"immutable""#), "{decided:?}");
}

#[test]
fn skopeo_copies_the_artifact_byte_for_byte() {
    if !are_installed(&TOOLS) {
        return;
    }
    let folder = Folder::new();
    let registry = DockerRegistry::start(&folder);
    let (name, digest) = pushed(&registry);
    let source = format!("docker://{name}:v1");
    let raw = skopeo(&["inspect", "--raw", "--tls-verify=false", &source]);
    assert_eq!(sha256(raw.out.as_bytes()), digest, "{raw:?}");
    let manifest: Value = serde_json::from_str(&raw.out).unwrap();
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    let layout = folder.path().join("layout");
    skopeo(&["copy", "--src-tls-verify=false", &source, &format!("oci:{}:v1", layout.display())]).succeeded();
    let blob = |digest: &str| fs::read(layout.join("blobs").join(digest.replace(':', "/"))).unwrap();
    assert_eq!(sha256(&blob(&digest)), digest);
    assert!(blob(manifest["layers"][0]["digest"].as_str().unwrap()) == tagseal::COMPONENT);
    // And back, under another name: tagseal reads what another client has written.
    let copy = format!("{}/copies/tagseal", registry.address);
    let layout = format!("oci:{}:v1", layout.display());
    skopeo(&["copy", "--dest-tls-verify=false", &layout, &format!("docker://{copy}:v1")]).succeeded();
    let shown = TAGSEAL.run(&["component", "show", &format!("{copy}:v1")]).succeeded();
    assert!(shown.contains(&format!("digest: {digest}\n")), "{shown}");
}

#[test]
fn oras_pulls_the_component_as_a_file() {
    if !are_installed(&TOOLS) {
        return;
    }
    let Some(oras) = oras() else { return };
    let folder = Folder::new();
    let registry = DockerRegistry::start(&folder);
    let (name, digest) = pushed(&registry);
    let mut pull = Command::new(oras);
    pull.args(["pull", "--plain-http", &format!("{name}@{digest}"), "--output"])
        .arg(folder.path())
        .stdin(Stdio::null());
    program::run(pull.env("HOME", folder.path())).succeeded();
    assert!(fs::read(folder.path().join("tagseal.wasm")).unwrap() == tagseal::COMPONENT);
}
