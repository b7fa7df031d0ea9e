//! The list of the crates that the component is made of, in the form of cargo-auditable.
//!
//! `cargo auditable` itself can't write it: it hands the list to the linker, and the linker of components drops it.
//! `cargo tree` is asked rather than `cargo metadata`, which names crates of features that the component does not use, and
//! downloads the crates of the whole workspace. The form is written by hand, since the crate for it (`auditable-serde`) asks
//! more of `semver`, which wasmtime needs too, so that `cargo run` and `cargo test` would each compile wasmtime.

use crate::inner_cargo::{TARGET, variable};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The revision of the form in which macros, and what they need, are of kind `build`.
const FORMAT: u32 = 1;
/// How well the list is compressed, out of 10.
const LEVEL: u8 = 9;

/// The crates that each crate needs directly, by what `cargo tree` calls them.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns the list of a package and all that it is built with, compressed.
pub(crate) fn compressed(package: &str) -> Result<Vec<u8>> {
    let all = read_tree(&tree(package, "normal,build")?)?;
    let runtime = read_tree(&tree(package, "normal,no-proc-macro")?)?;
    let json = serde_json::to_vec(&list(package, &all, &runtime)?)?;
    Ok(miniz_oxide::deflate::compress_to_vec_zlib(&json, LEVEL))
}

/// What `cargo tree` says of the dependencies of a package: a line for each, with its depth before it.
fn tree(package: &str, edges: &str) -> Result<String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["tree", "--locked", "--package", package, "--target", TARGET, "--edges", edges]);
    cargo.args(["--prefix", "depth", "--no-dedupe", "--format", " {p}"]);
    let output = cargo.output().context("can't run cargo")?;
    if !output.status.success() {
        bail!("can't list the crates of {package}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn read_tree(lines: &str) -> Result<Graph> {
    let mut graph = Graph::new();
    let mut parents: Vec<&str> = Vec::new();
    for line in lines.lines() {
        let (depth, name) = line.split_once(' ').with_context(|| format!("no depth in `{line}`"))?;
        let name = name.trim_end_matches(" (proc-macro)");
        parents.truncate(depth.parse().with_context(|| format!("no depth in `{line}`"))?);
        if let Some(needed) = parents.last().and_then(|parent| graph.get_mut(*parent)) {
            needed.insert(name.to_owned());
        }
        graph.entry(name.to_owned()).or_default();
        parents.push(name);
    }
    Ok(graph)
}

/// Writes the list. Fields that have their default are left out, as cargo-auditable leaves them out.
fn list(root: &str, all: &Graph, runtime: &Graph) -> Result<Value> {
    let indexes: BTreeMap<_, _> = all.keys().zip(0_usize..).collect();
    let package = |(line, needed): (&String, &BTreeSet<String>)| -> Result<Value> {
        let (name, version, source) = read_package(line)?;
        let mut package = Map::new();
        package.insert("name".to_owned(), name.into());
        package.insert("version".to_owned(), version.into());
        package.insert("source".to_owned(), source.into());
        if !runtime.contains_key(line) {
            package.insert("kind".to_owned(), "build".into());
        }
        let dependencies: Vec<_> = needed.iter().filter_map(|name| indexes.get(name).copied()).collect();
        if !dependencies.is_empty() {
            package.insert("dependencies".to_owned(), dependencies.into());
        }
        if name == root {
            package.insert("root".to_owned(), true.into());
        }
        Ok(package.into())
    };
    let packages = all.iter().map(package).collect::<Result<Vec<_>>>()?;
    Ok(json!({ "packages": packages, "format": FORMAT }))
}

/// Reads `serde v1.0.229`, after which the source stands in brackets unless it is crates.io.
fn read_package(line: &str) -> Result<(&str, &str, &'static str)> {
    let mut words = line.splitn(3, ' ');
    let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) else {
        bail!("no name and version in `{line}`");
    };
    let source = match words.next() {
        None => "crates.io",
        Some(other) if other.starts_with("(registry ") => "registry",
        Some(other) if other.contains("://") => "git",
        Some(_) => "local",
    };
    Ok((name, version, source))
}
