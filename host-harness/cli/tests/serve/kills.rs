//! Races in which gateways, and the database that they share, are killed at random. `TAGSEAL_ROUNDS=200` makes them longer.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;
use tokio::time::{sleep, sleep_until};

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::registry::{Answer, Registry};
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

/// The number of rounds, unless `TAGSEAL_ROUNDS` says another.
const ROUNDS: u64 = 20;
/// The registry carries nothing out later than this after it was forwarded.
const LATE_WRITE_LIMIT: Duration = Duration::from_secs(3);
/// How much longer a gateway waits, since it may have been alive for a while after it was last seen.
const BEAT: Duration = Duration::from_secs(5);
/// The most clients of a round.
const MAX_CLIENTS: u64 = 32;
/// How often a client tries a push that was not decided.
const ATTEMPTS: usize = 40;

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Gateways that share a ledger, in front of one registry.
struct Fleet {
    policy: String,
    ledger: String,
    stack: Stack,
    gateways: Vec<(Serving, SocketAddr)>,
    _folder: Folder,
}

/// What the registry was asked to store under each tag, by the length of the manifest, and when it will be done.
#[derive(Default)]
struct Forwarded {
    lengths: BTreeMap<String, BTreeSet<String>>,
    done: Option<Instant>,
}

impl Fleet {
    async fn start(gateways: usize, ledger: Option<String>) -> Self {
        let (stack, folder) = (Stack::new().await, Folder::new());
        let policy = folder.file("policy.json", POLICY);
        let ledger = ledger.unwrap_or_else(|| folder.path().join("ledger.db").display().to_string());
        let mut fleet = Self { policy, ledger, stack, gateways: Vec::new(), _folder: folder };
        for _ in 0..gateways {
            let gateway = fleet.gateway();
            fleet.gateways.push(gateway);
        }
        fleet
    }

    fn gateway(&self) -> (Serving, SocketAddr) {
        let upstream = format!("http://{}", self.stack.behind_address());
        let limit = format!("{}s", LATE_WRITE_LIMIT.as_secs());
        let arguments = [
            "serve",
            "--policy",
            &self.policy,
            "--upstream",
            &upstream,
            "--listen",
            "127.0.0.1:0",
            "--ledger",
            &self.ledger,
            "--late-write-limit",
            &limit,
        ];
        let (serving, line) = Serving::run(TAGSEAL.command(&arguments), " guards ");
        (serving, line.strip_prefix("http://").unwrap().split(' ').next().unwrap().parse().unwrap())
    }

    /// Kills a gateway, and starts another in its place.
    fn kill(&mut self, number: usize) {
        let (serving, _) = self.gateways.remove(number);
        serving.signal("-KILL");
        serving.end();
        let gateway = self.gateway();
        self.gateways.insert(number, gateway);
    }
}

/// Images of a round, whose manifests all have another length.
fn images(round: u64, count: usize) -> Vec<Image> {
    let annotations = |number: usize| json!({"round": round.to_string(), "pad": "x".repeat(number)});
    (0..count).map(|number| Image::oci("same").with("annotations", annotations(number))).collect()
}

