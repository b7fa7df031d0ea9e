//! Builds the component, and leaves it in `OUT_DIR`, from where the library embeds it.

mod crate_list;
mod inner_cargo;
mod machine_paths;

use anyhow::{Context, Result, bail};
use inner_cargo::{TARGET, build, variable};
use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use wasm_encoder::{ComponentSection, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField};

const PACKAGE: &str = "tagseal-plugin";

/// What the component is made from, relative to this crate. Nothing else builds it again.
const INPUTS: [&str; 5] =
    ["../../plugin", "../../wit", "../../Cargo.lock", "../../Cargo.toml", "../../rust-toolchain.toml"];

/// The workspace, relative to this crate.
const WORKSPACE: &str = "../..";

/// The length of the header that every component begins with.
const HEADER: usize = 8;

fn main() -> ExitCode {
    // Cargo runs a build script without arguments. With arguments, it is the inner cargo that runs this program, as a
    // wrapper of the compiler.
    if let Some(code) = machine_paths::run_compiler(env::args_os().skip(1)) {
        return code;
    }
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(error) = embed() {
        println!("cargo::error={error:#}");
    }
    ExitCode::SUCCESS
}

fn embed() -> Result<()> {
    let folder = PathBuf::from(variable("OUT_DIR")?);
    check_target()?;
    let built_in = folder.join("component");
    let workspace = fs::canonicalize(WORKSPACE).context("can't find the workspace")?;
    let wrapper = machine_paths::wrapper(&workspace, &built_in)?;
    let built = build(&[PACKAGE], &built_in, &wrapper)?.join("tagseal_plugin.wasm");
    let component = fs::read(&built).with_context(|| format!("can't read {}", built.display()))?;
    let described = list_crates(&describe(&component)?)?;
    fs::write(folder.join("tagseal.wasm"), described).context("can't write the component")
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
    bail!("the target {TARGET}, which the component is built for, is not installed; run `rustup toolchain install`")
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

/// The component with the list of its crates, as `cargo auditable` writes it into programs.
///
/// It is the first section. The readers of cargo-auditable stop at the end of the first core module that they meet.
fn list_crates(component: &[u8]) -> Result<Vec<u8>> {
    let (header, sections) = component.split_at_checked(HEADER).context("the component has no header")?;
    let list = crate_list::compressed(PACKAGE)?;
    let mut listed = header.to_vec();
    CustomSection { name: ".dep-v0".into(), data: list.into() }.append_to_component(&mut listed);
    listed.extend_from_slice(sections);
    Ok(listed)
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
