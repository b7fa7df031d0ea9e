//! A gateway under attack for a minute, and a client that only wants to push:
//! `cargo test --release -p tagseal-cli --test serve under_attack -- --ignored --nocapture`

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::{Image, sha256};
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// How long the attack takes.
const TIME: Duration = Duration::from_secs(60);
/// How long the client pushes alone before it.
const ALONE: Duration = Duration::from_secs(15);
/// Idle connections, in all.
const IDLE: usize = 10_000;
/// Clients that read a byte a second of a large blob.
const READERS: usize = 1000;
/// Clients that send a byte of a large manifest every half second.
const PUSHERS: usize = 200;
/// Clients that send the head of a request without its end.
const BOMBS: usize = 20;
/// Clients that fill the log, each with 50 requests a second whose path has 30 KB.
const FLOODS: usize = 20;
/// The greatest memory of the gateway, in MiB.
const MAX_MEMORY: u64 = 256;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute, and wants the machine for itself"]
async fn a_client_is_served_well_while_its_gateway_is_under_attack() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(1 << 16, |maximum| maximum.min(1 << 16));
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }).unwrap();
    let stack = Stack::new().await;
    let blob = vec![7; 16 << 20];
    let image = Image::oci("well-behaved");
    stack.behind.upload("team/app", &Image { blobs: vec![blob.clone()], ..image.clone() }).await;
    let folder = Folder::new();
    let policy = folder.file("attacked.json", POLICY);
    let (serving, address) = Serving::start(TAGSEAL, &policy, &format!("http://{}", stack.behind_address()));
    let client = Registry::at(address);
    client.upload("prod/app", &image).await;

    let alone = pushes(&client, &image, "alone", ALONE).await;
    let mut attack = start(address, &sha256(&blob));
    sleep(Duration::from_secs(5)).await;
    let attacked = pushes(&client, &image, "attacked", TIME).await;
    let memory = serving.memory();
    attack.shutdown().await;
    println!(
        "alone: {} pushes, p50 {:?}, p99 {:?}\nunder attack: {} pushes, p50 {:?}, p99 {:?}, {memory} MiB, with {most} open files",
        alone.len(),
        percentile(&alone, 50),
        percentile(&alone, 99),
        attacked.len(),
        percentile(&attacked, 50),
        percentile(&attacked, 99),
    );
    assert!(percentile(&attacked, 99) <= (5 * percentile(&alone, 99)).max(Duration::from_millis(250)));
    assert!(memory <= MAX_MEMORY, "{memory} MiB");
}

/// Pushes an image under new tags, one after the other. Each must be accepted. Returns how long each took, in order of time.
async fn pushes(client: &Registry, image: &Image, name: &str, time: Duration) -> Vec<Duration> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let pushed = Instant::now();
        let answer = client.put("prod/app", &format!("{name}-{}", times.len()), image).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        times.push(pushed.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    times.sort_unstable();
    times
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Starts all attackers. They come from four addresses, and the client from another one.
fn start(gateway: SocketAddr, blob: &str) -> JoinSet<()> {
    let mut attack = JoinSet::new();
    for number in 1..=4 {
        attack.spawn(async move { idle(gateway, number).await });
    }
    let download = format!("GET /v2/team/app/blobs/{blob} HTTP/1.1\r\nHost: x\r\n\r\n");
    let push = "PUT /v2/prod/app/manifests/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n";
    let bomb = format!("GET /v2/ HTTP/1.1\r\nHost: x\r\n{}", format!("X-A: {}\r\n", "a".repeat(1000)).repeat(60));
    for number in 0..READERS {
        let download = download.clone();
        attack.spawn(async move { slow_reader(gateway, number, &download).await });
    }
    for number in 0..PUSHERS {
        attack.spawn(async move { slow_pusher(gateway, number, push).await });
    }
    for number in 0..BOMBS {
        let bomb = bomb.clone();
        attack.spawn(async move { slow_pusher(gateway, number, &bomb).await });
    }
    for number in 0..FLOODS {
        attack.spawn(async move { flood(gateway, number).await });
    }
    attack
}

/// Connects from one of the attackers' addresses. The system may have no connection left for a while.
async fn connect(gateway: SocketAddr, number: usize) -> TcpStream {
    loop {
        let address = [127, 0, 0, 2 + u8::try_from(number % 4).unwrap()];
        let socket = TcpSocket::new_v4().and_then(|socket| socket.bind((address, 0).into()).map(|()| socket));
        if let Ok(socket) = socket
            && let Ok(Ok(stream)) = timeout(Duration::from_secs(5), socket.connect(gateway)).await
        {
            return stream;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

async fn idle(gateway: SocketAddr, number: usize) {
    let mut silent = std::collections::VecDeque::new();
    loop {
        silent.push_back(connect(gateway, number).await);
        if silent.len() > IDLE / 4 {
            silent.pop_front();
        }
        sleep(Duration::from_millis(2)).await;
    }
}

async fn slow_reader(gateway: SocketAddr, number: usize, request: &str) {
    loop {
        let mut stream = connect(gateway, number).await;
        let _ = stream.write_all(request.as_bytes()).await;
        while matches!(stream.read(&mut [0; 1]).await, Ok(1)) {
            sleep(Duration::from_secs(1)).await;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn slow_pusher(gateway: SocketAddr, number: usize, begin: &str) {
    loop {
        let mut stream = connect(gateway, number).await;
        let _ = stream.write_all(begin.as_bytes()).await;
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn flood(gateway: SocketAddr, number: usize) {
    let request = format!("DELETE /v2/{} HTTP/1.1\r\nHost: x\r\n\r\n", "a/".repeat(15_000));
    loop {
        let mut stream = connect(gateway, number).await;
        while stream.write_all(request.as_bytes()).await.is_ok()
            && stream.read(&mut [0; 4096]).await.is_ok_and(|bytes| bytes > 0)
        {
            sleep(Duration::from_millis(20)).await;
        }
    }
}
