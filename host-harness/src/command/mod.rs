//! The verbs of the command line, one file each, and what they share.

mod anatomy;
mod answer;
mod bench;
mod check;
mod client;
mod columns;
mod conversion;
mod decide;
mod demo;
mod document;
mod event;
mod excerpt;
mod explain;
mod export;
mod fault;
mod image;
mod import;
mod inspect;
mod lines;
mod load;
mod load_test;
mod preview;
mod request;
mod row;
mod rules;
mod serve;
mod service;
mod table;
mod terminal;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use fault::Fault;

/// Keeps container image tags immutable by rule.
///
/// Every verb asks one sealed component, which is built in and imports nothing.
#[derive(Parser)]
#[command(name = "tagseal", version, after_help = EXIT_CODES)]
struct CommandLine {
    /// Ask this component instead of the one that is built in
    #[arg(long, global = true, value_name = "FILE")]
    component: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Demo(demo::Arguments),
    Serve(serve::Arguments),
    Check(check::Arguments),
    Rules(rules::Arguments),
    Decide(decide::Arguments),
    Explain(explain::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
    Preview(preview::Arguments),
    Inspect(inspect::Arguments),
    Test(test::Arguments),
    Bench(bench::Arguments),
    LoadTest(load_test::Arguments),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  allowed, or fine
  1  denied, refused, problems found, or vectors failed
  2  wrong usage, an unreadable file, a policy that does not check, or vectors that are none
  3  the component is refused
  4  a limit was reached, or the component trapped";

/// How a verb ends that could do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Allowed, or fine.
    Fine,
    /// Denied, problems found, or vectors failed.
    Denied,
}

/// Does what the command line says. The exit code tells how it ended, and a fault is told on standard error.
pub(crate) fn run() -> ExitCode {
    let CommandLine { component, verb } = CommandLine::parse();
    let ended = match verb {
        Verb::Demo(arguments) => demo::run(&arguments, component.as_deref()),
        Verb::Serve(arguments) => serve::run(&arguments, component.as_deref()),
        Verb::Check(arguments) => check::run(&arguments, component.as_deref()),
        Verb::Rules(arguments) => rules::run(&arguments, component.as_deref()),
        Verb::Decide(arguments) => decide::run(&arguments, component.as_deref()),
        Verb::Explain(arguments) => explain::run(&arguments, component.as_deref()),
        Verb::Import(arguments) => import::run(&arguments, component.as_deref()),
        Verb::Export(arguments) => export::run(&arguments, component.as_deref()),
        Verb::Preview(arguments) => preview::run(&arguments, component.as_deref()),
        Verb::Bench(arguments) => bench::run(&arguments, component.as_deref()),
        Verb::LoadTest(arguments) => load_test::run(&arguments, component.as_deref()),
        Verb::Inspect(arguments) => inspect::run(&arguments, component.as_deref()),
        Verb::Test(arguments) => test::run(&arguments, component.as_deref()),
    };
    ended.map_or_else(Fault::report, ExitCode::from)
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Fine => Self::SUCCESS,
            Ending::Denied => Self::from(1),
        }
    }
}
