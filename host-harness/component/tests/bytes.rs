//! What the component's bytes hold besides code: no path of this machine, and the list of the crates that they are made of.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails so")]

use serde_json::Value;
use std::collections::BTreeSet;
use tagseal_component::COMPONENT;
use wasmparser::{Parser, Payload};

const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

#[test]
fn no_path_of_this_machine_is_in_the_component() {
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1);
    let manifest = env!("CARGO_MANIFEST_DIR");
    let workspace = manifest.strip_suffix("/host-harness/component").unwrap();
    let fixed = [manifest, workspace, "registry/src", ".cargo", ".rustup", "/home/", "/Users/", "lib/rustlib"];
    for path in fixed.into_iter().map(str::to_owned).chain(home) {
        assert_eq!(place_of(&path), None, "`{path}` is in the component, at the byte");
    }
    assert_ne!(place_of("/rustc/"), None, "the search finds nothing, not even the path that the compiler writes");
}

#[test]
fn the_list_names_the_crates_of_the_component_and_those_that_built_it() {
    let list = packages();
    let names = |kind: Option<&str>| -> BTreeSet<_> {
        list.iter().filter(|package| package["kind"].as_str() == kind).map(|package| text(package, "name")).collect()
    };
    let roots: Vec<_> = list.iter().filter(|package| package["root"] == true).map(|it| text(it, "name")).collect();
    assert_eq!(roots, ["tagseal-plugin"]);
    for name in ["globset", "regex-automata", "regex-syntax", "serde_json", "tagseal-engine", "tagseal-plugin"] {
        assert!(names(None).contains(name), "{name} is not among {:?}", names(None));
    }
    for name in ["serde_derive", "syn", "wit-bindgen-rust-macro", "wit-parser"] {
        assert!(names(Some("build")).contains(name), "{name} is not among {:?}", names(Some("build")));
    }
    for name in ["wasmtime", "hyper", "tagseal", "tagseal-component"] {
        assert!(!list.iter().any(|package| package["name"] == name), "{name} is not a part of the component");
    }
}

#[test]
fn each_listed_crate_has_a_version_of_the_lock_file() {
    for package in packages() {
        let entry = format!("name = \"{}\"\nversion = \"{}\"\n", text(&package, "name"), text(&package, "version"));
        assert!(LOCK_FILE.contains(&entry), "the lock file has no {package}");
    }
}

#[test]
fn each_listed_crate_but_the_root_is_needed_by_another() {
    let list = packages();
    let needed = list.iter().filter_map(|package| package["dependencies"].as_array()).flatten();
    let needed: BTreeSet<_> = needed.filter_map(Value::as_u64).collect();
    for (index, package) in (0..).zip(&list) {
        assert_eq!(needed.contains(&index), package["root"] != true, "{package}");
    }
}

/// The packages that the section `.dep-v0` lists, read as scanners read them: zlib, then JSON.
#[track_caller]
fn packages() -> Vec<Value> {
    let section = Parser::new(0).parse_all(COMPONENT).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == ".dep-v0" => Some(section.data().to_vec()),
        _ => None,
    });
    let json = miniz_oxide::inflate::decompress_to_vec_zlib(&section.expect("a section `.dep-v0`")).expect("zlib");
    let list: Value = serde_json::from_slice(&json).expect("JSON");
    list["packages"].as_array().expect("a list of packages").clone()
}

#[track_caller]
fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_else(|| panic!("no {field} in {package}"))
}

fn place_of(text: &str) -> Option<usize> {
    COMPONENT.windows(text.len()).position(|window| window == text.as_bytes())
}
