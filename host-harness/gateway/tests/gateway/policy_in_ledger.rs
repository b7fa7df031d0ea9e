//! Gateways whose policy is in the PostgreSQL database that they share.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};
use tagseal_gateway::{
    ActivePolicy, AdminToken, HealthState, Ledger, PolicyDocument, PolicyDocumentError, PolicyStoreError, Rules,
};
use tokio::time::sleep;

use crate::postgres::{ledger, settings};
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::registry::{Answer, Registry};
use tagseal_test_support::stack::{POLICY, Stack, component};

const TOKEN: &str = "an-administrators-token-of-this-suite";
const RULES: &str = "/tagseal/v1/rules";
const WHOLE: &str = "/tagseal/v1/policy";
/// How long a change may take to be active in every gateway.
const EVERYWHERE: Duration = Duration::from_secs(1);
/// How long something may take that depends on when a server is back.
const RECOVERY: Duration = Duration::from_secs(30);
/// The changes of each writer.
const CHANGES: usize = 100;

/// A gateway with a policy in the ledger.
struct Member {
    client: Registry,
    document: PolicyDocument,
    active_policy: ActivePolicy,
}

/// Two gateways in front of one registry, whose policy is in one database.
struct Pair {
    stack: Stack,
    one: Member,
    two: Member,
}

fn document_in(ledger: &Ledger, first: Option<&str>) -> (ActivePolicy, PolicyDocument) {
    let active_policy = ActivePolicy::unknown();
    let document = PolicyDocument::in_ledger(ledger, component(), active_policy.clone(), first.map(str::to_owned));
    (active_policy, document.unwrap())
}

fn managing(document: &PolicyDocument) -> Rules {
    Rules::new(document.clone(), AdminToken::parse(TOKEN).unwrap())
}

impl Pair {
    async fn start(url: &str) -> Self {
        let (one, two) = (ledger(url, "one").await, ledger(url, "two").await);
        let (first_policy, first) = document_in(&one, Some(POLICY));
        // Nobody has to name the document once it is there.
        let (second_policy, second) = document_in(&two, None);
        for document in [&first, &second] {
            document.load_first().await.unwrap();
            tokio::spawn(document.clone().follow());
        }
        let stack = Stack::remembering(first_policy.clone(), settings().with_rules(managing(&first)), one).await;
        let client = stack.beside(second_policy.clone(), settings().with_rules(managing(&second)), two).await;
        let one = Member { client: Registry::at(stack.address), document: first, active_policy: first_policy };
        let two = Member { client, document: second, active_policy: second_policy };
        Self { stack, one, two }
    }
}

