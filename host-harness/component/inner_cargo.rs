//! Builds packages for WebAssembly out of a build script, in a folder of their own, since cargo holds the lock of the outer
//! one.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that they are built for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// What the outer cargo, its user or clippy may have set for the host, and what would reach into the packages: a folder
/// that is locked, another target, other flags, or a compiler that only checks.
const FOREIGN: [&str; 14] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_INCREMENTAL",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// What every variable begins with that changes a profile.
const PROFILES: &str = "CARGO_PROFILE_";

/// Builds packages of the workspace in a folder, in an environment that has the given variables besides its own, and
/// returns in which folder below it they are then.
pub(crate) fn build(packages: &[&str], folder: &Path, variables: &[(&str, OsString)]) -> Result<PathBuf> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["build", "--locked", "--profile", "component", "--target", TARGET, "--target-dir"]).arg(folder);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    let profiles = env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with(PROFILES));
    for name in FOREIGN.into_iter().map(OsString::from).chain(profiles) {
        cargo.env_remove(name);
    }
    cargo.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = cargo.output().context("can't run cargo")?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        bail!("{} can't be built:\n{}", packages.join(", "), log.replace('\n', "\ncargo::error="));
    }
    Ok(folder.join(TARGET).join("component"))
}

/// What cargo says to a build script.
pub(crate) fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("cargo sets no {name}"))
}
