//! `tagseal inspect`: what a component is made of, and what it asks of its host.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Ending;
use super::anatomy::{Anatomy, Metadata};
use super::fault::Fault;

/// Shows what a component offers, what it imports, and what it is
///
/// `imports: none` is the promise: no clock, no randomness, no files, no network. A component that imports anything, or
/// that has another world, is refused with exit code 3.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal inspect
  tagseal inspect --format json other.wasm
  tagseal inspect --extract tagseal.wasm")]
pub(crate) struct Arguments {
    /// The component to look at, instead of the one that is built in
    #[arg(value_name = "COMPONENT", conflicts_with = "component")]
    file: Option<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

pub(crate) fn run(arguments: Arguments, component: Option<PathBuf>) -> Result<Ending, Fault> {
    let path = arguments.file.or(component).ok_or_else(|| Fault::usage("no component is built in"))?;
    let bytes = fs::read(&path).map_err(|error| Fault::file("read", &path, &error))?;
    let anatomy = Anatomy::read(&bytes).map_err(|wrong| Fault::refused(format!("`{}`: {wrong}", path.display())))?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => tell(&anatomy, &mut out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&anatomy).map_err(io::Error::from)?)?,
    }
    Ok(Ending::Fine)
}

fn tell(anatomy: &Anatomy, out: &mut impl Write) -> io::Result<()> {
    let Metadata { name, version, description, licenses, source } = &anatomy.metadata;
    let facts = [
        ("name", name),
        ("version", version),
        ("description", description),
        ("licenses", licenses),
        ("source", source),
    ];
    for (label, text) in facts {
        text.iter().try_for_each(|text| writeln!(out, "{label}: {text}"))?;
    }
    tell_each("exports", &anatomy.exports, out)?;
    tell_each("imports", &anatomy.imports, out)?;
    writeln!(out, "size: {} bytes\nsha-256: {}", anatomy.size, anatomy.sha256)
}

/// A line for each, so that scripts can ask for the whole line `imports: none`.
fn tell_each(label: &str, names: &[String], out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return writeln!(out, "{label}: none");
    }
    names.iter().try_for_each(|name| writeln!(out, "{label}: {name}"))
}
