//! `tagseal ledger release`: a way out for an operator who knows what the registry did.

use std::io::Write as _;

use clap::Args;
use tagseal_gateway::Subject;

use super::super::Ending;
use super::super::fault::Fault;
use super::ledger_place::{LedgerPlace, operator};

/// Forgets the open writes of a tag or manifest, and that the tag was used up
///
/// Only for whoever knows that the registry will not carry out these writes any more: the next push may then bring another
/// image. The release stands in the ledger's audit.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: LedgerPlace,
    /// The tag: `prod/app:v1`, or the manifest: `prod/app@sha256:…`
    #[arg(value_name = "REPOSITORY:TAG")]
    subject: Subject,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
}

pub(super) async fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let ledger = arguments.place.open().await?;
    let released = ledger.release(&arguments.subject, &operator(), &arguments.reason).await;
    let released = released.map_err(|error| arguments.place.failed(&error))?;
    let mut out = anstream::stdout().lock();
    if released.line.is_none() {
        writeln!(out, "there was nothing to release")?;
        return Ok(Ending::Denied);
    }
    writeln!(out, "released")?;
    Ok(Ending::Fine)
}

fn reason(text: &str) -> Result<String, &'static str> {
    let is_fine = !text.trim().is_empty() && text.chars().count() <= 500 && !text.chars().any(char::is_control);
    is_fine.then(|| text.to_owned()).ok_or("write 1 to 500 characters without control characters")
}
