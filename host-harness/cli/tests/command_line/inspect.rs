use std::fs;

use serde_json::{Value, json};
use tagseal_test_support::hostile;

use crate::{POLICY, decisions, file, folder, tagseal};

/// `(component (import "clock" (func)))`
const IMPORTS: &[u8] = b"\0asm\x0d\0\x01\0\x07\x05\x01\x40\0\x01\0\x0a\x0a\x01\0\x05clock\x01\0";

/// `(component)`
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// `(module)`
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

#[test]
fn the_component_imports_nothing() {
    let ended = tagseal(&["inspect"]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let size = format!("size: {} bytes", tagseal::COMPONENT.len());
    for expected in
        ["name: tagseal", "licenses: Apache-2.0", "imports: none", "exports: tagseal:policy/tag-policy@0.2.0", &size]
    {
        assert!(ended.out.lines().any(|line| line == expected), "{expected}: {}", ended.out);
    }
}

#[test]
fn the_world_is_named_as_the_contract_names_it() {
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/tag-policy.wit");
    let contract = fs::read_to_string(contract).unwrap();
    let ended = tagseal(&["inspect"]);
    let world = ended.out.lines().find_map(|line| line.strip_prefix("world: ")).unwrap();
    let (package, rest) = world.split_once('/').unwrap();
    let (name, version) = rest.split_once('@').unwrap();
    assert!(contract.contains(&format!("package {package}@{version};")), "{world}");
    assert!(contract.contains(&format!("world {name} {{")), "{world}");
}

#[test]
fn machines_get_json() {
    let ended = tagseal(&["inspect", "--format", "json"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["imports"], json!([]));
    assert_eq!(report["size"], json!(tagseal::COMPONENT.len()));
    assert_eq!(report["metadata"]["name"], json!("tagseal"));
}

#[test]
fn the_component_can_be_taken_out_and_put_in() {
    let folder = folder("extract");
    let path = folder.join("taken.wasm").into_os_string().into_string().unwrap();
    // The first run makes the file, the second one replaces an older component.
    for old in [None, Some(EMPTY)] {
        old.iter().for_each(|old| fs::write(&path, old).unwrap());
        let ended = tagseal(&["inspect", "--extract", &path]);
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{ended:?}");
        assert!(fs::read(&path).unwrap() == tagseal::COMPONENT);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
    }
    let policy = file("taken.json", POLICY);
    let ended = tagseal(&["decide", "--component", &path, &policy, "--delete", "prod/app:v1"]);
    assert_eq!((decisions(&ended), ended.code), (vec!["deny immutable".into()], Some(1)));
}

#[test]
fn a_file_that_is_not_a_component_is_never_replaced() {
    for (name, contents) in [("kept.json", POLICY.as_bytes()), ("kept-module.wasm", MODULE), ("kept-empty.wasm", b"")] {
        let path = file(name, contents);
        let ended = tagseal(&["inspect", "--extract", &path]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let error = "exists, and is not a component\nhelp: name another file, or remove it first\n";
        assert_eq!(ended.error, format!("error: `{path}` {error}"));
        assert_eq!(fs::read(&path).unwrap(), contents, "{name}");
    }
    let folder = env!("CARGO_TARGET_TMPDIR");
    let ended = tagseal(&["inspect", "--extract", folder]);
    assert_eq!((ended.code, ended.error), (Some(2), format!("error: could not write `{folder}`: it is a folder\n")));
}

#[test]
fn a_command_looks_at_one_component() {
    let ended = tagseal(&["inspect", "a.wasm", "--component", "b.wasm"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.error.starts_with("error: two components are given: `a.wasm`, and `b.wasm` by"), "{ended:?}");
}

#[test]
fn a_component_that_imports_is_refused_with_each_import() {
    let path = file("imports.wasm", IMPORTS);
    let ended = tagseal(&["inspect", &path]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.out.lines().any(|line| line == "imports: clock"), "{}", ended.out);
    assert!(ended.error.starts_with("error: the component imports `clock`"), "{}", ended.error);
}

#[test]
fn a_component_that_is_refused_exits_3_whatever_it_is_asked() {
    let policy = file("refused.json", POLICY);
    let other = hostile::assemble("trap");
    for (name, bytes) in [
        ("imports", IMPORTS),
        ("empty", EMPTY),
        ("module", MODULE),
        ("cut", &other[..other.len() - 9]),
        ("text", b"(component)"),
    ] {
        let path = file(&format!("refused-{name}.wasm"), bytes);
        for arguments in [&["inspect"][..], &["check", &policy], &["decide", &policy], &["test"], &["bench"]] {
            let ended = tagseal(&[arguments, &["--component", &path]].concat());
            assert_eq!(ended.code, Some(3), "{name} {arguments:?}: {ended:?}");
            assert!(ended.error.starts_with("error: "), "{name} {arguments:?}: {ended:?}");
        }
    }
}

#[test]
fn a_component_file_that_is_not_there_exits_2() {
    for arguments in [&["inspect", "nowhere.wasm"][..], &["bench", "--component", "nowhere.wasm"]] {
        let ended = tagseal(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(ended.error, "error: could not read `nowhere.wasm`: there is no such file\n");
    }
}
