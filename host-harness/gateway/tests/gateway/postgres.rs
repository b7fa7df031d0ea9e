//! Several gateways that share a ledger in PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use tagseal_gateway::{ActivePolicy, GatewaySettings, Ledger, LedgerSettings, Place, TagDelete};
use tokio::sync::{Barrier, Notify};

use super::races::{contenders, delete_while_pushed, race};
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack};
use tagseal_test_support::tools::are_installed;

/// The number of rounds of each race.
const ROUNDS: usize = 20;
/// How long the registry may take where it is cut.
const MOMENT: Duration = Duration::from_millis(300);

pub(crate) fn settings() -> GatewaySettings {
    let (look_up, commit) = (Duration::from_secs(5), Duration::from_secs(5));
    GatewaySettings::default()
        .with_look_up_timeout(look_up)
        .with_commit_timeout(commit)
        .with_tag_delete(TagDelete::Untags)
}

pub(crate) async fn ledger(url: &str, name: &str) -> Ledger {
    let settings = LedgerSettings { name: name.to_owned(), ..LedgerSettings::default() };
    Ledger::open(&Place::Postgres(url.to_owned()), settings).await.unwrap()
}

/// A gateway, and another one in front of the same registry.
async fn two_gateways(one: Ledger, two: Ledger) -> (Stack, Registry) {
    let stack = Stack::remembering(ActivePolicy::new(stack::policy(POLICY)), settings(), one).await;
    let second = stack.successor(settings(), two).await;
    (stack, second)
}

/// Two images are pushed at once, each through a gateway of its own, and the registry carries out the requests about the tag with
/// this method once both gateways have sent theirs.
async fn race_of_first_pushes(meeting: Method, one: Ledger, two: Ledger) -> Vec<StatusCode> {
    let (stack, second) = two_gateways(one, two).await;
    let (a, b) = (Image::oci("a"), Image::oci("b"));
    for image in [&a, &b] {
        stack.behind.upload("prod/app", image).await;
    }
    let (both, mut asked) = (Arc::new(Barrier::new(2)), 0);
    stack.script(move |request| {
        asked += usize::from(request.method == meeting);
        if request.method == meeting && asked <= 2 { Act::Meet(Arc::clone(&both)) } else { Act::Pass }
    });
    let (one, two) = tokio::join!(stack.client.put("prod/app", "v1", &a), second.put("prod/app", "v1", &b));
    vec![one.status, two.status]
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_two_gateways_have_two_winners_unless_they_share_a_ledger() {
    let (one, two) = (Ledger::in_memory().await.unwrap(), Ledger::in_memory().await.unwrap());
    assert_eq!(race_of_first_pushes(Method::PUT, one, two).await, [201, 201], "this is what the ledger is for");
    let Some(server) = PostgresServer::start() else { return };
    let (one, two) = (ledger(&server.url(), "one").await, ledger(&server.url(), "two").await);
    let mut answers = race_of_first_pushes(Method::HEAD, one, two).await;
    answers.sort();
    assert_eq!(answers, [201, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_of_first_pushes_through_two_gateways_one_wins() {
    let Some(server) = PostgresServer::start() else { return };
    let (one, two) = (ledger(&server.url(), "one").await, ledger(&server.url(), "two").await);
    let (stack, second) = two_gateways(one, two).await;
    let mut asked = 0_u64;
    stack.script(move |_| {
        asked += 1;
        Act::Slow(Duration::from_millis(asked * 7919 % 50))
    });
    let images = contenders(&stack.behind, 8).await;
    for round in 0..ROUNDS {
        race(&stack.behind, &[&stack.client, &second], &images, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_a_delete_through_one_gateway_never_takes_a_tag_that_is_pushed_through_another() {
    let Some(server) = PostgresServer::start() else { return };
    let (one, two) = (ledger(&server.url(), "one").await, ledger(&server.url(), "two").await);
    let (stack, second) = two_gateways(one, two).await;
    delete_while_pushed(&stack.behind, &stack.client, &second, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_to_postgresql_can_be_encrypted() {
    if !are_installed(&["openssl"]) {
        return;
    }
    let Some((server, authority)) = PostgresServer::start_with_tls() else { return };
    let open = async |host: &str, options: &str| {
        let url = format!("postgres://tagseal:correct%20horse@{host}:{}/postgres?{options}", server.port());
        Ledger::open(&Place::Postgres(url), LedgerSettings::default()).await.map_err(|error| error.to_string())
    };
    let trusted = format!("sslrootcert={}", authority.display());
    let ledger = open("localhost", &trusted).await.unwrap();
    assert_eq!(ledger.all_bindings().await.unwrap(), []);
    let error = open("localhost", "sslmode=disable").await.unwrap_err();
    assert!(error.contains("no pg_hba.conf entry"), "{error}");
    let error = open("localhost", "sslmode=verify-full").await.unwrap_err();
    assert!(error.contains("certificate"), "nobody knows that authority: {error}");
    let error = open("127.0.0.1", &trusted).await.unwrap_err();
    assert!(error.contains("certificate"), "it is for another name: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_never_shown() {
    let Some(server) = PostgresServer::start() else { return };
    let url = format!("postgres://tagseal:guess@127.0.0.1:{}/postgres", server.port());
    let error = Ledger::open(&Place::Postgres(url), LedgerSettings::default()).await.unwrap_err().to_string();
    assert!(error.contains("password authentication failed") && !error.contains("guess"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_another_gateway_knows_of_a_push_that_was_cut() {
    let Some(server) = PostgresServer::start() else { return };
    let (one, two) = (ledger(&server.url(), "one").await, ledger(&server.url(), "two").await);
    let stack =
        Stack::remembering(ActivePolicy::new(stack::policy(POLICY)), settings().with_commit_timeout(MOMENT), one).await;
    let second = stack.successor(settings(), two).await;
    let (a, b) = (Image::oci("a"), Image::oci("b"));
    for image in [&a, &b] {
        stack.behind.upload("prod/app", image).await;
    }
    let (late, mut act) = (Arc::new(Notify::new()), None);
    act.replace(Act::Silent(Arc::clone(&late)));
    stack.script(move |asked| if asked.method == Method::PUT { act.take().unwrap_or(Act::Pass) } else { Act::Pass });
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.refusal(), "503 UNAVAILABLE");
    stack.check_late_push(&second, "prod/app", &late, [&a, &b]).await;
    assert_eq!(second.put("prod/app", "v1", &a).await.status, 201);
}
