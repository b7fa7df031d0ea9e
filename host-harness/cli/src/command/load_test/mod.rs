//! `tagseal load-test`: what the gateway costs, against the registry alone.

mod at_once;
mod blobs;
mod comparison;
mod manifests;
mod random;
mod ways;

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use tagseal_distribution::client::{Reached, RegistryClient};
use tagseal_gateway::{ActivePolicy, Gateway, GatewaySettings, Ledger, LedgerSettings, Place};

use super::Ending;
use super::client::Error;
use super::document::{Document, component};
use super::fault::Fault;
use super::runtime::{new_runtime, serve_gateway, serve_registry};
use super::terminal::{Format, Progress, write_json};
use comparison::Table;
use ways::Ways;

/// Everything that is pushed here is protected, but for `latest`.
const POLICY: &str = r#"{"version": 1, "instance": "load-test",
    "rules": [{"id": 1, "namespace": "tagseal-load-test", "preset": "latest"}]}"#;

/// Measures the cost of the gateway: the same requests to the registry directly, and through the gateway
///
/// Both ways take turns in one run, and client, gateway and registry share this machine. The registry in memory needs almost
/// no time itself, so that the time of the gateway and its look-ups shows fully. A registry on disk shows how much of that
/// remains in daily work.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal load-test
  tagseal load-test --upstream http://127.0.0.1:5000")]
pub(crate) struct Arguments {
    /// A registry, `http://HOST:PORT`, to which anyone may push. Without it, one in memory is used, which has room for 1 GiB. The
    /// images stay in the registry, in repositories that begin with `tagseal-load-test/`
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Where the gateway remembers its writes: a file, or `postgres://USER@HOST/DATABASE`. Without it, in memory
    #[arg(long, value_name = "FILE|URL")]
    ledger: Option<Place>,
    /// How many manifests to push in each row, each way
    #[arg(long, value_name = "NUMBER", default_value = "500")]
    pushes: NonZeroUsize,
    /// How many clients push at the same time, in the rows about many clients
    #[arg(long, value_name = "NUMBER", default_value = "16")]
    clients: NonZeroUsize,
    /// How many blobs of 32 MiB to upload, each way
    #[arg(long, value_name = "NUMBER", default_value = "4")]
    blobs: NonZeroUsize,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document { name: "the load test's policy".into(), text: POLICY.into() };
    let policy = document.compile(&component(file)?)?;
    // Threads of their own for each, as if they were processes.
    let (for_registry, for_gateway, for_client) = (new_runtime()?, new_runtime()?, new_runtime()?);
    let registry = match &arguments.upstream {
        Some(registry) => registry.trim_end_matches('/').to_owned(),
        None => format!("http://{}", for_registry.block_on(serve_registry())?),
    };
    let upstream = for_client.block_on(checked(&registry))?;
    let place = arguments.ledger.clone().unwrap_or(Place::Memory);
    let ledger = for_gateway.block_on(Ledger::open(&place, LedgerSettings::default()));
    let ledger = ledger.map_err(|error| Fault::usage(format!("`--ledger {place}`: {error}")))?;
    let gateway = for_gateway.block_on(async {
        let gateway = Gateway::new(upstream, ActivePolicy::new(policy), ledger, GatewaySettings::default());
        serve_gateway(&gateway).await
    })?;
    let gateway = format!("http://{gateway}");
    let table =
        for_client.block_on(measure(&Ways::new(&registry, &gateway), arguments)).map_err(|error| broken(&*error))?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => table.write(&mut out)?,
        Format::Json => write_json(&table, &mut out)?,
    }
    Ok(Ending::Fine)
}

/// The registry to measure, if it can be: without users, and without TLS.
async fn checked(registry: &str) -> Result<RegistryClient, Fault> {
    let wrong = |why: String| Fault::usage(format!("`{registry}` can't be measured: {why}"));
    let upstream = RegistryClient::new(registry).map_err(|error| wrong(error.to_string()))?;
    if !registry.starts_with("http://") {
        return Err(wrong("it uses TLS".into()).help("give its address without TLS: `http://HOST:PORT`"));
    }
    match upstream.check().await {
        Reached::Registry => Ok(upstream),
        Reached::Nothing(why) | Reached::Other(why) => Err(wrong(why)),
    }
}

async fn measure(ways: &Ways, arguments: &Arguments) -> Result<Table, Error> {
    let progress = Progress::start("pushing manifests");
    let mut table = Table::default();
    manifests::measure(ways, arguments.pushes.get(), &mut table).await?;
    progress.go_on("pushing with many clients");
    at_once::measure(ways, arguments.pushes.get(), arguments.clients.get(), &mut table).await?;
    progress.go_on("uploading and downloading blobs");
    blobs::measure(ways, arguments.blobs.get(), &mut table).await?;
    Ok(table)
}

fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Fault {
    Fault::usage(format!("not all could be measured: {error}"))
}
