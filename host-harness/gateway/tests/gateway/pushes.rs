//! Pushes of manifests: by tag, by digest, by digest with tags.

use std::time::Duration;

use hyper::Method;
use serde_json::json;
use tagseal_gateway::{DeniedStatus, GatewaySettings};

use tagseal_test_support::image::{DOCKER_IMAGE, DOCKER_LIST, Image, OCI_IMAGE, OCI_INDEX};
use tagseal_test_support::stack::{POLICY, Stack};

#[tokio::test]
async fn a_tag_is_pushed_once_and_the_same_image_again() {
    let stack = Stack::new().await;
    for (tag, media_type) in [("oci", OCI_IMAGE), ("docker", DOCKER_IMAGE)] {
        let (first, other) = (Image::of(media_type, "first"), Image::of(media_type, "other"));
        for time in ["first", "second"] {
            let pushed = stack.client.push("prod/app", tag, &first).await;
            assert_eq!(
                (pushed.status.as_u16(), pushed.header("docker-content-digest")),
                (201, &*first.digest()),
                "{time}"
            );
        }
        stack.client.upload("prod/app", &other).await;
        stack.asked();
        let refused = stack.client.put("prod/app", tag, &other).await;
        assert_eq!(refused.refusal(), "409 DENIED");
        assert_eq!(stack.asked(), [format!("HEAD /v2/prod/app/manifests/{tag}")], "nothing was forwarded");
        assert_eq!(stack.client.resolve("prod/app", tag).await, first.digest());
    }
}

#[tokio::test]
async fn a_refusal_has_everything_in_one_line_and_again_as_data() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    let refused = stack.client.push("prod/app", "v1", &other).await;
    let message = refused.message();
    for part in ["v1", "prod/app", "rule 1", "namespace prod", &first.short(), &other.short()] {
        assert!(message.contains(part), "`{part}` is not in `{message}`");
    }
    let detail = json!({"reason": "TAG_IMMUTABLE", "rule": 1, "namespace": "prod", "repository": "prod/app", "tag": "v1",
                        "current": first.digest(), "pushed": other.digest()});
    assert_eq!(refused.error()["detail"], detail);
    assert_eq!(refused.header("cache-control"), "no-store");
    assert!(refused.body.starts_with(b"{\"errors\":[{\"message\":"), "M18: clients that cut the text show it");
    for header in ["www-authenticate", "retry-after", "location"] {
        assert!(!refused.headers.contains_key(header), "{refused:?}");
    }
}

#[tokio::test]
async fn the_status_of_a_refusal_is_a_setting() {
    let settings = GatewaySettings::default().with_denied_status(DeniedStatus::PreconditionFailed);
    let stack = Stack::with(POLICY, settings).await;
    stack.client.push("prod/app", "v1", &Image::oci("first")).await;
    assert_eq!(stack.client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "412 DENIED");
}

#[tokio::test]
async fn an_override_lets_other_content_in_until_it_ends() {
    for (until, status) in [("9999-12-31T23:59:59Z", 201), ("2020-01-01T00:00:00Z", 409)] {
        let policy = json!({"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}],
            "overrides": [{"repository": "prod/app", "tag": "v1", "until": until, "reason": "rebuilt"}]});
        let stack = Stack::with(&policy.to_string(), GatewaySettings::default()).await;
        let (first, other) = (Image::oci("first"), Image::oci("other"));
        stack.client.push("prod/app", "v1", &first).await;
        let pushed = stack.client.push("prod/app", "v1", &other).await;
        assert_eq!(pushed.status.as_u16(), status, "until {until}");
        stack.client.push("prod/app", "v2", &first).await;
        assert_eq!(stack.client.push("prod/app", "v2", &other).await.refusal(), "409 DENIED");
    }
}

#[tokio::test]
async fn an_unprotected_tag_can_move_and_is_not_looked_up() {
    let stack = Stack::new().await;
    for (repository, tag) in [("prod/app", "latest"), ("team/app", "v1"), ("prod", "v1")] {
        for word in ["first", "other"] {
            let image = Image::oci(word);
            stack.client.upload(repository, &image).await;
            stack.asked();
            assert_eq!(stack.client.put(repository, tag, &image).await.status, 201);
            assert_eq!(stack.asked(), [format!("PUT /v2/{repository}/manifests/{tag}")]);
            assert_eq!(stack.client.resolve(repository, tag).await, image.digest());
        }
    }
}

