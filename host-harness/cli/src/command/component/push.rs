//! `tagseal component push`: to a registry.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use clap::Args;
use hyper::body::Bytes;
use tagseal::{Component, LoadError, Settings};
use tagseal_distribution::artifact::{ContentError, PackedComponent, WasmInterface};
use tagseal_distribution::reference::Algorithm;

use super::registry_options::RegistryOptions;
use super::report::Report;
use crate::command::Ending;
use crate::command::artifact::{fault, repository};
use crate::command::artifact_reference::ArtifactReference;
use crate::command::clock::UtcTime;
use crate::command::document::component_bytes;
use crate::command::fault::Fault;
use crate::command::inspect::WORLD;
use crate::command::runtime::new_runtime;
use crate::command::terminal::Format;
use crate::command::wasm_sections::{Metadata, WasmSections};

/// The variable that says when something was made: seconds since the start of 1970.
const SOURCE_DATE: &str = "SOURCE_DATE_EPOCH";
/// The name of the file that other tools write.
const FILE_NAME: &str = "tagseal.wasm";

/// Pushes the component to a registry: the one that is built in, or that of `--component`
///
/// It is checked first, and nothing is sent if it imports anything or has another interface. The time in the artifact is that
/// of SOURCE_DATE_EPOCH, or the start of 1970, so the same component has the same digest wherever and whenever it is pushed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal component push registry.example/policy/tagseal:0.1.0
  tagseal component push localhost:5000/policy/tagseal:0.1.0 --component other.wasm")]
pub(super) struct Arguments {
    /// The registry, the repository and the tag. With a digest as well, nothing is sent if the artifact has another digest
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registry: RegistryOptions,
}

pub(super) fn run(arguments: &Arguments, component: Option<&Path>) -> Result<Ending, Fault> {
    let reference = ArtifactReference::parse(&arguments.reference)?;
    let packed = pack(component_bytes(component)?.into_owned().into())?;
    let digest = packed.digest();
    if let Some(expected) = reference.digest().filter(|expected| **expected != digest) {
        return Err(Fault::usage(format!("the artifact has the digest `{digest}`, and not `{expected}`"))
            .help("leave the digest out, or push the component that has it"));
    }
    new_runtime()?.block_on(send(&reference, &packed, arguments))?;
    let layer = Algorithm::Sha256.digest(&packed.layer);
    let pinned = reference.at(digest.clone());
    Report::new(&pinned, digest.as_str(), layer.as_str(), packed.layer.len() as u64).write(arguments.format)?;
    Ok(Ending::Fine)
}

/// Checks a component, and packs it.
fn pack(component: Bytes) -> Result<PackedComponent, Fault> {
    Component::from_bytes(&component, Settings::default())?;
    let WasmSections { exports, imports, metadata, .. } =
        WasmSections::read(&component).map_err(LoadError::NotAComponent)?;
    let interface = WasmInterface { exports, imports, target: Some(WORLD.to_owned()) };
    let created = created(env::var(SOURCE_DATE).ok().as_deref())?;
    let packed = PackedComponent::new(component, &created.to_string(), interface, FILE_NAME, &annotations(metadata));
    packed.map_err(|error| Fault::usage(format!("the component could not be packed: {error}")))
}

/// The time of the artifact, by the variable that says when something was made.
fn created(source_date: Option<&str>) -> Result<UtcTime, Fault> {
    let Some(text) = source_date.filter(|text| !text.is_empty()) else { return Ok(UtcTime::of_epoch(0)) };
    text.parse().map(UtcTime::of_epoch).map_err(|_| {
        Fault::usage(format!("{SOURCE_DATE} is `{text}`, and not a number of seconds since the start of 1970"))
            .help("give a number such as 1767225600, or leave the variable unset")
    })
}

/// The metadata of the component, under the names that registries show.
fn annotations(metadata: Metadata) -> BTreeMap<String, String> {
    let Metadata { name, version, description, licenses, source } = metadata;
    let known = [
        ("title", name),
        ("version", version),
        ("description", description),
        ("licenses", licenses),
        ("source", source),
    ];
    let known = known.into_iter().filter_map(|(key, text)| Some((key, text?)));
    known.map(|(key, text)| (format!("org.opencontainers.image.{key}"), text)).collect()
}

async fn send(reference: &ArtifactReference, packed: &PackedComponent, arguments: &Arguments) -> Result<(), Fault> {
    let mut content = repository(reference, arguments.registry.transport())?;
    let sent: Result<(), ContentError> = async {
        content.upload(packed.layer.clone()).await?;
        content.upload(packed.config.clone()).await?;
        content.put(&reference.written_by(), packed.media_type(), packed.manifest.clone()).await
    }
    .await;
    sent.map_err(|error| fault(reference, "pushed", &error))
}

#[cfg(test)]
mod tests {
    use super::created;

    #[test]
    fn the_artifact_is_made_when_the_environment_says_or_at_the_start_of_1970() {
        for (text, expected) in [
            (None, Some("1970-01-01T00:00:00Z")),
            (Some(""), Some("1970-01-01T00:00:00Z")),
            (Some("0"), Some("1970-01-01T00:00:00Z")),
            (Some("1767225600"), Some("2026-01-01T00:00:00Z")),
            (Some("now"), None),
            (Some("-1"), None),
            (Some("99999999999999"), None),
        ] {
            assert_eq!(created(text).ok().map(|it| it.to_string()).as_deref(), expected, "{text:?}");
        }
    }
}
