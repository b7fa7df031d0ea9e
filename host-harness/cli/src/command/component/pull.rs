//! `tagseal component pull`: from a registry to a file.

use std::path::PathBuf;

use clap::Args;
use tagseal::{Component, Settings};

use super::registry_options::RegistryOptions;
use super::report::Report;
use crate::command::Ending;
use crate::command::artifact::ArtifactReader;
use crate::command::artifact_reference::ArtifactReference;
use crate::command::component_file::extract;
use crate::command::fault::Fault;
use crate::command::runtime::new_runtime;
use crate::command::terminal::Format;

/// Writes a component of a registry to a file, after checking it
///
/// It is refused, and no file is written, if the registry sends other bytes than the digest says, if it imports anything, or
/// if it has another interface. Exits 3 then.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal component pull registry.example/policy/tagseal@sha256:…
  tagseal component pull registry.example/policy/tagseal:0.1.0 --output /etc/tagseal/tagseal.wasm")]
pub(super) struct Arguments {
    /// The artifact, by its digest or its tag. The digest of what was found is printed
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// The file to write. Of files that exist, only a component is replaced
    #[arg(long, value_name = "FILE", default_value = "tagseal.wasm")]
    output: PathBuf,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registry: RegistryOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let reference = ArtifactReference::parse(&arguments.reference)?;
    let mut reader = ArtifactReader::open(&reference, arguments.registry.transport())?;
    let (artifact, component) = new_runtime()?.block_on(reader.component())?;
    Component::from_bytes(&component, Settings::default())?;
    extract(&component, &arguments.output)?;
    let (pinned, layer) = (reference.at(artifact.digest.clone()), &artifact.manifest.layer);
    Report::new(&pinned, artifact.digest.as_str(), layer.digest.as_str(), layer.size).write(arguments.format)?;
    Ok(Ending::Fine)
}