impl Member {
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let own = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        self.client.ask(method, path, &[&own, headers].concat(), body.as_bytes()).await
    }

    async fn create(&self, namespace: &str) -> Answer {
        let rule = json!({"namespace": namespace, "preset": "latest"}).to_string();
        self.ask(Method::POST, RULES, &[], &rule).await
    }

    fn revision(&self) -> Option<u64> {
        self.active_policy.policy().map(|policy| policy.revision())
    }

    /// Waits until a revision is active, and returns how long that took.
    async fn until_revision(&self, revision: u64, limit: Duration) -> Duration {
        let begun = Instant::now();
        while self.revision() != Some(revision) {
            assert!(begun.elapsed() < limit, "{:?} is active, not {revision}", self.revision());
            sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_through_one_gateway_is_active_in_the_other_within_a_second() {
    let Some(server) = PostgresServer::start() else { return };
    let Pair { stack, one, two } = Pair::start(&server.url()).await;
    assert_eq!((one.revision(), two.revision()), (Some(7), Some(7)));
    let (a, b) = (Image::oci("a"), Image::oci("b"));
    for (round, (changes, follows)) in [(&one, &two), (&two, &one), (&one, &two)].into_iter().enumerate() {
        let repository = format!("n{round}/app");
        for image in [&a, &b] {
            stack.behind.upload(&repository, image).await;
        }
        assert_eq!(follows.client.put(&repository, "v1", &a).await.status, 201);
        assert_eq!(changes.create(&format!("n{round}")).await.status, 201);
        follows.until_revision(8 + round as u64, EVERYWHERE).await;
        assert_eq!(follows.client.put(&repository, "v1", &b).await.refusal(), "409 DENIED");
        let [ours, theirs] = [changes, follows].map(|member| member.ask(Method::GET, WHOLE, &[], ""));
        let (ours, theirs) = tokio::join!(ours, theirs);
        assert_eq!((ours.header("etag"), ours.body.clone()), (theirs.header("etag"), theirs.body.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_to_the_same_version_one_is_refused_whichever_gateway_they_go_through() {
    let Some(server) = PostgresServer::start() else { return };
    let Pair { stack: _stack, one, two } = Pair::start(&server.url()).await;
    for round in 0..20 {
        let tag = one.ask(Method::GET, RULES, &[], "").await.header("etag").to_owned();
        two.until_revision(7 + round, EVERYWHERE).await;
        let change = |member: &Member, note: &str| {
            let body = json!({"note": format!("{note} {round}")}).to_string();
            let (client, tag) = (member.client.clone(), tag.clone());
            async move {
                let authorization = format!("Bearer {TOKEN}");
                let headers = [
                    ("authorization", authorization.as_str()),
                    ("content-type", "application/merge-patch+json"),
                    ("if-match", tag.as_str()),
                ];
                client.ask(Method::PATCH, &format!("{RULES}/1"), &headers, body.as_bytes()).await.status.as_u16()
            }
        };
        let (ours, theirs) = tokio::join!(change(&one, "one"), change(&two, "two"));
        let mut answers = [ours, theirs];
        answers.sort_unstable();
        assert_eq!(answers, [200, 412], "round {round}");
    }
}

/// Creates rules through a gateway, each with the version that it has read just before. Returns how often another was faster.
async fn write(member: &Member, writer: &str) -> usize {
    let mut refused = 0;
    for number in 0..CHANGES {
        let rule = json!({"namespace": format!("{writer}-{number}"), "preset": "latest"}).to_string();
        loop {
            let tag = member.ask(Method::GET, RULES, &[], "").await.header("etag").to_owned();
            match member.ask(Method::POST, RULES, &[("if-match", tag.as_str())], &rule).await {
                answer if answer.status == 201 => break,
                answer => assert_eq!(answer.status, 412, "{answer:?}"),
            }
            refused += 1;
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_changes_through_two_gateways_none_is_lost() {
    let Some(server) = PostgresServer::start() else { return };
    let Pair { stack: _stack, one, two } = Pair::start(&server.url()).await;
    let (ours, theirs) = tokio::join!(write(&one, "one"), write(&two, "two"));
    println!("{ours} and {theirs} changes were refused because the other gateway was faster");
    let last = 7 + 2 * CHANGES as u64;
    for member in [&one, &two] {
        member.until_revision(last, EVERYWHERE).await;
        let document: Value = member.ask(Method::GET, WHOLE, &[], "").await.json();
        let namespaces: Vec<&str> =
            document["rules"].as_array().unwrap().iter().map(|rule| rule["namespace"].as_str().unwrap()).collect();
        assert_eq!(namespaces.len(), 2 + 2 * CHANGES);
        for (writer, number) in ["one", "two"].into_iter().flat_map(|writer| (0..CHANGES).map(move |it| (writer, it))) {
            assert!(namespaces.contains(&format!("{writer}-{number}").as_str()), "{writer}-{number} is lost");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_document_is_refused_and_one_that_comes_all_the_same_is_not_active() {
    let Some(server) = PostgresServer::start() else { return };
    let Pair { stack: _stack, one, two } = Pair::start(&server.url()).await;
    let tag = one.ask(Method::GET, WHOLE, &[], "").await.header("etag").to_owned();
    let refused = one.ask(Method::PUT, WHOLE, &[("if-match", &tag)], r#"{"version": 1, "rules": [7]}"#).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(one.ask(Method::GET, WHOLE, &[], "").await.header("etag"), tag);
    server.execute("UPDATE policy SET document = '{}x', version = version + 1; NOTIFY tagseal_policy");
    for member in [&one, &two] {
        let begun = Instant::now();
        while member.document.health().state != HealthState::Degraded {
            assert!(begun.elapsed() < EVERYWHERE, "{:?}", member.document.health());
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(member.revision(), Some(7), "the old one stays");
        assert_eq!(member.create("new").await.status, 409, "nobody changes what is invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_the_active_policy_stays_and_the_gateway_says_so() {
    let Some(mut server) = PostgresServer::start() else { return };
    let Pair { stack, one, two } = Pair::start(&server.url()).await;
    assert_eq!(one.create("before").await.status, 201);
    two.until_revision(8, EVERYWHERE).await;
    server.crash();
    for member in [&one, &two] {
        let begun = Instant::now();
        while member.document.health().state != HealthState::Degraded {
            assert!(begun.elapsed() < RECOVERY, "{:?}", member.document.health());
            sleep(Duration::from_millis(20)).await;
        }
        assert!(
            member.document.health().detail.starts_with("revision 8 stays active: "),
            "{:?}",
            member.document.health()
        );
        assert_eq!(member.create("meanwhile").await.status, 503);
        assert_eq!(member.ask(Method::GET, RULES, &[], "").await.json()["revision"], 8, "what is active can be read");
    }
    let image = Image::oci("a");
    stack.behind.upload("team/app", &image).await;
    assert_eq!(two.client.put("team/app", "v1", &image).await.status, 201, "no rule protects it");
    server.run();
    let begun = Instant::now();
    while two.create("after").await.status != 201 {
        assert!(begun.elapsed() < RECOVERY, "it does not recover");
        sleep(Duration::from_millis(100)).await;
    }
    for member in [&one, &two] {
        member.until_revision(9, RECOVERY).await;
        assert_eq!(member.document.health().state, HealthState::Fine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_starts_without_its_policy_refuses_writes_until_it_has_it() {
    let Some(mut server) = PostgresServer::start() else { return };
    server.crash();
    let own = ledger(&server.url(), "one").await;
    let (active_policy, document) = document_in(&own, Some(POLICY));
    let error = document.load_first().await.unwrap_err();
    assert!(matches!(&error, PolicyDocumentError::Store(error) if error.is_unreachable()), "{error}");
    tokio::spawn(document.clone().follow());
    let settings = settings().with_rules(managing(&document));
    let stack = Stack::remembering(active_policy, settings, own).await;
    let image = Image::oci("a");
    for repository in ["team/app", "prod/app"] {
        stack.behind.upload(repository, &image).await;
        assert_eq!(stack.client.put(repository, "v1", &image).await.refusal(), "503 UNAVAILABLE");
        let deleted = stack.client.delete(&format!("/v2/{repository}/manifests/{}", image.digest())).await;
        assert_eq!(deleted.refusal(), "503 UNAVAILABLE");
    }
    stack.behind.put("team/app", "v0", &image).await;
    assert_eq!(stack.client.resolve("team/app", "v0").await, image.digest(), "reads go on");
    server.run();
    let begun = Instant::now();
    while stack.client.put("prod/app", "v1", &image).await.status != 201 {
        assert!(begun.elapsed() < RECOVERY, "it does not recover");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &Image::oci("b")).await.refusal(), "409 DENIED");
    assert_eq!(document.health().state, HealthState::Fine);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_without_a_policy_and_a_gateway_without_one_do_not_start() {
    let Some(server) = PostgresServer::start() else { return };
    let (_, document) = document_in(&ledger(&server.url(), "one").await, None);
    let error = document.load_first().await.unwrap_err();
    assert!(matches!(error, PolicyDocumentError::Store(PolicyStoreError::Missing)), "{error}");
    let own = Ledger::in_memory().await.unwrap();
    assert!(PolicyDocument::in_ledger(&own, component(), ActivePolicy::unknown(), None).is_none());
}