#[tokio::test]
async fn an_index_is_pushed_by_its_children_and_then_its_tag() {
    let stack = Stack::new().await;
    let kinds = [("index", OCI_INDEX, OCI_IMAGE), ("list", DOCKER_LIST, DOCKER_IMAGE)];
    for (tag, index_type, image_type) in kinds {
        let (amd64, arm64) = (Image::of(image_type, "amd64"), Image::of(image_type, "arm64"));
        let index = Image::index(index_type, &[&amd64, &arm64]);
        for child in [&amd64, &arm64] {
            assert_eq!(stack.client.push("prod/app", &child.digest(), child).await.status, 201);
        }
        assert_eq!(stack.client.put("prod/app", tag, &index).await.status, 201);
        assert_eq!(stack.client.put("prod/app", tag, &index).await.status, 201);
        assert_eq!(stack.client.put("prod/app", tag, &amd64).await.refusal(), "409 DENIED", "its own child");
        assert_eq!(stack.client.resolve("prod/app", tag).await, index.digest());
    }
}

#[tokio::test]
async fn tags_in_the_query_are_set_all_or_none() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    let with = |image: &Image, tags: &str| format!("{}?{tags}", image.digest());
    let pushed = stack.client.put("prod/app", &with(&first, "tag=v2&tag=v1&ns=x&tag=v2"), &first).await;
    assert_eq!(pushed.status, 201);
    let set: Vec<_> = pushed.headers.get_all("oci-tag").iter().collect();
    assert_eq!(set, ["v1", "v2"], "the registry got each tag once, and its answer is forwarded");
    assert_eq!(stack.client.resolve("prod/app", "v2").await, first.digest());

    stack.client.upload("prod/app", &other).await;
    stack.asked();
    let refused = stack.client.put("prod/app", &with(&other, "tag=v3&tag=v1&tag=latest"), &other).await;
    assert_eq!(refused.refusal(), "409 DENIED");
    assert!(stack.asked().iter().all(|asked| !asked.starts_with("PUT")), "nothing was forwarded");
    for tag in ["v3", "latest"] {
        assert_eq!(stack.client.resolve("prod/app", tag).await, "", "{tag}");
    }
    let by_tag = stack.client.put("prod/app", "v9?tag=v9", &other).await;
    assert_eq!(by_tag.refusal(), "400 UNSUPPORTED");
}

/// Tools read these tags, add something, and write them again. A rule that does not exempt them would break that.
#[tokio::test]
async fn signatures_and_referrers_can_move_if_the_rule_exempts_them() {
    let exempting =
        POLICY.replace("\"preset\": \"latest\"", "\"preset\": \"latest\", \"exempt\": [\"signatures\", \"referrers\"]");
    let subject = Image::oci("subject").digest().replace(':', "-");
    let (one, both) = (Image::oci("one signature"), Image::oci("two signatures"));
    let lists = [Image::index(OCI_INDEX, &[&one]), Image::index(OCI_INDEX, &[&one, &both])];
    for (document, second) in [(&*exempting, 201), (POLICY, 409)] {
        let stack = Stack::with(document, GatewaySettings::default()).await;
        stack.client.push("prod/app", &one.digest(), &one).await;
        stack.client.push("prod/app", &both.digest(), &both).await;
        for (tag, [before, after]) in [(format!("{subject}.sig"), [&one, &both]), (subject.clone(), lists.each_ref())] {
            assert_eq!(stack.client.put("prod/app", &tag, before).await.status, 201, "{tag}");
            assert_eq!(stack.client.put("prod/app", &tag, after).await.status, second, "{tag}");
        }
    }
}

