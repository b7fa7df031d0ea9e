//! `tagseal inspect`: what a component is made of, and what it asks of its host.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::{Component, LoadError, Settings};

use super::Ending;
use super::component_file::extract;
use super::document::component_bytes;
use super::fault::Fault;
use super::terminal::{Format, printable, write_json};
use super::wasm_sections::{Metadata, WasmSections};

/// The world of the contract, as `wit/tag-policy.wit` names it.
pub(crate) const WORLD: &str = "tagseal:policy/tag-policy-component@0.2.0";

/// Shows what a component exports, what it imports, and its metadata
///
/// `imports: none` is the promise: no clock, no randomness, no files, no network. A component that imports anything, or that
/// has another world, is refused with exit code 3. No code of the component runs.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal inspect
  tagseal inspect --format json other.wasm
  tagseal inspect --extract tagseal.wasm")]
pub(crate) struct Arguments {
    /// The component to look at, instead of the one that is built in or that of `--component`: a file, or
    /// `oci://REGISTRY/REPOSITORY@DIGEST`
    #[arg(value_name = "COMPONENT")]
    file: Option<PathBuf>,
    /// Write the component to this file too, for other hosts to load. Of files that exist, only a component is replaced
    #[arg(long, value_name = "FILE")]
    extract: Option<PathBuf>,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The facts about a component.
#[derive(Serialize)]
struct Report {
    /// None where the component is refused.
    world: Option<&'static str>,
    #[serde(flatten)]
    wasm_sections: WasmSections,
}

pub(crate) fn run(arguments: &Arguments, component: Option<&Path>) -> Result<Ending, Fault> {
    if let (Some(file), Some(component)) = (&arguments.file, component) {
        let [file, component] = [file, component].map(|path| path.display().to_string());
        let by = "by `--component` or TAGSEAL_COMPONENT";
        return Err(Fault::usage(format!("two components are given: `{file}`, and `{component}` {by}"))
            .help("give one of them: a command looks at one component"));
    }
    let bytes = component_bytes(arguments.file.as_deref().or(component))?;
    let wasm_sections = WasmSections::read(&bytes).map_err(LoadError::NotAComponent)?;
    let checked = Component::from_bytes(&bytes, Settings::default());
    let report = Report { world: checked.is_ok().then_some(WORLD), wasm_sections };
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => write(&report, &mut out)?,
        Format::Json => write_json(&report, &mut out)?,
    }
    checked?;
    if let Some(path) = &arguments.extract {
        extract(&bytes, path)?;
    }
    Ok(Ending::Fine)
}

fn write(Report { world, wasm_sections }: &Report, out: &mut impl Write) -> io::Result<()> {
    let Metadata { name, version, description, licenses, source } = &wasm_sections.metadata;
    let facts = [
        ("name", name),
        ("version", version),
        ("description", description),
        ("licenses", licenses),
        ("source", source),
    ];
    for (label, text) in facts {
        text.iter().try_for_each(|text| writeln!(out, "{label}: {}", printable(text)))?;
    }
    writeln!(out, "world: {}", world.unwrap_or("another"))?;
    write_each("exports", &wasm_sections.exports, out)?;
    write_each("imports", &wasm_sections.imports, out)?;
    writeln!(out, "size: {} bytes\nsha-256: {}", wasm_sections.size, wasm_sections.sha256)
}

/// A line for each, so that scripts can ask for the whole line `imports: none`.
fn write_each(label: &str, names: &[String], out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return writeln!(out, "{label}: none");
    }
    names.iter().try_for_each(|name| writeln!(out, "{label}: {}", printable(name)))
}
