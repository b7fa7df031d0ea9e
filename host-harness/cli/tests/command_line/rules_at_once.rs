//! Several who change one file at once.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::thread;

use serde_json::Value;

use crate::{folder, tagseal};

/// Rules that each writer creates. It configures each, and deletes every other one.
const EACH: u64 = 40;

#[test]
fn writers_at_once_lose_nothing() {
    let folder = folder("at_once");
    let path = folder.join("policy.json");
    let policy = path.to_str().unwrap();
    assert_eq!(tagseal(&["rules", "init", policy]).code, Some(0));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    thread::scope(|scope| {
        for writer in ["a", "b", "c"] {
            scope.spawn(move || (0..EACH).for_each(|number| write(policy, &format!("{writer}{number}"), number)));
        }
    });
    let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let rules = document["rules"].as_array().unwrap();
    let mut namespaces: Vec<&str> = rules.iter().map(|rule| rule["namespace"].as_str().unwrap()).collect();
    namespaces.sort_unstable();
    let mut expected: Vec<String> = Vec::new();
    for writer in ["a", "b", "c"] {
        expected.extend((0..EACH).filter(|number| !number.is_multiple_of(2)).map(|number| format!("{writer}{number}")));
    }
    expected.sort_unstable();
    assert_eq!(namespaces, expected);
    for rule in rules {
        assert_eq!(rule["note"], rule["namespace"], "{rule}");
    }
    assert_eq!(document["next-id"], 3 * EACH + 1);
    assert_eq!(document["revision"], 3 * (EACH + EACH + EACH / 2));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o604);
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["policy.json", "policy.json.lock"]);
}

#[track_caller]
fn write(policy: &str, namespace: &str, number: u64) {
    let mut changes = vec![
        vec!["create", policy, "--namespace", namespace, "--latest", "--exempt=signatures,referrers"],
        vec!["configure", policy, namespace, "--note", namespace],
    ];
    if number.is_multiple_of(2) {
        changes.push(vec!["delete", policy, namespace]);
    }
    for change in changes {
        let ended = tagseal(&[vec!["rules"], change].concat());
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{namespace}");
    }
}

#[test]
fn of_two_for_one_revision_one_is_stale() {
    let folder = folder("one_revision");
    let path = folder.join("policy.json");
    let policy = path.to_str().unwrap();
    assert_eq!(tagseal(&["rules", "init", policy]).code, Some(0));
    let namespaces = ["a", "b", "c", "d", "e", "f"];
    let codes: Vec<_> = thread::scope(|scope| {
        let create = |namespace| {
            scope.spawn(move || {
                let ended =
                    tagseal(&["rules", "create", policy, "--namespace", namespace, "--latest", "--revision", "0"]);
                assert!(ended.code == Some(0) || ended.error.starts_with("error[stale]: "), "{ended:?}");
                ended.code
            })
        };
        let writers: Vec<_> = namespaces.map(create).into_iter().collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((&document["revision"], document["rules"].as_array().unwrap().len()), (&Value::from(1), 1));
}
