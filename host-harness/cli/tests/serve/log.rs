//! `tagseal serve` with a log that can't be written, or that nobody reads.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use tokio::sync::Notify;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

/// Starts a gateway that writes its log there.
fn start(policy: &str, upstream: &str, log: Stdio) -> (Child, Registry) {
    let usual = ["serve", "--policy", policy, "--upstream", upstream, "--listen", "127.0.0.1:0"];
    let mut command = TAGSEAL.command(&[&usual[..], &["--commit-timeout", "500ms"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix("http://").unwrap().split(' ').next().unwrap().to_owned();
    (child, Registry::at(address))
}

async fn answers_pushes(client: &Registry) {
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    assert_eq!(client.delete("/v2/prod/app/manifests/v1").await.refusal(), "405 DENIED");
}

#[track_caller]
fn ends(mut child: Child) {
    assert!(std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(10) {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn h1_a_log_that_can_not_be_written_stops_no_request() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("full.json", POLICY);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (child, client) = start(&policy, &format!("http://{}", stack.behind_address()), full.into());
    answers_pushes(&client).await;
    ends(child);

    let (reader, writer) = std::io::pipe().unwrap();
    let stack = Stack::new().await;
    let (child, client) = start(&policy, &format!("http://{}", stack.behind_address()), writer.into());
    drop(reader);
    answers_pushes(&client).await;
    ends(child);
}

/// C4: what the push has left behind is noted before anything is logged, and a log that fails changes nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn c4_a_push_that_is_cut_while_the_logs_disk_is_full_keeps_its_tag() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("full.json", POLICY);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (child, client) = start(&policy, &format!("http://{}", stack.behind_address()), full.into());
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    for image in [&first, &other] {
        client.upload("prod/app", image).await;
    }
    let late = Arc::new(Notify::new());
    let mut act = Some(Act::Silent(Arc::clone(&late)));
    stack.script(move |asked| if asked.method == Method::PUT { act.take().unwrap_or(Act::Pass) } else { Act::Pass });
    assert_eq!(client.put("prod/app", "v1", &first).await.refusal(), "503 UNAVAILABLE");
    stack.check_late_push(&client, "prod/app", &late, [&first, &other]).await;
    ends(child);
}

#[tokio::test(flavor = "multi_thread")]
async fn h2_a_log_that_nobody_reads_stops_no_request() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("unread.json", POLICY);
    let (mut reader, writer) = std::io::pipe().unwrap();
    let (child, client) = start(&policy, &format!("http://{}", stack.behind_address()), writer.into());
    let image = Image::oci("image");
    client.upload("prod/app", &image).await;
    for number in 0..600 {
        assert_eq!(client.put("prod/app", &format!("w{number}"), &image).await.status, 201);
    }
    answers_pushes(&client).await;
    ends(child);
    let mut log = String::new();
    reader.read_to_string(&mut log).unwrap();
    assert!(log.contains("a push is allowed"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h3_a_flood_of_refused_requests_is_counted_and_long_paths_are_cut() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("flood.json", POLICY);
    let (serving, address) = Serving::start(TAGSEAL, &policy, &format!("http://{}", stack.behind_address()));
    let client = Registry::at(address);
    let (begin, path) = (Instant::now(), format!("/v2/{}", "a/".repeat(15_000)));
    let floods: Vec<_> = (0..10)
        .map(|_| {
            let (client, path) = (client.clone(), path.clone());
            tokio::spawn(async move {
                for _ in 0..100 {
                    assert_eq!(client.ask(Method::DELETE, &path, &[], b"").await.status.as_u16(), 400);
                }
            })
        })
        .collect();
    for flood in floods {
        flood.await.unwrap();
    }
    let seconds = usize::try_from(begin.elapsed().as_secs()).unwrap() + 2;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    serving.signal("-TERM");
    let (_, log) = serving.end();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("a request is refused")).collect();
    assert!((100..=100 * seconds).contains(&lines.len()), "{} in {seconds} s", lines.len());
    assert!(lines.iter().all(|line| line.len() < 1000), "{}", lines[0]);
    let counted =
        log.lines().filter_map(|line| line.split("left_out=").nth(1)).map(|count| count.parse::<usize>().unwrap());
    assert_eq!(counted.sum::<usize>() + lines.len(), 1000, "{log}");
}
