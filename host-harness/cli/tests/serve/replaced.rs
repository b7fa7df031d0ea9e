//! All files of a gateway are replaced while clients push through it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use tagseal_distribution::body::full;
use tagseal_distribution::client::{RegistryClient, read};
use tagseal_distribution::trust::{Trust, TrustFiles};
use tokio::time::sleep;

use crate::TAGSEAL;
use crate::certificates::Authority;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

const LIMIT: Option<Duration> = Some(Duration::from_secs(20));

async fn ask(client: &RegistryClient, method: Method, path: &str, image: &Image) -> Result<StatusCode, String> {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(image.media_type))]);
    let body = if method == Method::PUT { image.bytes.clone() } else { Vec::new() };
    let answer = client.send(method.clone(), path, headers, full(body), LIMIT).await;
    let answer = answer.map_err(|error| format!("{method} {path}: {error}"))?;
    let status = answer.status();
    let body = read(answer.into_body(), 1 << 20, Duration::from_secs(20)).await;
    body.map(|_| status).map_err(|error| format!("{method} {path}: {status}, {error}"))
}

/// Pushes and reads tag after tag. Returns how many requests were answered. Each has to be, and as it should.
async fn push_on(client: RegistryClient, image: Image, number: usize, ended: Arc<AtomicBool>) -> Result<usize, String> {
    let mut answered = 0;
    while !ended.load(Relaxed) {
        let path = format!("/v2/prod/app/manifests/v{number}-{answered}");
        for (method, status) in [(Method::PUT, StatusCode::CREATED), (Method::GET, StatusCode::OK)] {
            let got = ask(&client, method.clone(), &path, &image).await?;
            if got != status {
                return Err(format!("{method} {path}: {got}"));
            }
            answered += 1;
        }
    }
    Ok(answered)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_lost_while_all_files_are_replaced() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let authority = Authority::new(&folder, "issuer");
    let (certificate, key) = authority.issue(&folder, "gateway");
    let policy = folder.file("policy.json", POLICY);
    let upstream = format!("http://{}", stack.behind_address());
    let audit = folder.path().join("audit.log");
    let text = format!(
        "policy = {policy:?}\nupstream = {upstream:?}\nlisten = \"127.0.0.1:0\"\naudit = {audit:?}\n\
         tls-certificate = {certificate:?}\ntls-key = {key:?}\n"
    );
    let config = folder.file("gateway.toml", &text);
    let (serving, line) = Serving::run(TAGSEAL.command(&["serve", "--config", &config]), " guards ");
    let trust = TrustFiles { authorities: Some(authority.certificate.clone().into()), identity: None };
    let address = line.split(" guards ").next().unwrap();
    let client = RegistryClient::with_trust(address, Some(Trust::load(trust).unwrap())).unwrap();
    let image = Image::oci("same");
    stack.behind.upload("prod/app", &image).await;
    assert_eq!(ask(&client, Method::PUT, "/v2/prod/app/manifests/v", &image).await, Ok(StatusCode::CREATED));

    let ended = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..16)
        .map(|number| tokio::spawn(push_on(client.clone(), image.clone(), number, Arc::clone(&ended))))
        .collect();
    for round in 0..8 {
        let (new_certificate, new_key) = authority.issue(&folder, "new");
        fs::rename(new_key, &key).unwrap();
        fs::rename(new_certificate, &certificate).unwrap();
        // Each policy protects the tags that are pushed, and differs from the last.
        folder.file("policy.json", POLICY.replace("\"revision\": 7", &format!("\"revision\": {}", 8 + round)));
        folder.file("gateway.toml", format!("{text}denied-status = {}\n", [403, 412][round % 2]));
        fs::rename(&audit, folder.path().join(format!("audit.log.{round}"))).unwrap();
        serving.signal("-HUP");
        let log = serving.log_until("the files were loaded again").join("\n");
        assert!(!log.contains("stays"), "a file was not loaded: {log}");
        // A denial for the new file of the audit, with the new status.
        let denied = ask(&client, Method::PUT, "/v2/prod/app/manifests/v", &Image::oci("other")).await;
        assert_eq!(denied.map(|status| status.as_u16()), Ok([403, 412][round % 2]));
        sleep(Duration::from_millis(200)).await;
    }
    ended.store(true, Relaxed);
    let mut answered = 0;
    for pushing in clients {
        answered += pushing.await.unwrap().unwrap();
    }
    assert!(answered > 100, "{answered}");
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    let denials = |name: &str| {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().filter(|line| line.contains("\"kind\":\"denied\"")).count()
    };
    let late: usize = (1..8).map(|round| denials(&format!("audit.log.{round}"))).sum();
    assert_eq!(
        (denials("audit.log.0"), late, denials("audit.log")),
        (0, 7, 1),
        "each denial is in the file of its time"
    );
}
