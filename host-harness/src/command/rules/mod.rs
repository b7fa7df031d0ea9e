//! `tagseal rules`: the rules of a policy file, as their operators manage them.

mod change;
mod configure;
mod create;
mod difference;
mod flags;
mod init;
mod list;
mod listing;
mod made;
mod named;
mod refused;
pub(crate) mod rule;
mod show;
mod wanted;

use std::path::Path;

use clap::{Args, Subcommand};

use super::Ending;
use super::fault::Fault;

/// Lists, creates, configures, switches and deletes the rules of a policy file
///
/// A change replaces the file whole, under a lock on a file beside it (`POLICY.json.lock`): two at once lose nothing, and a
/// change that is refused leaves the file byte for byte as it was. All that a change does not touch stays as it was written.
/// A rule is named by its id or by its namespace.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules init policy.json --instance registry-prod
  tagseal rules create policy.json --namespace prod --latest
  tagseal rules list policy.json")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    List(list::Arguments),
    Show(show::Arguments),
    Create(create::Arguments),
    Configure(configure::Arguments),
    Enable(named::Enable),
    Disable(named::Disable),
    Delete(named::Delete),
    Init(init::Arguments),
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    match &arguments.verb {
        Verb::List(arguments) => list::run(arguments, file),
        Verb::Show(arguments) => show::run(arguments, file),
        Verb::Create(arguments) => create::run(arguments, file),
        Verb::Configure(arguments) => configure::run(arguments, file),
        Verb::Enable(arguments) => arguments.run(file),
        Verb::Disable(arguments) => arguments.run(file),
        Verb::Delete(arguments) => arguments.run(file),
        Verb::Init(arguments) => init::run(arguments, file),
    }
}
