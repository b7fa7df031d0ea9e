//! `tagseal component`: moves the component through a registry.

mod pull;
mod push;
mod registry_options;
mod report;
mod show;

use std::path::Path;

use clap::{Args, Subcommand};

use super::Ending;
use super::fault::Fault;

/// Moves the component through a registry, as an artifact that other tools can read too
///
/// The artifact is laid out as the CNCF's guide for WebAssembly says: the configuration
/// `application/vnd.wasm.config.v0+json` and one layer `application/wasm`. The same component has the same digest everywhere.
///
/// The registry is asked as the user who has logged in with docker or podman. `oci://REGISTRY/REPOSITORY@sha256:…` may then
/// stand wherever a component is given: after `--component`, in TAGSEAL_COMPONENT, after `tagseal inspect`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal component push registry.example/policy/tagseal:0.1.0
  tagseal component show registry.example/policy/tagseal:0.1.0
  tagseal component pull registry.example/policy/tagseal@sha256:… --output tagseal.wasm")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Push(push::Arguments),
    Pull(pull::Arguments),
    Show(show::Arguments),
}

pub(crate) fn run(arguments: &Arguments, component: Option<&Path>) -> Result<Ending, Fault> {
    match &arguments.verb {
        Verb::Push(arguments) => push::run(arguments, component),
        Verb::Pull(arguments) => pull::run(arguments),
        Verb::Show(arguments) => show::run(arguments),
    }
}