#[tokio::test]
async fn m13_a_refused_signature_or_attachment_names_the_exemption_that_helps() {
    let stack = Stack::new().await;
    let subject = "0".repeat(64);
    for (suffix, exempt) in [("", "referrers"), (".sig", "signatures"), (".att", "signatures"), (".sbom", "signatures")]
    {
        let tag = format!("sha256-{subject}{suffix}");
        assert_eq!(stack.client.push("prod/app", &tag, &Image::oci("first")).await.status, 201);
        let refused = stack.client.push("prod/app", &tag, &Image::oci("second")).await;
        assert_eq!(refused.refusal(), "409 DENIED");
        let message = refused.message();
        assert!(message.contains(&format!("let the rule exempt `{exempt}`")), "{message}");
        assert!(!message.contains("push under a new tag"), "nobody chooses that tag: {message}");
    }
}

#[tokio::test]
async fn content_is_compared_whatever_the_algorithm_of_its_digest() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    stack.client.upload("prod/app", &other).await;
    let refused = stack.client.put("prod/app", &format!("{}?tag=v1", other.sha512()), &other).await;
    assert_eq!(refused.refusal(), "409 DENIED");
    assert!(
        refused.message().contains(&other.short()),
        "named in the algorithm of the tag's digest: {}",
        refused.message()
    );
    for _ in 0..2 {
        let same = stack.client.put("prod/app", &format!("{}?tag=v1", first.sha512()), &first).await;
        assert_eq!(same.status, 201, "{same:?}");
    }
    let same = stack.client.put("prod/app", "v1", &first).await;
    assert_eq!(same.status, 201, "now that the tag has a longer digest");
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
}

#[tokio::test]
async fn a_manifest_must_have_the_digest_in_its_path() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.asked();
    for query in ["", "?tag=v1", "?tag=v2"] {
        let refused = stack.client.put("prod/app", &format!("{}{query}", first.digest()), &other).await;
        assert_eq!(refused.refusal(), "400 DIGEST_INVALID");
    }
    assert_eq!(stack.asked(), [""; 0]);
}

#[tokio::test]
async fn the_same_bytes_with_another_media_type_are_a_change() {
    let stack = Stack::new().await;
    let image = Image::oci("first");
    let retyped = Image { media_type: DOCKER_IMAGE, ..image.clone() };
    stack.client.push("prod/app", "v1", &image).await;
    let refused = stack.client.put("prod/app", "v1", &retyped).await;
    assert_eq!(refused.refusal(), "409 DENIED", "it will not change in a moment");
    let message = refused.message();
    for part in ["v1", "rule 1", OCI_IMAGE, DOCKER_IMAGE] {
        assert!(message.contains(part), "`{part}` is not in `{message}`");
    }
    let served = stack.client.get("/v2/prod/app/manifests/v1").await;
    assert_eq!(served.header("content-type"), OCI_IMAGE);
    let again = Image { media_type: "Application/vnd.oci.image.manifest.v1+json; charset=utf-8", ..image };
    assert_eq!(stack.client.put("prod/app", "v1", &again).await.status, 201, "the same type in other letters");
}

#[tokio::test]
async fn a_manifest_of_the_first_schema_is_refused_under_a_protected_tag() {
    let stack = Stack::new().await;
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let first_schema = Image { media_type: signed, ..Image::oci("a").with("schemaVersion", json!(1)) };
    for tag in ["v1", "v2"] {
        let refused = stack.client.put("prod/app", tag, &first_schema).await;
        assert_eq!(refused.refusal(), "409 DENIED");
        assert!(refused.message().contains("first schema") && refused.message().contains("rule 1"), "{refused:?}");
        stack.client.push("prod/app", "v2", &Image::oci("a")).await;
    }
    stack.asked();
    stack.client.put("prod/app", "latest", &first_schema).await;
    assert_eq!(stack.asked(), ["PUT /v2/prod/app/manifests/latest"], "elsewhere the registry says what it thinks");
}