async fn push(address: SocketAddr, tag: &str, image: &Image) -> Option<Answer> {
    let client = Registry::at(address);
    let path = format!("/v2/prod/app/manifests/{tag}");
    for _ in 0..ATTEMPTS {
        match client.try_ask(Method::PUT, &path, &[("content-type", image.media_type)], &image.bytes).await {
            Ok(answer) if answer.status != 503 => return Some(answer),
            Ok(_) | Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    None
}

/// Clients push different images under one new tag, and delete one of them, while something may be killed.
async fn round(fleet: &mut Fleet, server: Option<&mut PostgresServer>, number: u64, forwarded: &Mutex<Forwarded>) {
    let mut dice = Dice(number);
    let (tag, clients) = (format!("v{number}"), usize::try_from(dice.below(MAX_CLIENTS - 1)).unwrap() + 2);
    let images = images(number, clients);
    let addresses: Vec<SocketAddr> = fleet.gateways.iter().map(|(_, address)| *address).collect();
    let is_killed = dice.below(3) > 0;
    let pushes: Vec<_> = (0..clients)
        .map(|client| {
            // The last two push the same image: both may win.
            let (image, tag) = (images[client.min(clients.saturating_sub(2))].clone(), tag.clone());
            let address = addresses[client % addresses.len()];
            tokio::spawn(async move { (image.digest(), push(address, &tag, &image).await) })
        })
        .collect();
    // A tag that a rule protects is never deleted, by its own name or by that of its image.
    let deleted = if dice.below(2) == 0 { tag.clone() } else { images[0].digest() };
    let (address, path) = (addresses[0], format!("/v2/prod/app/manifests/{deleted}"));
    let delete = tokio::spawn(async move { Registry::at(address).try_ask(Method::DELETE, &path, &[], b"").await });
    if is_killed {
        sleep(Duration::from_millis(dice.below(80))).await;
        match server {
            Some(server) if dice.below(4) == 0 => {
                server.crash();
                server.run();
            }
            _ => fleet.kill(usize::try_from(dice.below(addresses.len() as u64)).unwrap()),
        }
    }
    let mut winners = BTreeSet::new();
    for push in pushes {
        match push.await.unwrap() {
            (digest, Some(answer)) if answer.status == 201 => _ = winners.insert(digest),
            (_, answer) => {
                let refusal = answer.as_ref().map(Answer::refusal);
                assert!(is_killed || refusal.as_deref() == Some("409 DENIED"), "round {number}: {answer:?}");
            }
        }
    }
    let _ = delete.await.unwrap();
    let done = forwarded.lock().unwrap().done;
    if let Some(done) = done {
        sleep_until((done + Duration::from_millis(20)).into()).await;
    }
    assert!(winners.len() <= 1, "round {number}: {winners:?}");
    assert!(is_killed || winners.len() == 1, "round {number}: nobody won");
    let sent = forwarded.lock().unwrap().lengths.get(&tag).cloned().unwrap_or_default();
    assert!(sent.len() <= 1, "round {number}: the registry was asked to store {} images under {tag}", sent.len());
    if let Some(winner) = winners.first() {
        assert_eq!(*winner, fleet.stack.behind.resolve("prod/app", &tag).await, "round {number}");
    }
}

/// After the limit, every tag takes its image again, or any image if it has none.
async fn nothing_stays_refused(fleet: &Fleet, rounds: u64) {
    sleep(LATE_WRITE_LIMIT + BEAT + Duration::from_secs(1)).await;
    for number in 0..rounds {
        let tag = format!("v{number}");
        let now = fleet.stack.behind.resolve("prod/app", &tag).await;
        let images = images(number, usize::try_from(MAX_CLIENTS).unwrap());
        let image = images.iter().find(|image| image.digest() == now).unwrap_or(&images[0]);
        let (_, address) = &fleet.gateways[0];
        // A machine that is busy may refuse for a moment: what counts is that it does not stay so.
        let answer = push(*address, &tag, image).await;
        assert!(answer.as_ref().is_some_and(|it| it.status == 201), "{tag} stays refused: {answer:?}");
    }
}

async fn rounds(gateways: usize, mut server: Option<PostgresServer>) {
    let rounds = env::var("TAGSEAL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut fleet = Fleet::start(gateways, server.as_ref().map(PostgresServer::url)).await;
    fleet.stack.behind.upload("prod/app", &Image::oci("same")).await;
    let forwarded = Arc::new(Mutex::new(Forwarded::default()));
    for number in 0..rounds {
        let (seen, mut dice) = (Arc::clone(&forwarded), Dice(number + 1_000_000));
        // Mostly up to 50 ms, and in one round of 20 up to 2 s.
        let slowest = if number % 20 == 19 { 2000 } else { 50 };
        fleet.stack.script(move |asked| {
            let delay = Duration::from_millis(dice.below(slowest));
            if !matches!(asked.method, Method::PUT | Method::DELETE) {
                return Act::Slow(delay / 4);
            }
            let mut seen = seen.lock().unwrap();
            seen.done = seen.done.max(Some(Instant::now() + delay));
            if let Some(tag) =
                asked.path.strip_prefix("/v2/prod/app/manifests/v").filter(|_| asked.method == Method::PUT)
            {
                let length = asked.headers["content-length"].to_str().unwrap().to_owned();
                seen.lengths.entry(format!("v{tag}")).or_default().insert(length);
            }
            Act::Steady(delay)
        });
        round(&mut fleet, server.as_mut(), number, &forwarded).await;
    }
    fleet.stack.script(|_| Act::Pass);
    nothing_stays_refused(&fleet, rounds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_a_gateway_that_is_killed_in_races_never_lets_a_tag_move() {
    rounds(1, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_nor_does_one_with_postgresql() {
    let Some(server) = PostgresServer::start() else { return };
    rounds(1, Some(server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_nor_do_two_gateways_with_postgresql() {
    let Some(server) = PostgresServer::start() else { return };
    rounds(2, Some(server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_nor_do_three_gateways_with_postgresql() {
    let Some(server) = PostgresServer::start() else { return };
    rounds(3, Some(server)).await;
}
