//! `tagseal inspect`: what a component is made of, and what it asks of its host.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::{COMPONENT, Component, Refusal, Settings};

use super::Ending;
use super::anatomy::{Anatomy, Metadata};
use super::document;
use super::fault::Fault;
use super::terminal::{Format, printable, write_json};

/// The world of the contract, as `wit/tag-policy.wit` names it.
const WORLD: &str = "tagseal:policy/tag-policy-component@0.1.0";

/// Shows what a component offers, what it imports, and what it is
///
/// `imports: none` is the promise: no clock, no randomness, no files, no network. A component that imports anything, or
/// that has another world, is refused with exit code 3. Nothing of it runs.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal inspect
  tagseal inspect --format json other.wasm
  tagseal inspect --extract tagseal.wasm")]
pub(crate) struct Arguments {
    /// The component to look at, instead of the one that is built in
    #[arg(value_name = "COMPONENT")]
    file: Option<PathBuf>,
    /// Write the component to this file too, for other hosts to load
    #[arg(long, value_name = "FILE")]
    extract: Option<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What is told of a component.
#[derive(Serialize)]
struct Report {
    /// None where the component is refused.
    world: Option<&'static str>,
    #[serde(flatten)]
    anatomy: Anatomy,
}

pub(crate) fn run(arguments: &Arguments, component: Option<&Path>) -> Result<Ending, Fault> {
    let bytes = match arguments.file.as_deref().or(component) {
        Some(path) => document::read(path, Settings::default().component)?.into(),
        None => Cow::Borrowed(COMPONENT),
    };
    let anatomy = Anatomy::read(&bytes).map_err(Refusal::NotAComponent)?;
    let checked = Component::from_bytes(&bytes, Settings::default());
    let report = Report { world: checked.is_ok().then_some(WORLD), anatomy };
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => tell(&report, &mut out)?,
        Format::Json => write_json(&report, &mut out)?,
    }
    checked?;
    if let Some(path) = &arguments.extract {
        fs::write(path, &bytes).map_err(|error| Fault::file("write", path, &error))?;
    }
    Ok(Ending::Fine)
}

fn tell(Report { world, anatomy }: &Report, out: &mut impl Write) -> io::Result<()> {
    let Metadata { name, version, description, licenses, source } = &anatomy.metadata;
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
    tell_each("exports", &anatomy.exports, out)?;
    tell_each("imports", &anatomy.imports, out)?;
    writeln!(out, "size: {} bytes\nsha-256: {}", anatomy.size, anatomy.sha256)
}

/// A line for each, so that scripts can ask for the whole line `imports: none`.
fn tell_each(label: &str, names: &[String], out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return writeln!(out, "{label}: none");
    }
    names.iter().try_for_each(|name| writeln!(out, "{label}: {}", printable(name)))
}
