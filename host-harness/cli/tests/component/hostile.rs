//! What a hostile or broken registry can send: none of it becomes a component.

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tagseal_test_support::hostile;
use tagseal_test_support::image::{Image, OCI_INDEX, sha256};
use tagseal_test_support::stack::{Act, Stack, own, serve};

use crate::{named, packed, pull, tagseal};

/// A registry with a component that is as it should be, under `v1`.
async fn with_component() -> (Stack, Image) {
    let stack = Stack::new().await;
    let image = packed(tagseal::COMPONENT);
    assert_eq!(stack.behind.push("policy/tagseal", "v1", &image).await.status, 201);
    let (ended, is_written) = pull(&stack, ":v1").await;
    assert!(ended.code == Some(0) && is_written, "{ended:?}");
    stack.asked();
    (stack, image)
}

/// Pulls by tag and by digest. Each must be refused in these words, with this exit code, and no file be written.
async fn refused(stack: &Stack, image: &Image, code: i32, parts: &[&str]) {
    for version in [":v1".to_owned(), format!("@{}", image.digest())] {
        let (ended, is_written) = pull(stack, &version).await;
        ended.failed(code, parts);
        assert!(!is_written, "{version}: {ended:?}");
        let reference = format!("oci://{}", named(stack, &format!("@{}", image.digest())));
        tagseal(&["inspect", &reference]).await.failed(code, parts);
    }
}

fn ok(body: impl Into<String>) -> Act {
    Act::Answer(StatusCode::OK, Vec::new(), body.into())
}

fn redirect(place: impl Into<String>) -> Act {
    Act::Answer(StatusCode::TEMPORARY_REDIRECT, vec![("location", place.into())], String::new())
}

