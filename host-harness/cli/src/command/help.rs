//! `tagseal help`: the help of a command, and of the policy language.

use std::io::Write as _;

use clap::{Args, Command};

use super::Ending;
use super::fault::Fault;

/// The short form of the policy language.
const POLICY_LANGUAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugin/language.txt"));

/// Shows the help of a command, or the policy language in short
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal help policy
  tagseal help rules create")]
pub(crate) struct Arguments {
    /// `policy` for the policy language, or a command
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<Ending, Fault> {
    match arguments.topic.as_slice() {
        [policy] if policy == "policy" => {
            write!(anstream::stdout(), "{POLICY_LANGUAGE}")?;
            return Ok(Ending::Fine);
        }
        [policy, more, ..] if policy == "policy" => {
            let fault = Fault::usage(format!("the help about `policy` is one text, and has no part `{more}`"));
            return Err(fault.help("`tagseal help policy` prints all of it"));
        }
        _ => {}
    }
    program.build();
    let mut command = &mut program;
    for name in &arguments.topic {
        command = command.find_subcommand_mut(name).ok_or_else(|| {
            Fault::usage(format!("there is no help about `{name}`")).help("`tagseal --help` lists the commands")
        })?;
    }
    command.print_long_help()?;
    Ok(Ending::Fine)
}
