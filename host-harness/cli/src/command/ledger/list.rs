//! `tagseal ledger list`: the writes whose outcome is not known.

use std::io::Write as _;

use clap::Args;

use super::super::Ending;
use super::super::fault::Fault;
use super::ledger_place::LedgerPlace;
use super::show::describe;

/// Lists the pushes and deletes whose outcome is not known yet
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: LedgerPlace,
}

pub(super) async fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let ledger = arguments.place.open().await?;
    let writes = ledger.all_writes().await.map_err(|error| arguments.place.failed(&error))?;
    let mut out = anstream::stdout().lock();
    for write in &writes {
        writeln!(out, "{}", describe(write))?;
    }
    if writes.is_empty() {
        writeln!(out, "the outcome of every write is known")?;
    }
    Ok(Ending::Fine)
}
