//! What a gateway takes for clients that do nothing with what they get.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::{Image, sha256};
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// The greatest memory of a gateway under attack, in MiB.
const MAX_MEMORY: u64 = 200;

/// H8: 400 of each took 537 and 172 MiB.
#[tokio::test(flavor = "multi_thread")]
async fn h8_downloads_that_nobody_reads_and_unfinished_heads_take_little_memory() {
    let stack = Stack::new().await;
    let large = vec![7; 16 << 20];
    let image = Image { blobs: vec![large.clone()], ..Image::oci("a") };
    stack.behind.upload("prod/app", &image).await;
    let folder = Folder::new();
    let policy = folder.file("memory.json", POLICY);
    let (serving, address) = Serving::start(TAGSEAL, &policy, &format!("http://{}", stack.behind_address()));
    let before = serving.memory();
    let download = format!("GET /v2/prod/app/blobs/{} HTTP/1.1\r\nHost: x\r\n\r\n", sha256(&large));
    let head = format!("GET /v2/ HTTP/1.1\r\nHost: x\r\n{}", format!("X-A: {}\r\n", "a".repeat(1000)).repeat(60));
    let mut clients = Vec::new();
    for number in 0..400 {
        let mut client = TcpStream::connect(address).await.unwrap();
        let bytes = if number % 2 == 0 { &download } else { &head };
        client.write_all(bytes.as_bytes()).await.unwrap();
        clients.push(client);
    }
    sleep(Duration::from_secs(3)).await;
    let after = serving.memory();
    assert!(after < MAX_MEMORY, "{before} MiB, then {after} MiB");
    drop(clients);
}
