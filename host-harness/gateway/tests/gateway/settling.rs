//! Open writes that the gateway settles by itself, with a credential of its own.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::inventory::{Inventory, Login};
use tagseal_distribution::reference::{Repository, Tag};
use tagseal_gateway::{ActivePolicy, BindingState, Ledger, LedgerSettings, Place, Settler};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::postgres::settings;
use tagseal_test_support::image::Image;
use tagseal_test_support::stack::{self, Act, Asked, POLICY, Stack};

/// How long the registry may take where it is cut.
const MOMENT: Duration = Duration::from_millis(200);
/// A late-write limit that soon has passed.
const LIMIT: Duration = Duration::from_secs(2);
/// `gateway:secret`, as the registry gets it.
const OWN: &str = "Basic Z2F0ZXdheTpzZWNyZXQ=";
/// `alice:secret`.
const ALICE: &str = "Basic YWxpY2U6c2VjcmV0";

/// A registry that shows nothing to those that it does not know.
fn known_only(asked: &Asked) -> Act {
    match asked.headers.get("authorization").and_then(|value| value.to_str().ok()) {
        Some(OWN | ALICE) => Act::Pass,
        _ => {
            let headers = vec![
                ("www-authenticate", "Basic realm=\"registry\"".to_owned()),
                ("content-type", "application/json".to_owned()),
            ];
            Act::Answer(StatusCode::UNAUTHORIZED, headers, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".to_owned())
        }
    }
}

fn settler(stack: &Stack, ledger: &Ledger) -> Settler {
    let registry = RegistryClient::new(&format!("http://{}", stack.behind_address())).unwrap();
    let login = Login::User { name: "gateway".to_owned(), password: "secret".to_owned() };
    Settler::new(ledger.clone(), Inventory::new(registry, login))
}

/// A gateway, its ledger, and an image of which a push was cut. It is carried out on a word.
async fn cut_push(limit: Duration) -> (Stack, Ledger, Image, Arc<Notify>) {
    let settings_of_ledger = LedgerSettings { late_write_limit: Some(limit), ..LedgerSettings::default() };
    let ledger = Ledger::open(&Place::Memory, settings_of_ledger).await.unwrap();
    let policy = ActivePolicy::new(stack::policy(POLICY));
    let stack = Stack::remembering(policy, settings().with_commit_timeout(MOMENT), ledger.clone()).await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    let (late, mut act) = (Arc::new(Notify::new()), None);
    act.replace(Act::Silent(Arc::clone(&late)));
    stack.script(move |asked| match known_only(asked) {
        Act::Pass if asked.method == Method::PUT => act.take().unwrap_or(Act::Pass),
        other => other,
    });
    let headers = [("content-type", image.media_type), ("authorization", ALICE)];
    let cut = stack.client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await;
    assert_eq!(cut.refusal(), "503 UNAVAILABLE");
    assert_eq!(ledger.all_writes().await.unwrap().len(), 1);
    (stack, ledger, image, late)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_was_lost_is_settled_without_a_client_and_no_client_gets_in_by_it() {
    let (stack, ledger, image, late) = cut_push(Duration::from_secs(600)).await;
    let mut settler = settler(&stack, &ledger);
    assert_eq!(settler.settle().await.unwrap(), 0, "it may still come");
    late.notify_one();
    let read = || stack.client.ask(Method::HEAD, "/v2/prod/app/manifests/v1", &[("authorization", ALICE)], b"");
    while read().await.status != 200 {
        sleep(Duration::from_millis(5)).await;
    }
    stack.asked();
    assert_eq!(settler.settle().await.unwrap(), 1);
    assert!(ledger.all_writes().await.unwrap().is_empty());
    let (repository, tag) = (Repository::parse("prod/app").unwrap(), Tag::parse("v1").unwrap());
    let binding = ledger.binding(&repository, &tag).await.unwrap().unwrap();
    assert_eq!((binding.digest.as_str(), binding.state), (image.digest().as_str(), BindingState::Bound));
    // Its own credential was for reads only, and is not for others.
    let asked = stack.asked_in_full();
    assert!(!asked.is_empty() && asked.iter().all(|it| matches!(it.method, Method::HEAD | Method::GET)), "{asked:?}");
    let stranger = stack.client.put("prod/app", "v1", &Image::oci("b")).await;
    assert_eq!(stranger.status, 401, "{stranger:?}");
    for path in ["/v2/prod/app/manifests/v1", "/v2/prod/app/tags/list"] {
        assert_eq!(stack.client.get(path).await.status, 401);
    }
    assert!(
        stack.asked_in_full().iter().all(|it| it.headers.get("authorization").is_none()),
        "nor is it sent for them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_came_is_settled_once_the_limit_has_passed() {
    let (stack, ledger, _, _late) = cut_push(LIMIT).await;
    sleep(LIMIT + MOMENT).await;
    assert_eq!(settler(&stack, &ledger).settle().await.unwrap(), 1);
    let other = Image::oci("b");
    stack.script(|_| Act::Pass);
    stack.behind.upload("prod/app", &other).await;
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_shows_nothing_settles_nothing() {
    let (stack, ledger, _, _late) = cut_push(LIMIT).await;
    stack.script(|_| Act::Answer(StatusCode::FORBIDDEN, vec![], String::new()));
    sleep(LIMIT + MOMENT).await;
    assert_eq!(settler(&stack, &ledger).settle().await.unwrap(), 0);
    assert_eq!(ledger.all_writes().await.unwrap().len(), 1);
}
