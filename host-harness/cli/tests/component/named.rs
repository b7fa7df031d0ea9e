//! A component of a registry wherever the command line takes one.

use serde_json::Value;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::stack::{POLICY, Stack};

use crate::{named, said, tagseal, tagseal_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_a_registry_decides() {
    let stack = Stack::new().await;
    let reference = said(&tagseal(&["component", "push", &named(&stack, ":v1")]).await, "reference");
    stack.asked();
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let decide = ["decide", &policy, "--delete", "prod/app:v1", "--format", "json"];
    let by_flag = [&decide[..], &["--component", &reference]].concat();
    let by_variable = [("TAGSEAL_COMPONENT", reference.as_str())];
    for (arguments, variables) in [(&by_flag[..], &[][..]), (&decide[..], &by_variable[..])] {
        let ended = tagseal_with(arguments, variables).await;
        let decision: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
        assert_eq!((ended.code, decision["code"].as_str()), (Some(1), Some("immutable")));
        let asked = stack.asked();
        assert_eq!(asked.len(), 3, "the manifest, the configuration and the component: {asked:?}");
    }
    let inspected = tagseal(&["inspect", &reference]).await;
    assert!(inspected.code == Some(0) && inspected.out.lines().any(|line| line == "imports: none"), "{inspected:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_does_not_choose_the_component_that_decides() {
    let stack = Stack::new().await;
    tagseal(&["component", "push", &named(&stack, ":v1")]).await.succeeded();
    stack.asked();
    let reference = format!("oci://{}", named(&stack, ":v1"));
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let reasons = ["whoever moves the tag would choose the component that decides", "tagseal component show"];
    tagseal(&["check", &policy, "--component", &reference]).await.failed(2, &reasons);
    tagseal_with(&["check", &policy], &[("TAGSEAL_COMPONENT", &reference)]).await.failed(2, &reasons);
    tagseal(&["inspect", &reference]).await.failed(2, &reasons);
    assert_eq!(stack.asked(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_named_by_the_variable_and_an_empty_name_is_the_built_in_component() {
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let broken = folder.file("broken.wasm", "text");
    tagseal_with(&["check", &policy], &[("TAGSEAL_COMPONENT", &broken)])
        .await
        .failed(3, &["not a WebAssembly component"]);
    tagseal_with(&["check", &policy], &[("TAGSEAL_COMPONENT", "")]).await.succeeded();
    let ended = tagseal_with(&["check", &policy, "--component", ""], &[("TAGSEAL_COMPONENT", &broken)]).await;
    assert_eq!(ended.code, Some(0), "the flag counts: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_not_there_exits_2() {
    let stack = Stack::new().await;
    let digest = format!("sha256:{}", "a".repeat(64));
    let reference = format!("oci://{}", named(&stack, &format!("@{digest}")));
    tagseal(&["inspect", &reference]).await.failed(2, &["404", "MANIFEST_UNKNOWN"]);
    tagseal(&["inspect", &format!("oci://127.0.0.1:1/policy@{digest}")]).await.failed(2, &["can't be reached"]);
    for reference in ["oci://policy", "oci://registry.example/policy", "oci://registry.example/policy@sha256:1"] {
        tagseal(&["inspect", reference]).await.failed(2, &["is not a reference to an artifact"]);
    }
}
