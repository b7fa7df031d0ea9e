//! Builds the guests, and leaves them in `OUT_DIR`, from where the subjects embed them.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";
const GUESTS: [&str; 3] = ["constant", "kubewarden", "opa"];

/// What the guests are made from.
const INPUTS: [&str; 4] = ["guests", "../../plugin", "../../wit", "Cargo.lock"];

/// What the outer cargo or its user may have set for the host, and what would reach into the guests.
const FOREIGN: [&str; 12] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

fn main() {
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(error) = build() {
        println!("cargo::error={error:#}");
    }
}

fn build() -> Result<()> {
    let folder = PathBuf::from(variable("OUT_DIR")?);
    let target = folder.join("guests");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["build", "--locked", "--profile", "component", "--target", TARGET, "--target-dir"]).arg(&target);
    for guest in GUESTS {
        cargo.arg("--package").arg(format!("peer-{guest}"));
    }
    for name in FOREIGN {
        cargo.env_remove(name);
    }
    let output = cargo.output().context("can't run cargo")?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        bail!("the guests do not build:\n{}", log.replace('\n', "\ncargo::error="));
    }
    GUESTS.into_iter().try_for_each(|guest| keep(guest, &target, &folder))
}

fn keep(guest: &str, target: &Path, folder: &Path) -> Result<()> {
    let built = target.join(TARGET).join("component").join(format!("peer_{guest}.wasm"));
    fs::copy(&built, folder.join(format!("{guest}.wasm")))
        .with_context(|| format!("can't copy {}", built.display()))?;
    Ok(())
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("cargo sets no {name}"))
}
