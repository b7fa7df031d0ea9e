//! Builds the component and lists the conformance vectors, and leaves both in `OUT_DIR`, from where the library embeds
//! them.

mod inner_cargo;

use anyhow::{Context, Result, bail};
use inner_cargo::{TARGET, build, variable};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_encoder::{ComponentSection, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField};

const PACKAGE: &str = "tagseal-plugin";

/// What the component is made from, relative to this crate. Nothing else makes it anew.
const INPUTS: [&str; 4] = ["../plugin", "../wit", "../Cargo.lock", "../Cargo.toml"];

/// The conformance vectors, relative to this crate, and what lies among them that is none.
const VECTORS: &str = "../tests/vectors";
const SCHEMA: &str = "schema.json";

fn main() {
    for input in INPUTS.into_iter().chain([VECTORS]) {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(error) = embed().and_then(|()| list_vectors()) {
        println!("cargo::error={error:#}");
    }
}

fn embed() -> Result<()> {
    let folder = PathBuf::from(variable("OUT_DIR")?);
    check_target()?;
    let built = build(&[PACKAGE], &folder.join("component"))?.join("tagseal_plugin.wasm");
    let component = fs::read(&built).with_context(|| format!("can't read {}", built.display()))?;
    fs::write(folder.join("tagseal.wasm"), describe(&component)?).context("can't write the component")
}

/// Writes a table of the vectors, each a name and a text, as an expression for the library to include.
fn list_vectors() -> Result<()> {
    let entries = fs::read_dir(VECTORS).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.with_context(|| format!("can't read {VECTORS}"))?;
    let names = entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".json") && name != SCHEMA).collect();
    names.sort();
    let row = |name: &String| {
        format!(r#"({name:?}, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/{VECTORS}/{name}")))"#)
    };
    let rows: Vec<_> = names.iter().map(row).collect();
    let table = Path::new(&variable("OUT_DIR")?).join("vectors.rs");
    fs::write(table, format!("&[{}]", rows.join(", "))).context("can't list the vectors")
}

/// Fails when std is not there for the component's target.
fn check_target() -> Result<()> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("can't run the compiler")?;
    if Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        return Ok(());
    }
    bail!("the target {TARGET}, which the component is built for, is not installed; run `rustup target add {TARGET}`")
}

/// The component with the name, description, version and licence of its package, in the sections that tools read them
/// from. There is no `source`: it would have to be the address of a public repository.
fn describe(component: &[u8]) -> Result<Vec<u8>> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set("tagseal".to_owned());
    let mut described = metadata.to_wasm(component).context("can't name the component")?;
    let package = package()?;
    for (name, field) in [("description", "description"), ("version", "version"), ("licenses", "license")] {
        let text = package.get(field).and_then(Value::as_str).with_context(|| format!("{PACKAGE} has no {field}"))?;
        let section = CustomSection { name: name.into(), data: text.as_bytes().into() };
        section.append_to_component(&mut described);
    }
    Ok(described)
}

/// What the component's manifest says.
fn package() -> Result<Value> {
    let mut cargo = Command::new(variable("CARGO")?);
    let output = cargo.args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("can't read what cargo says of the packages")?;
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let mut named = packages.filter(|package| package.get("name").and_then(Value::as_str) == Some(PACKAGE));
    named.next().cloned().with_context(|| format!("there is no package {PACKAGE}"))
}
