//! `tagseal serve --audit`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyper::Method;
use serde_json::Value;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// The last but one rule may be overridden for one tag, for a long time.
fn policy_with_override() -> String {
    let one = r#"{"repository": "prod/app", "tag": "v2", "until": "9999-12-01T18:00:00Z", "reason": "CVE-1: rebuilt"}"#;
    let end = POLICY.rfind('}').unwrap();
    format!("{}, \"overrides\": [{one}]}}", POLICY.get(..end).unwrap())
}

/// Checks every line against the schema, with nothing of ours. Says so where that can't be done, and fails in CI.
#[track_caller]
fn are_valid(lines: &str) {
    const CHECK: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
folder = sys.argv[1]
schemas = [json.load(open(f"{folder}/{name}.schema.json")) for name in ("policy", "event", "decision", "audit")]
registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
validator = Draft202012Validator(schemas[-1], registry=registry)
for line in sys.stdin:
    validator.validate(json.loads(line))
"#;
    let has = |python: &&str| {
        let found = Command::new(python).args(["-c", "import jsonschema, referencing"]).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "there is no python3 with jsonschema");
        eprintln!("NOT TESTED by the schema: there is no python3 with jsonschema");
        return;
    };
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut command = Command::new(python);
    let mut child =
        command.args(["-c", CHECK]).arg(schemas).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{lines}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    are_valid(&text);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

struct Audited {
    _stack: Stack,
    folder: Folder,
    serving: Serving,
    client: Registry,
    audit: PathBuf,
}

const TOKEN: &str = "an-administrators-token-of-this-suite";

async fn start() -> Audited {
    use std::os::unix::fs::PermissionsExt as _;
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", policy_with_override());
    let token = folder.file("token", TOKEN);
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let audit = folder.path().join("audit.log");
    let flags = ["--audit", audit.to_str().unwrap(), "--admin-token-file", &token];
    let upstream = format!("http://{}", stack.behind_address());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &flags);
    Audited { _stack: stack, folder, serving, client: Registry::at(address), audit }
}

impl Audited {
    /// Pushes as alice.
    async fn push(&self, tag: &str, image: &Image) -> u16 {
        self.client.upload("prod/app", image).await;
        let path = format!("/v2/prod/app/manifests/{tag}");
        let headers = [("content-type", image.media_type), ("authorization", "Basic YWxpY2U6c2VjcmV0")];
        self.client.ask(Method::PUT, &path, &headers, &image.bytes).await.status.as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_denial_override_and_change_of_the_rules_is_one_line_of_the_schema() {
    let audited = start().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    for tag in ["v1", "v2"] {
        assert_eq!(audited.push(tag, &first).await, 201);
    }
    assert_eq!(audited.push("v1", &other).await, 409);
    assert_eq!(audited.push("v2", &other).await, 201);
    assert_eq!(audited.client.delete(&format!("/v2/prod/app/manifests/{}", first.digest())).await.status, 405);
    let headers = [("authorization", format!("Bearer {TOKEN}")), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let rule = br#"{"namespace": "new", "preset": "latest"}"#;
    let created = audited.client.ask(Method::POST, "/tagseal/v1/rules", &headers, rule).await;
    assert_eq!(created.status, 201, "{created:?}");
    audited.folder.file("policy.json", POLICY.replace("\"revision\": 7", "\"revision\": 30"));
    audited.serving.signal("-HUP");
    audited.serving.log_until("the files were loaded again");
    audited.serving.signal("-TERM");
    assert_eq!(audited.serving.end().0, Some(0));

    let lines = lines(&audited.audit);
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["denied", "override", "denied", "rules", "rules"]);
    let [denied, lifted, deleted, created, replaced] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(denied["actor"]["name"], "alice", "{denied}");
    assert_eq!(
        (&denied["instance"], &denied["rule"], &denied["address"]),
        (&"test".into(), &1.into(), &"127.0.0.1".into())
    );
    assert_eq!(denied["event"]["write"]["tags"][0]["current"], first.digest());
    assert_eq!(denied["decision"]["code"], "immutable");
    assert_eq!(lifted["reason"], "CVE-1: rebuilt", "{lifted}");
    assert_eq!(deleted["event"]["delete-manifest"]["tags"], serde_json::json!(["v1"]), "{deleted}");
    assert_eq!(created["change"]["create"]["namespace"], "new", "{created}");
    assert_eq!((&created["rule"], &created["revision"]), (&3.into(), &8.into()));
    assert_eq!((&replaced["change"], &replaced["revision"]), (&Value::Null, &30.into()), "{replaced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_rotated_is_opened_again_on_a_hangup() {
    let audited = start().await;
    let old = audited.folder.path().join("audit.log.1");
    assert_eq!(audited.push("v1", &Image::oci("first")).await, 201);
    assert_eq!(audited.push("v1", &Image::oci("other")).await, 409);
    // The thread that writes may still be at it.
    while fs::read_to_string(&audited.audit).unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    fs::rename(&audited.audit, &old).unwrap();
    audited.serving.signal("-HUP");
    audited.serving.log_until("the files were loaded again");
    assert_eq!(audited.push("v1", &Image::oci("third")).await, 409);
    audited.serving.signal("-TERM");
    assert_eq!(audited.serving.end().0, Some(0));
    assert_eq!((lines(&old).len(), lines(&audited.audit).len()), (1, 1));
}

#[test]
fn a_file_that_can_not_be_opened_is_reported_at_the_start() {
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let arguments =
        ["serve", "--policy", &policy, "--upstream", "http://127.0.0.1:9", "--audit", "/proc/none/audit.log"];
    TAGSEAL.run(&arguments).failed(2, &["could not open `/proc/none/audit.log`"]);
}