/// Answers all requests for the blob of a digest by an act.
fn blob(
    digest: String,
    act: impl Fn() -> Act + Send + 'static,
) -> impl FnMut(&tagseal_test_support::stack::Asked) -> Act {
    move |asked| if asked.path.contains(&format!("/blobs/{digest}")) { act() } else { Act::Pass }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_than_the_digest_says_are_refused() {
    let (stack, image) = with_component().await;
    let layer = sha256(tagseal::COMPONENT);
    stack.script(blob(layer.clone(), || ok("a".repeat(tagseal::COMPONENT.len()))));
    refused(&stack, &image, 3, &["the registry sent other content than", &layer]).await;
    stack.script(blob(layer.clone(), || ok("a".repeat(tagseal::COMPONENT.len() - 1))));
    refused(&stack, &image, 3, &[&format!("the registry sent {} bytes of", tagseal::COMPONENT.len() - 1)]).await;
    stack.script(blob(layer.clone(), || ok("a".repeat(tagseal::COMPONENT.len() + 1))));
    refused(&stack, &image, 2, &[&format!("it has more than {} bytes", tagseal::COMPONENT.len())]).await;
    stack.script(blob(layer, || ok("")));
    refused(&stack, &image, 3, &["the registry sent 0 bytes of"]).await;
    let config = image.config();
    let length = image.blobs[0].len();
    stack.script(blob(config.clone(), move || ok("a".repeat(length))));
    refused(&stack, &image, 3, &["the registry sent other content than", &config]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_manifest_than_the_digest_says_is_refused() {
    let (stack, image) = with_component().await;
    let other = packed(&hostile::assemble("trap"));
    stack.behind.push("policy/tagseal", "other", &other).await;
    let (sent, digest) = (String::from_utf8(other.bytes.clone()).unwrap(), image.digest());
    let reference = named(&stack, &format!("@{digest}"));
    stack.script(move |asked| if asked.path.contains("/manifests/") { ok(sent.clone()) } else { Act::Pass });
    for verb in ["pull", "show"] {
        let ended = tagseal(&["component", verb, &reference]).await;
        ended.failed(3, &["the registry sent other content than", &digest, &other.digest()]);
    }
    // By its tag, a registry may say anything, but not two things.
    let sent = String::from_utf8(other.bytes.clone()).unwrap();
    stack.script(move |asked| match asked.path.contains("/manifests/") {
        true => Act::Answer(StatusCode::OK, vec![("docker-content-digest", digest.clone())], sent.clone()),
        false => Act::Pass,
    });
    let ended = tagseal(&["component", "show", &named(&stack, ":v1")]).await;
    ended.failed(3, &["the registry said that the manifest has the digest", &other.digest()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_of_another_form_is_refused() {
    let stack = Stack::new().await;
    let good = packed(tagseal::COMPONENT);
    let manifest: Value = serde_json::from_slice(&good.bytes).unwrap();
    let layer = &manifest["layers"][0];
    let with_type = |kind: &str| {
        let mut layer = layer.clone();
        layer["mediaType"] = json!(kind);
        good.with("layers", json!([layer]))
    };
    let mut other_config = good.clone();
    other_config.blobs[0] =
        json!({"architecture": "wasm", "os": "wasip2", "layerDigests": [sha256(b"other")]}).to_string().into_bytes();
    let config = json!({"mediaType": manifest["config"]["mediaType"], "digest": sha256(&other_config.blobs[0]),
                        "size": other_config.blobs[0].len()});
    let child = Image::oci("a");
    stack.behind.push("policy/tagseal", "child", &child).await;
    for (name, image, expected) in [
        ("no layer", good.with("layers", json!([])), "it has 0 layers"),
        ("two layers", good.with("layers", json!([layer, layer])), "it has 2 layers"),
        ("another layer", with_type("application/vnd.oci.image.layer.v1.tar"), "layer.v1.tar"),
        ("an image", child.clone(), "its configuration is of the type `application/vnd.oci.image.config.v1+json`"),
        ("an index", Image::index(OCI_INDEX, &[&child]), "it is an index of several manifests"),
        ("another component's configuration", other_config.with("config", config), "describes another layer"),
    ] {
        assert_eq!(stack.behind.push("policy/tagseal", "v1", &image).await.status, 201, "{name}");
        refused(&stack, &image, 3, &["is not a component", expected]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_no_component_has_is_refused_before_anything_is_read() {
    let stack = Stack::new().await;
    let good = packed(tagseal::COMPONENT);
    let mut manifest: Value = serde_json::from_slice(&good.bytes).unwrap();
    manifest["layers"][0]["size"] = json!(10_u64 << 30);
    let layer = manifest["layers"][0].clone();
    let huge = good.with("layers", json!([layer]));
    stack.behind.push("policy/tagseal", "v1", &huge).await;
    stack.asked();
    refused(&stack, &huge, 3, &["the component has 10737418240 bytes"]).await;
    let asked = stack.asked();
    assert!(!asked.iter().any(|asked| asked.contains(&sha256(tagseal::COMPONENT))), "{asked:?}");
    manifest["config"]["size"] = json!(2 << 20);
    let huge = good.with("config", manifest["config"].clone());
    stack.behind.push("policy/tagseal", "v1", &huge).await;
    refused(&stack, &huge, 3, &["has a configuration of 2097152 bytes"]).await;
    stack.script(|asked| if asked.path.contains("/manifests/") { ok("a".repeat(5 << 20)) } else { Act::Pass });
    refused(&stack, &huge, 2, &["it has more than 4194304 bytes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_imports_or_has_another_interface_is_refused() {
    let stack = Stack::new().await;
    for (text, expected) in [
        (r#"(component (import "clock" (func)))"#, "the component imports `clock`"),
        ("(component)", "the component has another world"),
        ("(module)", "not a WebAssembly component"),
    ] {
        let image = packed(&wat::parse_str(text).unwrap());
        assert_eq!(stack.behind.push("policy/tagseal", "v1", &image).await.status, 201);
        let (ended, is_written) = pull(&stack, ":v1").await;
        ended.failed(3, &[expected]);
        assert!(!is_written, "{text}");
        let policy = tagseal_test_support::folder::Folder::new();
        let policy = policy.file("policy.json", tagseal_test_support::stack::POLICY);
        let reference = format!("oci://{}", named(&stack, &format!("@{}", image.digest())));
        tagseal(&["check", &policy, "--component", &reference]).await.failed(3, &[expected]);
    }
    let cut = &tagseal::COMPONENT[..tagseal::COMPONENT.len() / 2];
    stack.behind.push("policy/tagseal", "v1", &packed(cut)).await;
    let (ended, is_written) = pull(&stack, ":v1").await;
    ended.failed(3, &["not a WebAssembly component"]);
    assert!(!is_written);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_end_and_lead_to_what_the_digest_says() {
    let (stack, image) = with_component().await;
    let layer = sha256(tagseal::COMPONENT);
    let path = format!("/v2/policy/tagseal/blobs/{layer}");
    let own_path = path.clone();
    stack.script(blob(layer.clone(), move || redirect(own_path.clone())));
    refused(&stack, &image, 2, &["which is not followed: there were too many before it"]).await;
    for (place, why) in [
        ("file:///etc/passwd", "it is not an address"),
        ("//storage.example/layer", "it is not an address"),
        ("", "it is not an address"),
        ("http://user:secret@storage.example/", "its address is invalid"),
    ] {
        stack.script(blob(layer.clone(), move || redirect(place)));
        refused(&stack, &image, 2, &["the registry redirects to", why]).await;
    }
    let storage = serve(|_: Request<Incoming>| async { Response::new(own("other content")) }).await;
    stack.script(blob(layer, move || redirect(format!("http://{storage}/layer"))));
    refused(&stack, &image, 3, &["the registry sent 13 bytes of"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_not_sent_elsewhere() {
    for place in ["http://storage.example/upload", "//storage.example/upload", ""] {
        let stack = Stack::new().await;
        stack.script(move |asked| match asked.method == hyper::Method::POST {
            true => Act::Answer(StatusCode::ACCEPTED, vec![("location", place.to_owned())], String::new()),
            false => Act::Pass,
        });
        let ended = tagseal(&["component", "push", &named(&stack, ":v1")]).await;
        ended.failed(2, &["does not say at which address of its own the upload goes on"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_stores_something_else_is_noticed() {
    let stack = Stack::new().await;
    let other = sha256(b"other");
    let said = other.clone();
    stack.script(move |asked| match asked.method == hyper::Method::PUT && asked.path.contains("/manifests/") {
        true => Act::Answer(StatusCode::CREATED, vec![("docker-content-digest", said.clone())], String::new()),
        false => Act::Pass,
    });
    tagseal(&["component", "push", &named(&stack, ":v1")]).await.failed(3, &["can't be pushed", &other]);
}
