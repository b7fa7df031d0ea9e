//! `tagseal ledger`: what a gateway's ledger remembers, and ways out for an operator.

mod adopt;
mod export;
mod ledger_place;
mod list;
mod release;
mod show;

use clap::{Args, Subcommand};

use super::Ending;
use super::fault::Fault;
use super::runtime::new_runtime;

/// Shows what the ledger of a gateway remembers, and releases tags
///
/// The gateway may run meanwhile: it notices what is released at once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal ledger list --ledger ledger.db
  tagseal ledger show --ledger ledger.db prod/app:v1
  tagseal ledger release --ledger ledger.db prod/app:v1 --reason 'the registry was restored from a backup'
  tagseal ledger adopt --ledger ledger.db --upstream http://127.0.0.1:5000 prod/app")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    List(list::Arguments),
    Show(show::Arguments),
    Release(release::Arguments),
    Adopt(adopt::Arguments),
    Export(export::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    new_runtime()?.block_on(async {
        match &arguments.verb {
            Verb::List(arguments) => list::run(arguments).await,
            Verb::Show(arguments) => show::run(arguments).await,
            Verb::Release(arguments) => release::run(arguments).await,
            Verb::Adopt(arguments) => adopt::run(arguments).await,
            Verb::Export(arguments) => export::run(arguments).await,
        }
    })
}
