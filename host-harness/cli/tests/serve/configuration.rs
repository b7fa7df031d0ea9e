//! `tagseal serve --config` and `--check`.

use std::net::TcpListener;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_configured_by_a_file_and_flags_come_first() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let upstream = format!("http://{}", stack.behind_address());
    let text = format!(
        "policy = {policy:?}\nupstream = {upstream:?}\nlisten = \"192.0.2.1:1\"\ndenied-status = 412\n[status]\n\
         listen = \"127.0.0.1:0\"\n"
    );
    let config = folder.file("gateway.toml", text);
    let command = TAGSEAL.command(&["serve", "--config", &config, "--listen", "127.0.0.1:0"]);
    let (serving, line) = Serving::run(command, " guards ");
    serving.log_until("health and metrics are at ");
    let client = Registry::at(line.split_once("://").unwrap().1.split(' ').next().unwrap());
    assert_eq!(client.push("prod/app", "v1", &Image::oci("first")).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "412 DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_the_file_applies_after_a_hangup() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let upstream = format!("http://{}", stack.behind_address());
    let usual = format!("policy = {policy:?}\nupstream = {upstream:?}\nlisten = \"127.0.0.1:0\"\n");
    let config = folder.file("gateway.toml", &usual);
    let (serving, line) = Serving::run(TAGSEAL.command(&["serve", "--config", &config]), " guards ");
    let client = Registry::at(line.split_once("://").unwrap().1.split(' ').next().unwrap());
    assert_eq!(client.push("prod/app", "v1", &Image::oci("first")).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "409 DENIED");

    folder.file("gateway.toml", format!("{usual}denied-status = 403\n"));
    serving.signal("-HUP");
    serving.log_until("the files were loaded again");
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "403 DENIED");

    folder.file("gateway.toml", format!("{usual}denied-status = 404\n"));
    serving.signal("-HUP");
    serving.log_until("the configuration is invalid; the old one stays");
    serving.log_until("the files were loaded again");
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "403 DENIED");

    folder.file("gateway.toml", format!("{usual}monitor = true\ngrace = \"5s\"\n"));
    serving.signal("-HUP");
    let log = serving.log_until("the files were loaded again").join("\n");
    assert!(log.contains("start the gateway again for it") && log.contains("grace"), "{log}");
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.status, 201);
}

#[test]
fn a_check_reads_all_files_and_serves_nothing() {
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    // Whoever listens there needs the address free, and a check does not.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let text = format!("policy = {policy:?}\nupstream = \"http://127.0.0.1:9\"\nlisten = {listen:?}\n");
    let config = folder.file("gateway.toml", &text);
    let said = TAGSEAL.run(&["serve", "--config", &config, "--check"]).succeeded();
    assert!(said.starts_with(&format!("all is valid: {policy}, revision 7\n")), "{said}");

    let invalid = folder.file("invalid.json", "{");
    let table = [
        ("litsen = 1\n".to_owned(), "gateway.toml:4: there is no setting `litsen`"),
        ("[tls]\ncertificate = \"/none\"\nkey = \"/none\"\n".to_owned(), "could not read `/none`"),
        ("tls-certificate = \"/none\"\n".to_owned(), "--tls-key"),
        ("admin-token-file = \"/none\"\n".to_owned(), "could not read `/none`"),
        ("audit = \"/none/audit.log\"\n".to_owned(), "could not open `/none/audit.log`"),
        ("grace = \"soon\"\n".to_owned(), "write a length of time"),
        ("ledger = \"/none/ledger.db\"\n".to_owned(), "`/none`: No such file"),
        (format!("ledger = {policy:?}\n"), "file is not a database"),
        ("ledger = \"postgres://127.0.0.1:9/ledger\"\n".to_owned(), "`--ledger postgres://127.0.0.1:9/ledger`"),
    ];
    for (more, part) in table {
        let config = folder.file("gateway.toml", format!("{text}{more}"));
        TAGSEAL.run(&["serve", "--check", "--config", &config]).failed(2, &[part]);
    }
    let config = folder.file("gateway.toml", &text);
    TAGSEAL.run(&["serve", "--check", "--config", &config, "--policy", &invalid]).failed(2, &["is invalid"]);
    TAGSEAL.run(&["serve", "--check", "--config", "/none"]).failed(2, &["could not read `/none`"]);
}

#[test]
fn a_check_looks_at_the_ledger_and_does_not_make_or_change_it() {
    let folder = Folder::new();
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.path().join("ledger.db"));
    let check = ["serve", "--policy", &policy, "--upstream", "http://127.0.0.1:9", "--check", "--ledger"];
    let check = || TAGSEAL.run(&[&check[..], &[ledger.to_str().unwrap()]].concat());
    let said = check().succeeded();
    assert!(said.contains(&format!("the ledger {} can be used: a new one will be made", ledger.display())), "{said}");
    assert!(!ledger.exists(), "a check makes nothing");
    let flags = ["--ledger", ledger.to_str().unwrap()];
    let (serving, _) = Serving::start_with(TAGSEAL, &policy, "http://127.0.0.1:9", &flags);
    let said = check().succeeded();
    assert!(said.contains("it has the current version"), "also while a gateway uses it: {said}");
    serving.signal("-TERM");
    assert_eq!(serving.end().0, Some(0));
    let before = std::fs::read(&ledger).unwrap();
    check().succeeded();
    assert!(std::fs::read(&ledger).unwrap() == before, "a check changes nothing");
}
