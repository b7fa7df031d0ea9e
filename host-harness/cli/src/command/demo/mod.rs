//! `tagseal demo`: real images, pushed through a gateway to a registry in memory.

mod story;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use clap::Args;
use tagseal::Policy;
use tagseal_distribution::client::RegistryClient;
use tagseal_gateway::{ActivePolicy, Gateway, GatewaySettings, Ledger};

use super::Ending;
use super::document::{Document, component};
use super::fault::Fault;
use super::log::Log;
use super::runtime::{new_runtime, serve_gateway, serve_registry, stopped};
use story::Story;

/// The policy of the demo.
const POLICY: &str = r#"{
  "version": 1,
  "instance": "demo",
  "revision": 1,
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] }
  ]
}
"#;

/// Shows Tagseal at work: pushes real images through a gateway, which refuses some of them
///
/// Starts a registry in memory and a gateway in front of it, both on free ports of this machine only. Nothing is installed, and
/// nothing stays on the machine. Exits 0 only if every push and delete got the expected answer.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal demo
  tagseal demo --keep")]
pub(crate) struct Arguments {
    /// Keep it running afterwards, and show how to try it with other clients
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document { name: "the demo's policy".to_owned(), text: POLICY.to_owned() };
    let policy = document.compile(&component(file)?)?;
    new_runtime()?.block_on(show(policy, arguments.keep))
}

async fn show(policy: Policy, keep: bool) -> Result<Ending, Fault> {
    let stop = stopped().map_err(|error| Fault::usage(format!("signals can't be heard: {error}")))?;
    let registry = serve_registry().await?;
    let upstream =
        RegistryClient::new(&format!("http://{registry}")).map_err(|error| Fault::usage(error.to_string()))?;
    let ledger = Ledger::in_memory().await.map_err(|error| Fault::usage(error.to_string()))?;
    let gateway = Gateway::new(upstream, ActivePolicy::new(policy), ledger, GatewaySettings::default());
    let address = serve_gateway(&gateway).await?;
    writeln!(
        anstream::stdout(),
        "A registry in memory at {registry}, and a gateway in front of it at {address}.\nIts policy:\n"
    )?;
    writeln!(anstream::stdout(), "{POLICY}\nIn `prod`, a tag is pushed once. Only `latest` moves.")?;
    let ending = Story::new(address, &gateway).run().await?;
    if keep {
        writeln!(anstream::stdout(), "{}", suggestions(address))?;
        let _log = Log::start(None)?;
        stop.await;
    } else {
        writeln!(anstream::stdout(), "{NEXT}")?;
    }
    Ok(ending)
}

/// What to do next.
const NEXT: &str = "
With your own clients:                 tagseal demo --keep
In front of your own registry:         tagseal serve --help";

fn suggestions(address: SocketAddr) -> String {
    let (latest, v1) = (format!("{address}/prod/app:latest"), format!("{address}/prod/app:v1"));
    format!(
        "
It runs until Ctrl-C. Try to move `v1` to the other image with one of these clients. Each push is refused:

  skopeo copy --src-tls-verify=false --dest-tls-verify=false \\
    docker://{latest} docker://{v1}

  podman pull --tls-verify=false {latest}
  podman push --tls-verify=false {latest} docker://{v1}

  docker pull {latest}
  docker tag {latest} {v1}
  docker push {v1}

The log of the gateway:
"
    )
}
