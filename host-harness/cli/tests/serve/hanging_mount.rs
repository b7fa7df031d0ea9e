//! A policy file on a file system that does not answer any more.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hyper::Method;
use tokio::time::sleep;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// How long the gateway looks at its policy file at most until it is caught.
const LOOKS: Duration = Duration::from_secs(3);
/// How long it may take to end.
const END: Duration = Duration::from_secs(15);

/// A file system whose every question waits for an answer, and nobody gives one.
struct HangingMount {
    path: PathBuf,
    /// Where its questions come out. Nobody reads them.
    _questions: File,
}

impl HangingMount {
    /// Mounts it on a folder. `None` where this user may not mount anything.
    fn on(path: &Path) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let questions = OpenOptions::new().read(true).write(true).open("/dev/fuse").ok()?;
        // The program takes the device as its standard input.
        let mut mount = Command::new("mount");
        mount.args(["-i", "-t", "fuse", "-o", "fd=0,rootmode=40000,user_id=0,group_id=0", "nobody"]).arg(path);
        let mounted = mount.stdin(questions.try_clone().unwrap()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self { path: path.to_owned(), _questions: questions })
    }
}

impl Drop for HangingMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h11_a_mount_that_hangs_stops_no_push_and_the_gateway_ends_when_asked() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let place = folder.path().join("mount");
    let Some(_mount) = HangingMount::on(&place) else {
        println!("this user may not mount a file system, so this is not tested");
        return;
    };
    let (policy, link) = (folder.file("policy.json", POLICY), folder.path().join("link.json"));
    symlink(&policy, &link).unwrap();
    let upstream = format!("http://{}", stack.behind_address());
    let flags = ["--grace", "5s"];
    let (serving, address) = Serving::start_with(TAGSEAL, link.to_str().unwrap(), &upstream, &flags);
    // From now on, a look at the policy never ends.
    symlink(place.join("policy.json"), folder.path().join("new-link")).unwrap();
    fs::rename(folder.path().join("new-link"), &link).unwrap();
    sleep(LOOKS).await;
    let (client, first) = (Registry::at(address), Image::oci("first"));
    assert_eq!(client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "409 DENIED");
    assert_eq!(client.ask(Method::GET, "/v2/prod/app/manifests/v1", &[], b"").await.status, 200);
    serving.signal("-TERM");
    let begun = Instant::now();
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(begun.elapsed() < END, "it took {:?}", begun.elapsed());
}
