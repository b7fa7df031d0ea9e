//! Deletes of tags, manifests and blobs.

use serde_json::json;
use tagseal_gateway::{GatewaySettings, TagDelete};
use tagseal_test_support::image::{Image, OCI_IMAGE, OCI_INDEX};
use tagseal_test_support::stack::{POLICY, Stack};

#[tokio::test]
async fn a_protected_tag_stays_and_others_can_be_deleted() {
    let stack = Stack::with(POLICY, GatewaySettings::default().with_tag_delete(TagDelete::Untags)).await;
    let image = Image::oci("a");
    for (repository, tag) in [("prod/app", "v1"), ("prod/app", "latest"), ("free/app", "v1"), ("team/app", "v1")] {
        stack.client.push(repository, tag, &image).await;
    }
    stack.asked();
    let refused = stack.client.delete("/v2/prod/app/manifests/v1").await;
    assert_eq!(refused.refusal(), "405 DENIED");
    assert_eq!(refused.header("allow"), "GET, HEAD, PUT");
    assert!(refused.message().contains("v1") && refused.message().contains("rule 1"), "{}", refused.message());
    assert_eq!(refused.error()["detail"]["reason"], "TAG_IMMUTABLE");
    assert!(stack.asked().iter().all(|asked| asked != "DELETE /v2/prod/app/manifests/v1"), "nothing was passed on");
    for (repository, tag) in [("prod/app", "latest"), ("free/app", "v1"), ("team/app", "v1")] {
        assert_eq!(stack.client.delete(&format!("/v2/{repository}/manifests/{tag}")).await.status, 202);
        assert_eq!(stack.client.resolve(repository, tag).await, "");
    }
    assert_eq!(stack.client.resolve("prod/app", "v1").await, image.digest());
}

#[tokio::test]
async fn a_manifest_stays_while_any_of_its_tags_is_protected() {
    let stack = Stack::new().await;
    let (kept, moved) = (Image::oci("kept"), Image::oci("moved"));
    for (tag, image) in [("v1", &kept), ("latest", &kept), ("latest", &moved)] {
        stack.client.push("prod/app", tag, image).await;
    }
    for digest in [kept.digest(), kept.digest().replace(':', "%3A"), kept.sha512()] {
        let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{digest}")).await;
        assert_eq!(refused.refusal(), "405 DENIED", "{digest}");
    }
    let gone = stack.client.delete(&format!("/v2/prod/app/manifests/{}", moved.digest())).await;
    assert_eq!(gone.status, 202, "only `latest` needed it");
    assert_eq!(stack.client.resolve("prod/app", "v1").await, kept.digest());
    assert_eq!(stack.client.resolve("prod/app", "latest").await, "");

    stack.client.push("free/app", "v1", &kept).await;
    assert_eq!(stack.client.delete(&format!("/v2/free/app/manifests/{}", kept.digest())).await.status, 202);
}

#[tokio::test]
async fn c10_a_part_is_taken_for_what_it_is_and_not_for_what_the_index_says() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    let inner = Image::index(OCI_INDEX, &[&image]);
    let part = json!({"mediaType": OCI_IMAGE, "digest": inner.digest(), "size": inner.bytes.len()});
    let outer = Image::index(OCI_INDEX, &[]).with("manifests", json!([part]));
    for manifest in [&image, &inner] {
        stack.client.push("prod/app", &manifest.digest(), manifest).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &outer).await.status, 201);
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", image.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
}

#[tokio::test]
async fn m10_a_link_that_is_no_digest_refers_to_nothing() {
    let stack = Stack::new().await;
    let (image, loose) = (Image::oci("a"), Image::oci("b"));
    stack.behind.upload("prod/app", &image).await;
    let odd = image.with("subject", json!({"mediaType": OCI_IMAGE, "digest": "sha256:zz", "size": 2}));
    stack.behind.put("prod/app", "v1", &odd).await;
    stack.client.push("prod/app", &loose.digest(), &loose).await;
    assert_eq!(stack.client.delete(&format!("/v2/prod/app/manifests/{}", loose.digest())).await.status, 202);
}

#[tokio::test]
async fn a_manifest_that_a_protected_index_needs_stays() {
    let stack = Stack::new().await;
    let (amd64, arm64, loose) = (Image::oci("amd64"), Image::oci("arm64"), Image::oci("loose"));
    let inner = Image::index(OCI_INDEX, &[&amd64]);
    let outer = Image::index(OCI_INDEX, &[&inner, &arm64]);
    for image in [&amd64, &arm64, &loose, &inner] {
        stack.client.push("prod/app", &image.digest(), image).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &outer).await.status, 201);
    for needed in [&outer, &inner, &amd64, &arm64] {
        let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", needed.digest())).await;
        assert_eq!(refused.refusal(), "405 DENIED");
    }
    let path = format!("/v2/prod/app/manifests/{}", loose.digest());
    assert_eq!(stack.client.delete(&path).await.status, 202, "nothing needs it");
}

#[tokio::test]
async fn the_subject_of_a_protected_manifest_stays() {
    let stack = Stack::new().await;
    let subject = Image::oci("subject");
    let about = serde_json::json!({"mediaType": subject.media_type, "digest": subject.digest(), "size": 1});
    let referrer = Image::oci("referrer").with("subject", about);
    stack.client.push("prod/app", &subject.digest(), &subject).await;
    assert_eq!(stack.client.push("prod/app", "v1", &referrer).await.status, 201);
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", subject.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
}

