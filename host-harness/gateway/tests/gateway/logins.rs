//! Credentials and challenges: what a client is asked for, and what one without permission gets to see.

use hyper::{Method, StatusCode};
use serde_json::json;

use tagseal_test_support::image::{Image, OCI_IMAGE};
use tagseal_test_support::registry::Answer;
use tagseal_test_support::stack::{Act, Asked, Stack};

const REALM: &str = "Bearer realm=\"https://auth.example/token\",service=\"registry\"";

fn challenge(scope: &str) -> Act {
    let challenge = format!("{REALM},scope=\"repository:prod/app:{scope}\"");
    let headers = vec![("www-authenticate", challenge), ("content-type", "application/json".to_owned())];
    Act::Answer(StatusCode::UNAUTHORIZED, headers, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".to_owned())
}

#[track_caller]
fn asks_for(answer: &Answer, scope: &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), format!("{REALM},scope=\"repository:prod/app:{scope}\""));
}

/// A registry that asks for a scope of its own for each method, as some do.
fn by_method(asked: &Asked) -> Act {
    let has = |scope: &str| asked.headers.get("authorization").is_some_and(|it| it.to_str().unwrap().contains(scope));
    match asked.method {
        Method::HEAD | Method::GET if !has("pull") => challenge("pull"),
        Method::PUT if !has("push") => challenge("push"),
        Method::DELETE if !has("delete") => challenge("delete"),
        _ => Act::Pass,
    }
}

/// M5: cases 2 of logins. A client that does what the challenge says gets through in one round.
#[tokio::test]
async fn m5_one_challenge_asks_for_the_look_up_and_the_write_together() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    stack.behind.push("prod/app", "latest", &Image::oci("moves")).await;
    stack.script(by_method);
    let ask = |method: Method, path: &'static str, token: &'static str| {
        let (client, image) = (stack.client.clone(), image.clone());
        async move {
            let headers = [("content-type", OCI_IMAGE), ("authorization", token)];
            let body = if method == Method::PUT { &image.bytes[..] } else { b"" };
            client.ask(method, path, &headers, body).await
        }
    };
    let (put, delete) = ("/v2/prod/app/manifests/v1", "/v2/prod/app/manifests/latest");
    asks_for(&ask(Method::PUT, put, "Bearer none").await, "pull,push");
    asks_for(&ask(Method::PUT, put, "Bearer pull").await, "push,pull");
    assert_eq!(ask(Method::PUT, put, "Bearer pull,push").await.status, 201);
    asks_for(&ask(Method::DELETE, delete, "Bearer none").await, "pull,delete");
    asks_for(&ask(Method::DELETE, delete, "Bearer pull").await, "delete,pull");
    assert_eq!(ask(Method::DELETE, delete, "Bearer pull,delete").await.status, 202);
}

/// M9: cases 3 of logins.
#[tokio::test]
async fn m9_without_credentials_the_answer_is_the_registrys_and_not_a_rules_text() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    let first_schema = image.with("schemaVersion", json!(1));
    stack.behind.push("prod/app", "v1", &image).await;
    let blob = format!("/v2/prod/app/blobs/{}", image.config());
    let manifest = format!("/v2/prod/app/manifests/{}", image.digest());
    for is_public in [false, true] {
        // A registry that lets nobody read without credentials, and one that lets everybody.
        stack.script(move |asked| match asked.headers.contains_key("authorization") {
            false if asked.method == Method::POST => challenge("push,pull"),
            false if !is_public => challenge("pull"),
            _ => Act::Pass,
        });
        let answers = [
            stack.client.delete("/v2/prod/app/manifests/v1").await,
            stack.client.delete(&blob).await,
            stack.client.put("prod/app", "v1", &first_schema).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 401, "{is_public}: {answer:?}");
            assert!(answer.header("www-authenticate").starts_with(REALM));
            assert!(!String::from_utf8_lossy(&answer.body).contains("rule"), "{answer:?}");
        }
        let with = [("authorization", "Basic eDp5")];
        for path in ["/v2/prod/app/manifests/v1", &blob, &manifest] {
            let answer = stack.client.ask(Method::DELETE, path, &with, b"").await;
            assert_eq!(answer.refusal(), "405 DENIED", "{path}");
        }
    }
}

#[tokio::test]
async fn m14_what_does_not_exist_is_not_immutable_and_wrong_credentials_are_the_registrys_affair() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.push("prod/app", "v1", &image).await;
    let other = Image::oci("other");
    for (path, code) in [
        ("/v2/prod/app/manifests/v2".to_owned(), "MANIFEST_UNKNOWN"),
        ("/v2/prod/none/manifests/v1".into(), "MANIFEST_UNKNOWN"),
        (format!("/v2/prod/app/blobs/{}", other.config()), "BLOB_UNKNOWN"),
    ] {
        assert_eq!(stack.client.delete(&path).await.refusal(), format!("404 {code}"), "{path}");
    }
    stack.script(|asked| match asked.method {
        Method::HEAD => Act::Answer(StatusCode::FORBIDDEN, vec![], String::new()),
        _ => Act::Pass,
    });
    let refused = stack.client.delete("/v2/prod/app/manifests/v1").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.message().contains("rule"), "{}", refused.message());
}

/// M5: case 1 of logins. Clients with an identity token have no other way than `POST`.
#[tokio::test]
async fn m5_a_request_for_a_token_passes_to_the_registrys_own_realm_and_no_other_post_does() {
    let token = Act::Answer(StatusCode::OK, vec![("content-type", "application/json".into())], "{}".to_owned());
    for (realm, passes) in [("http://HOST/service/token", true), ("https://auth.example/service/token", false)] {
        let stack = Stack::new().await;
        let challenge = format!("Bearer realm=\"{}\"", realm.replace("HOST", &stack.address.to_string()));
        let token = token.clone();
        stack.script(move |asked| match (&asked.method, asked.path.as_str()) {
            (&Method::GET, "/v2/") => {
                Act::Answer(StatusCode::UNAUTHORIZED, vec![("www-authenticate", challenge.clone())], String::new())
            }
            (&Method::POST, _) => token.clone(),
            _ => Act::Pass,
        });
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let ask = |path: &'static str| {
            let client = stack.client.clone();
            async move { client.ask(Method::POST, path, &form, b"grant_type=password").await.status.as_u16() }
        };
        assert_eq!(ask("/service/token").await, if passes { 200 } else { 404 }, "{realm}");
        assert_eq!(ask("/service/token/").await, 404);
        assert_eq!(ask("/api/projects").await, 404);
        let posts: Vec<_> = stack.asked().into_iter().filter(|asked| asked.starts_with("POST ")).collect();
        assert_eq!(posts, if passes { vec!["POST /service/token"] } else { vec![] });
    }
}
