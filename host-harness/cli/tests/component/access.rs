//! As whom a registry is asked: whoever has logged in with docker or podman, and only if it wants to know.

use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use tagseal_test_support::folder::Folder;
use tagseal_test_support::stack::{Act, Asked, Stack, own, serve};

use crate::{named, tagseal, tagseal_with};

/// `user:password`, in Base64.
const RIGHT: &str = "dXNlcjpwYXNzd29yZA==";

fn authorization(asked: &Asked) -> &str {
    asked.headers.get("authorization").map_or("", |value| value.to_str().unwrap())
}

fn challenge(text: &str) -> Act {
    Act::Answer(StatusCode::UNAUTHORIZED, vec![("www-authenticate", text.to_owned())], String::new())
}

/// A folder with the file of credentials that docker would write.
fn logged_in(stack: &Stack) -> Folder {
    let folder = Folder::new();
    folder.file("config.json", format!(r#"{{"auths": {{"{}": {{"auth": "{RIGHT}"}}}}}}"#, stack.behind_address()));
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_sent_to_a_registry_that_asks_for_it() {
    let stack = Stack::new().await;
    stack.script(|asked| match authorization(asked) == format!("Basic {RIGHT}") {
        true => Act::Pass,
        false => challenge("Basic realm=\"registry\""),
    });
    let name = named(&stack, ":v1");
    let ended = tagseal(&["component", "push", &name]).await;
    ended.failed(2, &["401", &format!("docker login {}", stack.behind_address())]);
    let folder = logged_in(&stack);
    let variables = [("DOCKER_CONFIG", folder.path().to_str().unwrap())];
    tagseal_with(&["component", "push", &name], &variables).await.succeeded();
    tagseal_with(&["component", "show", &name], &variables).await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_with_the_right_to_push() {
    let scopes: Arc<Mutex<Vec<String>>> = Arc::default();
    let given = Arc::clone(&scopes);
    let tokens = serve(move |request: Request<Incoming>| {
        let given = Arc::clone(&given);
        async move {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let shown = request.headers().get("authorization").map_or("", |it| it.to_str().unwrap());
            let scope = query.split('&').find_map(|pair| pair.strip_prefix("scope=")).unwrap_or_default().to_owned();
            given.lock().unwrap().push(format!("{shown} {scope}"));
            Response::new(own(format!(r#"{{"token": "{scope}"}}"#)))
        }
    })
    .await;
    let stack = Stack::new().await;
    stack.script(move |asked| {
        let actions = if asked.method.is_safe() { "pull" } else { "pull,push" };
        let escaped = format!("repository%3Apolicy%2Ftagseal%3A{}", actions.replace(',', "%2C"));
        // A token that gives more is as good.
        if authorization(asked).starts_with(&format!("Bearer {escaped}")) {
            return Act::Pass;
        }
        let scope = format!("repository:policy/tagseal:{actions}");
        challenge(&format!("Bearer realm=\"http://{tokens}/token\",service=\"registry\",scope=\"{scope}\""))
    });
    let folder = logged_in(&stack);
    let variables = [("DOCKER_CONFIG", folder.path().to_str().unwrap())];
    tagseal_with(&["component", "push", &named(&stack, ":v1")], &variables).await.succeeded();
    let pull = format!("Basic {RIGHT} repository%3Apolicy%2Ftagseal%3Apull");
    assert_eq!(*scopes.lock().unwrap(), [pull.clone(), format!("{pull}%2Cpush")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_gets_no_credentials() {
    let stack = Stack::new().await;
    tagseal(&["component", "push", &named(&stack, ":v1")]).await.succeeded();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let storage = serve(move |request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let names: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
            seen.lock().unwrap().push(format!("{} {}", request.uri(), names.join(",")));
            Response::new(own(tagseal::COMPONENT))
        }
    })
    .await;
    let layer = format!("/v2/policy/tagseal/blobs/{}", tagseal_test_support::image::sha256(tagseal::COMPONENT));
    stack.script(move |asked| {
        if authorization(asked) != format!("Basic {RIGHT}") {
            challenge("Basic realm=\"registry\"")
        } else if asked.path == layer {
            let place = format!("http://{storage}/bucket/layer?signature=a%2Fb");
            Act::Answer(StatusCode::TEMPORARY_REDIRECT, vec![("location", place)], String::new())
        } else {
            Act::Pass
        }
    });
    let folder = logged_in(&stack);
    let (credentials, file) = (folder.path().to_str().unwrap(), folder.path().join("pulled.wasm"));
    let pull = ["component", "pull", &named(&stack, ":v1"), "--output", file.to_str().unwrap()];
    tagseal_with(&pull, &[("DOCKER_CONFIG", credentials)]).await.succeeded();
    assert!(std::fs::read(&file).unwrap() == tagseal::COMPONENT);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("/bucket/layer?signature=a%2Fb "), "{asked:?}");
    assert!(!asked[0].contains("authorization"), "{asked:?}");
}