#[tokio::test]
async fn blobs_of_a_repository_with_protected_tags_stay() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    for repository in ["prod/app", "free/app", "team/app"] {
        stack.client.push(repository, "v1", &image).await;
    }
    let refused = stack.client.delete(&format!("/v2/prod/app/blobs/{}", image.config())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
    assert!(refused.message().contains("blobs of prod/app") && refused.message().contains("rule 1"), "{refused:?}");
    // M16: it is final, says so, and names a way out.
    assert_eq!(
        (refused.error()["detail"]["reason"].as_str(), refused.header("allow")),
        (Some("BLOB_PROTECTED"), "GET, HEAD")
    );
    assert!(refused.message().contains("garbage collection"), "{}", refused.message());
    assert_eq!(stack.client.get(&format!("/v2/prod/app/blobs/{}", image.config())).await.status, 200);
    for repository in ["free/app", "team/app"] {
        assert_eq!(stack.client.delete(&format!("/v2/{repository}/blobs/{}", image.config())).await.status, 202);
    }
}

#[tokio::test]
async fn a_delete_and_a_second_push_do_not_move_a_tag() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    stack.client.upload("prod/app", &other).await;
    for path in ["v1".to_owned(), first.digest()] {
        assert_eq!(stack.client.delete(&format!("/v2/prod/app/manifests/{path}")).await.refusal(), "405 DENIED");
        // Some clients push a dummy to a tag that they can't delete, and delete that.
        assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    }
    assert_eq!(stack.client.resolve("prod/app", "v1").await, first.digest());
}

#[tokio::test]
async fn three_hundred_tags_are_all_looked_up() {
    let stack = Stack::new().await;
    let (many, one) = (Image::oci("many"), Image::oci("one"));
    stack.client.upload("prod/app", &many).await;
    for number in 0..300 {
        // Around the gateway, where 300 pushes need no look-ups.
        assert_eq!(stack.behind.put("prod/app", &format!("v{number}"), &many).await.status, 201);
    }
    stack.client.push("prod/app", "zz-last", &one).await;
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", one.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
    assert!(refused.message().contains("zz-last"), "{}", refused.message());
}

#[tokio::test]
async fn m8_a_delete_reads_no_tag_whose_image_the_ledger_knows() {
    let stack = Stack::new().await;
    let images: Vec<_> = (0..20).map(|number| Image::oci(&format!("image {number}"))).collect();
    for (number, image) in images.iter().enumerate() {
        assert_eq!(stack.client.push("prod/app", &format!("v{number}"), image).await.status, 201);
    }
    let (loose, elsewhere) = (Image::oci("loose"), Image::oci("elsewhere"));
    stack.client.push("prod/app", &loose.digest(), &loose).await;
    stack.asked();
    assert_eq!(stack.client.delete(&format!("/v2/prod/app/manifests/{}", loose.digest())).await.status, 202);
    let asked = stack.asked();
    let is_read = |asked: &&String| asked.starts_with("GET /v2/prod/app/manifests/");
    assert_eq!(asked.iter().filter(is_read).count(), 0, "{asked:?}");
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", images[3].digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
    stack.behind.push("prod/app", "v99", &elsewhere).await;
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", elsewhere.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED", "a tag that the ledger does not know is read");
}

/// M15: `regctl tag delete` does so, where the registry can't delete tags.
#[tokio::test]
async fn m15_an_image_that_is_pushed_to_delete_a_tag_is_refused_and_the_delete_by_digest_passes() {
    let stack = Stack::new().await;
    let (first, dummy) = (Image::oci("first"), Image::oci("dummy"));
    stack.client.push("free/app", "v1", &first).await;
    let refused = stack.client.push("free/app", "v1", &dummy).await;
    assert_eq!(refused.refusal(), "409 DENIED", "whoever pushes it, and why, nobody knows");
    assert_eq!(stack.client.resolve("free/app", "v1").await, first.digest());
    let deleted = stack.client.delete(&format!("/v2/free/app/manifests/{}", first.digest())).await;
    assert_eq!(deleted.status, 202, "this is what SECURITY.md says to do");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../SECURITY.md");
    assert!(std::fs::read_to_string(page).unwrap().contains("`regctl manifest delete`"));
}

/// M17: it was kept, and read again each time.
#[tokio::test]
async fn m17_a_large_manifest_is_not_read_again_at_each_delete() {
    let stack = Stack::new().await;
    let large = Image::oci("large").with("annotations", serde_json::json!({"pad": "x".repeat(3_900_000)}));
    assert_eq!(stack.client.push("prod/app", "v1", &large).await.status, 201);
    for number in 0..10 {
        let loose = Image::oci(&format!("loose {number}"));
        stack.client.push("prod/app", &loose.digest(), &loose).await;
        stack.asked();
        assert_eq!(stack.client.delete(&format!("/v2/prod/app/manifests/{}", loose.digest())).await.status, 202);
        let asked = stack.asked();
        assert!(!asked.iter().any(|asked| asked.starts_with("GET /v2/prod/app/manifests/")), "{asked:?}");
    }
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", large.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
}
