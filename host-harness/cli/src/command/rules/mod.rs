//! `tagseal rules`: the rules of a policy file, as their operators manage them.

pub(crate) mod change;
pub(crate) mod change_error;
pub(crate) mod change_result;
mod configure;
mod create;
mod difference;
mod flags;
mod init;
mod list;
mod listing;
mod overrides;
pub(crate) mod rule;
mod rule_selector;
mod show;
mod toggle;

use std::path::Path;

use clap::{Args, Subcommand};

use super::Ending;
use super::fault::Fault;

/// Lists, creates, configures, enables, disables and deletes the rules of a policy file
///
/// A change replaces the whole file, under a lock on a file next to it (`POLICY.json.lock`), so that two changes at the same
/// time lose nothing. A change that is refused leaves the file byte for byte as it was. The parts that a change does not touch
/// keep their text. A rule is named by its id or by its namespace.
///
/// In place of a file, each of these commands takes the address of a gateway that runs, also as `--server URL`.
/// TAGSEAL_TOKEN_FILE then names the file with your token for it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules init policy.json --instance registry-prod
  tagseal rules create policy.json --namespace prod --latest
  tagseal rules list policy.json
  TAGSEAL_TOKEN_FILE=token tagseal rules disable --server https://gateway.example.org team-a")]
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
    Enable(toggle::Enable),
    Disable(toggle::Disable),
    Delete(toggle::Delete),
    Override(overrides::Override),
    EndOverride(overrides::EndOverride),
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
        Verb::Override(arguments) => arguments.run(file),
        Verb::EndOverride(arguments) => arguments.run(file),
        Verb::Init(arguments) => init::run(arguments, file),
    }
}
