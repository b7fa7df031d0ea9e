//! A registry of any size is walked in the same memory.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::{Folder, POLICY, page, registry, tagseal};

const REPOSITORIES: usize = 200;
const TAGS: usize = 1_000;

/// Most bytes of memory that a process has had.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the kernel reports it");
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn many_tags_need_no_more_memory_than_some() {
    let stack = registry(&[]).await;
    stack.script(|asked| {
        if asked.path.contains("_catalog") {
            let names: Vec<_> = (0..REPOSITORIES).map(|number| format!("prod/app-{number}")).collect();
            return page("repositories", &names.iter().map(String::as_str).collect::<Vec<_>>(), None);
        }
        let names: Vec<_> = (0..TAGS).map(|number| format!("v1.0.{number}-{}", "x".repeat(100))).collect();
        page("tags", &names.iter().map(String::as_str).collect::<Vec<_>>(), None)
    });
    let folder = Folder::new();
    let (policy, registry) = (folder.file("policy.json", POLICY), format!("http://{}", stack.behind_address()));
    let peaks = tokio::task::spawn_blocking(move || {
        let mut command = tagseal(&["preview", &policy, "--registry", &registry, "--format", "json"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let peaks: Vec<u64> = (0..10)
            .map(|_| {
                // It waits for its reader, so it is still there.
                assert_eq!(lines.by_ref().take(REPOSITORIES * TAGS / 10 - 1).count(), REPOSITORIES * TAGS / 10 - 1);
                peak(child.id())
            })
            .collect();
        assert!(lines.last().unwrap().contains(r#""counts":{"tags":200000,"immutable":200000,"#));
        assert_eq!(child.wait().unwrap().code(), Some(0));
        peaks
    })
    .await
    .unwrap();
    // What a second instance of the policy takes may come late.
    assert!(peaks[9] < peaks[0] + (16 << 20), "{peaks:?}");
}