#[tokio::test]
async fn a_manifest_has_at_most_four_mebibytes() {
    let stack = Stack::new().await;
    let padded = |bytes: usize| {
        let image = Image::oci("a");
        let field = "\"annotations\":{\"a\":\"\"}".len() + 1;
        let padding = "a".repeat(bytes - image.bytes.len() - field);
        image.with("annotations", json!({"a": padding}))
    };
    let (large, too_large) = (padded(4 << 20), padded(5 << 20));
    assert_eq!((large.bytes.len(), too_large.bytes.len()), (4 << 20, 5 << 20));
    assert_eq!(stack.client.push("prod/app", "v1", &large).await.status, 201);
    stack.asked();
    for reference in ["v2", "latest", &too_large.digest()] {
        let refused = stack.client.put("prod/app", reference, &too_large).await;
        assert_eq!(refused.refusal(), "413 SIZE_INVALID");
        assert!(refused.message().contains("4 MiB"), "{refused:?}");
    }
    assert_eq!(stack.asked(), [""; 0]);
}

#[tokio::test]
async fn manifests_wait_for_memory_and_all_get_it() {
    // There is memory for one manifest at a time.
    let stack = Stack::with(
        POLICY,
        GatewaySettings::default().with_max_manifest_bytes(0).with_lock_timeout(Duration::from_secs(20)),
    )
    .await;
    let image = Image::oci("a").with("annotations", json!({"a": "a".repeat(3 << 20)}));
    stack.client.upload("prod/app", &image).await;
    stack.client.put_at_once("prod/app", &image, 8).await;
}

#[tokio::test]
async fn a_request_that_is_not_clearly_one_for_a_registry_is_refused_and_not_forwarded() {
    let stack = Stack::new().await;
    let image = Image::oci("first");
    stack.client.push("prod/app", "v1", &image).await;
    stack.asked();
    let table = [
        (Method::PUT, "/v2/prod/app/manifests/v%31", "400 UNSUPPORTED"),
        (Method::PUT, "/v2/prod//app/manifests/v1", "400 NAME_INVALID"),
        (Method::PUT, "/v2/prod/app/manifests/v1/", "400 UNSUPPORTED"),
        (Method::PUT, "/v2/prod/x/../app/manifests/v1", "400 NAME_INVALID"),
        (Method::PUT, "/v2/PROD/app/manifests/v1", "400 NAME_INVALID"),
        (Method::PUT, "/v2/prod/app/manifests/sha256:abc", "400 DIGEST_INVALID"),
        (Method::PUT, "/v2/prod/app/manifests/-v", "400 NAME_INVALID"),
        (Method::POST, "/v2/prod/app/manifests/v1", "404 UNSUPPORTED"),
        (Method::PATCH, "/v2/prod/app/manifests/v1", "400 UNSUPPORTED"),
        (Method::DELETE, "/v2/prod/app", "400 UNSUPPORTED"),
        (Method::DELETE, "/api/v2.0/projects/prod/repositories/app", "400 UNSUPPORTED"),
        (Method::POST, "/service/token", "404 UNSUPPORTED"),
        (Method::TRACE, "/v2/", "400 UNSUPPORTED"),
    ];
    for (method, path, refusal) in table {
        let refused = stack.client.ask(method.clone(), path, &[("content-type", OCI_IMAGE)], &image.bytes).await;
        assert_eq!(refused.refusal(), refusal, "{method} {path}");
    }
    let overridden = [("x-http-method-override", "DELETE")];
    for method in [Method::GET, Method::POST] {
        let refused = stack.client.ask(method, "/v2/prod/app/manifests/v1", &overridden, b"").await;
        assert_eq!(refused.refusal(), "400 UNSUPPORTED");
    }
    // The registry is asked where it issues tokens, and nothing else.
    assert!(stack.asked().iter().all(|asked| asked == "GET /v2/"));
}

#[tokio::test]
async fn a_new_policy_decides_from_the_next_request_on() {
    let stack = Stack::with(r#"{"version": 1, "instance": "test", "rules": []}"#, GatewaySettings::default()).await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    assert_eq!(stack.client.push("prod/app", "v1", &other).await.status, 201);
    stack.active_policy.replace(tagseal_test_support::stack::policy(POLICY));
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.refusal(), "409 DENIED");
    assert_eq!(stack.client.resolve("prod/app", "v1").await, other.digest());
}
