//! `tagseal load-test`: what the gateway costs, against the registry alone.

mod blobs;
mod comparison;
mod manifests;
mod ways;

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use tagseal::gateway::{Gateway, GatewaySettings, InForce, Reached, Upstream};

use super::Ending;
use super::client::Error;
use super::document::{Document, component};
use super::fault::Fault;
use super::service::{runtime, serve_gateway, serve_registry};
use super::terminal::{Format, Progress, write_json};
use comparison::Table;
use ways::Ways;

/// Everything that is pushed here is protected, but for `latest`.
const POLICY: &str = r#"{"version": 1, "instance": "load-test",
    "rules": [{"id": 1, "namespace": "tagseal-load-test", "preset": "latest"}]}"#;

/// Measures what the gateway costs: the same requests to the registry alone, and through the gateway
///
/// Both ways take turns, in one run, and client, gateway and registry share this machine. The registry in memory takes next
/// to no time itself: before it, nothing hides what the gateway and its look-ups take. A registry on disk shows what is
/// left of that in daily work.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal load-test
  tagseal load-test --upstream http://127.0.0.1:5000")]
pub(crate) struct Arguments {
    /// A registry, `http://HOST:PORT`, that anyone may push to; without it, one in memory. What is pushed stays there,
    /// in repositories below `tagseal-load-test/`
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// How many manifests to push in each row, each way
    #[arg(long, value_name = "NUMBER", default_value = "500")]
    pushes: NonZeroUsize,
    /// How many clients push at one time, where many do
    #[arg(long, value_name = "NUMBER", default_value = "16")]
    clients: NonZeroUsize,
    /// How many blobs of 32 MiB to upload, each way
    #[arg(long, value_name = "NUMBER", default_value = "8")]
    blobs: NonZeroUsize,
    /// How to say it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document { name: "the load test's policy".into(), text: POLICY.into() };
    let policy = document.compile(&component(file)?)?;
    // Threads of their own for each, as if they were processes.
    let (behind, between, before) = (runtime()?, runtime()?, runtime()?);
    let registry = match &arguments.upstream {
        Some(registry) => registry.trim_end_matches('/').to_owned(),
        None => format!("http://{}", behind.block_on(serve_registry())?),
    };
    let upstream = before.block_on(checked(&registry))?;
    let gateway = Gateway::new(upstream, InForce::new(policy), GatewaySettings::default());
    let gateway = format!("http://{}", between.block_on(serve_gateway(&gateway))?);
    let table =
        before.block_on(measure(&Ways::new(&registry, &gateway), arguments)).map_err(|error| broken(&*error))?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => table.write(&mut out)?,
        Format::Json => write_json(&table, &mut out)?,
    }
    Ok(Ending::Fine)
}

/// The registry to measure, if it can be: without users, and without TLS.
async fn checked(registry: &str) -> Result<Upstream, Fault> {
    let wrong = |why: String| Fault::usage(format!("`{registry}` can't be measured: {why}"));
    let upstream = Upstream::new(registry).map_err(|error| wrong(error.to_string()))?;
    if !registry.starts_with("http://") {
        return Err(wrong("it is behind TLS".into()).mend("name the `http://HOST:PORT` behind that"));
    }
    match upstream.check().await {
        Reached::Registry => Ok(upstream),
        Reached::Nothing(why) | Reached::Other(why) => Err(wrong(why)),
    }
}

async fn measure(ways: &Ways, arguments: &Arguments) -> Result<Table, Error> {
    let progress = Progress::start("pushing manifests");
    let mut table = Table::default();
    manifests::measure_one_by_one(ways, arguments.pushes.get(), &mut table).await?;
    progress.go_on("pushing many manifests at once");
    manifests::measure_at_once(ways, arguments.pushes.get(), arguments.clients.get(), &mut table).await?;
    progress.go_on("uploading and downloading blobs");
    blobs::measure(ways, arguments.blobs.get(), &mut table).await?;
    Ok(table)
}

fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Fault {
    Fault::usage(format!("not all could be measured: {error}"))
}
