//! Lists the conformance vectors, and leaves the table in `OUT_DIR`, from where the crate embeds them.

use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::path::Path;

/// The folder of the conformance vectors, relative to this crate.
const VECTORS: &str = "../vectors";
/// The file in it that is not a file of vectors.
const SCHEMA: &str = "schema.json";

fn main() {
    println!("cargo::rerun-if-changed={VECTORS}");
    if let Err(error) = list_vectors() {
        println!("cargo::error={error:#}");
    }
}

/// Writes a table of the vectors, each with a name and a text, as an expression that the crate includes.
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
    let table = Path::new(&env::var("OUT_DIR").context("cargo sets no OUT_DIR")?).join("vectors.rs");
    fs::write(table, format!("&[{}]", rows.join(", "))).context("can't list the vectors")
}
