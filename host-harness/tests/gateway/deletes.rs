//! Deletes of tags, manifests and blobs.

use crate::client::{Image, OCI_INDEX};
use crate::stack::Stack;

#[tokio::test]
async fn a_protected_tag_stays_and_others_go() {
    let stack = Stack::new().await;
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
    assert_eq!(stack.asked(), [""; 0], "nothing was passed on");
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
async fn what_a_protected_index_needs_stays() {
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
async fn what_a_protected_manifest_is_about_stays() {
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
async fn blobs_of_a_repository_with_kept_tags_stay() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    for repository in ["prod/app", "free/app", "team/app"] {
        stack.client.push(repository, "v1", &image).await;
    }
    let refused = stack.client.delete(&format!("/v2/prod/app/blobs/{}", image.config())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
    assert!(refused.message().contains("blobs of prod/app") && refused.message().contains("rule 1"), "{refused:?}");
    assert_eq!(stack.client.get(&format!("/v2/prod/app/blobs/{}", image.config())).await.status, 200);
    for repository in ["free/app", "team/app"] {
        assert_eq!(stack.client.delete(&format!("/v2/{repository}/blobs/{}", image.config())).await.status, 202);
    }
}

#[tokio::test]
async fn deleting_and_pushing_again_moves_nothing() {
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
async fn three_hundred_tags_are_all_looked_at() {
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
