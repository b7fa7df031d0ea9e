//! `tagseal component show`: what an artifact is, without its component.

use clap::Args;
use tagseal_distribution::artifact::WasmInterface;

use super::registry_options::RegistryOptions;
use super::report::{Described, Description, Report};
use crate::command::Ending;
use crate::command::artifact::ArtifactReader;
use crate::command::artifact_reference::ArtifactReference;
use crate::command::fault::Fault;
use crate::command::runtime::new_runtime;
use crate::command::terminal::Format;

/// Shows the digest of a component in a registry, and what its maker says about it
///
/// The component itself is not read, so what it exports and imports is not checked: `pull` checks it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal component show registry.example/policy/tagseal:0.1.0
  tagseal component show localhost:5000/policy/tagseal:0.1.0 --format json")]
pub(super) struct Arguments {
    /// The artifact, by its tag or its digest
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registry: RegistryOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let reference = ArtifactReference::parse(&arguments.reference)?;
    let mut reader = ArtifactReader::open(&reference, arguments.registry.transport())?;
    let artifact = new_runtime()?.block_on(reader.artifact())?;
    let WasmInterface { exports, imports, target } = artifact.config.component.unwrap_or_default();
    let pinned = reference.at(artifact.digest.clone());
    let layer = &artifact.manifest.layer;
    let report = Report::new(&pinned, artifact.digest.as_str(), layer.digest.as_str(), layer.size);
    let (created, world) = (artifact.config.created.as_deref(), target.as_deref());
    let description = Description { created, world, exports: &exports, imports: &imports };
    Described { report, description }.write(arguments.format)?;
    Ok(Ending::Fine)
}
