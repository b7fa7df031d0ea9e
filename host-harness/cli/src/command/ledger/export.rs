//! `tagseal ledger export`: everything in the ledger, for other programs.

use std::io::{self, Write as _};

use clap::Args;
use serde_json::json;
use serde_json::value::RawValue;
use tagseal_gateway::{AuditFilter, AuditPage, binding_json, open_write_json};

use super::super::Ending;
use super::super::fault::Fault;
use super::ledger_place::LedgerPlace;

/// The most lines of the audit that are read at once.
const MAX_PAGE: usize = 1000;

/// Writes everything in the ledger to standard output: one JSON object a line
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: LedgerPlace,
}

pub(super) async fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let ledger = arguments.place.open().await?;
    let failed = |error| arguments.place.failed(&error);
    let bindings = ledger.all_bindings().await.map_err(failed)?;
    let bindings = bindings.iter().map(|binding| json!({"binding": binding_json(binding)}));
    let writes = ledger.all_writes().await.map_err(failed)?;
    let writes = writes.iter().map(|open| json!({"write": open_write_json(open)}));
    let mut out = anstream::stdout().lock();
    for line in bindings.chain(writes) {
        writeln!(out, "{line}")?;
    }
    let mut before = None;
    loop {
        let page = ledger.audit_page(&AuditFilter::default(), before, MAX_PAGE).await.map_err(failed)?;
        before = page.next();
        audit(&page, &mut out)?;
        if before.is_none() {
            return Ok(Ending::Fine);
        }
    }
}

/// Writes lines of the audit, the newest first, as they are.
fn audit(page: &AuditPage, out: &mut impl io::Write) -> io::Result<()> {
    let lines = page.lines.iter().filter_map(|(_, line)| serde_json::from_str::<&RawValue>(line).ok());
    lines.into_iter().try_for_each(|line| writeln!(out, "{}", json!({"audit": line})))
}
