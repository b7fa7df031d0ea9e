//! Builds the guests, and leaves them in `OUT_DIR`, from where the subjects embed them.

#[path = "../../host-harness/component/inner_cargo.rs"]
mod inner_cargo;

use anyhow::{Context, Result};
use inner_cargo::variable;
use std::fs;
use std::path::PathBuf;

const GUESTS: [&str; 3] = ["constant", "kubewarden", "opa"];

/// What the guests are made from.
const INPUTS: [&str; 5] = ["guests", "../../plugin", "../../wit", "Cargo.lock", "Cargo.toml"];

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
    let packages = GUESTS.map(|guest| format!("peer-{guest}"));
    let built = inner_cargo::build(&packages.each_ref().map(String::as_str), &folder.join("guests"), &[])?;
    GUESTS.into_iter().try_for_each(|guest| {
        let from = built.join(format!("peer_{guest}.wasm"));
        fs::copy(&from, folder.join(format!("{guest}.wasm")))
            .with_context(|| format!("can't copy {}", from.display()))?;
        Ok(())
    })
}
