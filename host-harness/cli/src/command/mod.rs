//! The commands of `tagseal`, one file each, and the modules that they share.

mod answer;
mod apply;
mod artifact;
mod artifact_reference;
mod bench;
mod certificates;
mod check;
mod client;
mod clock;
mod columns;
mod component;
mod component_file;
mod component_source;
mod configuration;
mod conversion;
mod decide;
mod decision_line;
mod demo;
mod document;
mod drift;
mod event;
mod excerpt;
mod explain;
mod export;
mod fault;
mod gateway_policy;
mod help;
mod image;
mod import;
mod inspect;
mod json_lines;
mod ledger;
mod limit_flags;
mod load_test;
mod log;
mod log_field;
mod log_queue;
mod metrics;
mod namespace_note;
mod open_files;
mod override_warnings;
mod preview;
mod reference;
mod registry_credential;
mod registry_flags;
mod request;
mod rules;
mod runtime;
mod serve;
mod served_policy;
mod signals;
mod status_listener;
mod table;
mod tag_override;
mod tag_state;
mod terminal;
mod test;
mod traces;
mod wasm_sections;
mod workload;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{CommandFactory as _, Parser, Subcommand};

use fault::Fault;

/// Keeps container image tags immutable by rule.
///
/// Every command asks one WebAssembly component, which is built in and imports nothing.
#[derive(Parser)]
#[command(name = "tagseal", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct CommandLine {
    /// Use this component instead of the built-in one: a file, or `oci://REGISTRY/REPOSITORY@DIGEST`
    #[arg(long, global = true, value_name = "FILE", env = "TAGSEAL_COMPONENT", value_parser = any_path())]
    component: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Demo(demo::Arguments),
    Serve(Box<serve::Arguments>),
    Ledger(ledger::Arguments),
    Check(check::Arguments),
    Rules(rules::Arguments),
    Apply(apply::Arguments),
    Decide(decide::Arguments),
    Explain(explain::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
    Preview(preview::Arguments),
    Drift(drift::Arguments),
    Inspect(inspect::Arguments),
    Component(component::Arguments),
    Test(test::Arguments),
    Bench(bench::Arguments),
    LoadTest(load_test::Arguments),
    Help(help::Arguments),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success; every event is allowed
  1  denied; refused by the component (`error[…]`); problems found; or vectors failed
  2  wrong usage; a file that can't be read or written; or an invalid policy, unless it is what is checked
  3  the component is refused
  4  a limit was reached, or the component trapped";

/// How a command ends that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Success: allowed, or nothing to report.
    Fine,
    /// Denied, problems found, or vectors failed.
    Denied,
}

/// Reads a path. It may be empty, since a variable that is empty counts as one that is not set.
fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Runs the command line. Returns the exit code; errors are shown on standard error.
pub fn run() -> ExitCode {
    let CommandLine { component, verb } = match arguments().map(CommandLine::parse_from) {
        Ok(command_line) => command_line,
        Err(fault) => return fault.report(),
    };
    let component = component.filter(|path| !path.as_os_str().is_empty());
    let ended = match verb {
        Verb::Demo(arguments) => demo::run(&arguments, component.as_deref()),
        Verb::Serve(arguments) => serve::run(&arguments, component.as_deref(), serve_flags),
        Verb::Ledger(arguments) => ledger::run(&arguments),
        Verb::Check(arguments) => check::run(&arguments, component.as_deref()),
        Verb::Rules(arguments) => rules::run(&arguments, component.as_deref()),
        Verb::Apply(arguments) => apply::run(&arguments, component.as_deref()),
        Verb::Decide(arguments) => decide::run(&arguments, component.as_deref()),
        Verb::Explain(arguments) => explain::run(&arguments, component.as_deref()),
        Verb::Import(arguments) => import::run(&arguments, component.as_deref()),
        Verb::Export(arguments) => export::run(&arguments, component.as_deref()),
        Verb::Preview(arguments) => preview::run(&arguments, component.as_deref()),
        Verb::Drift(arguments) => drift::run(&arguments, component.as_deref()),
        Verb::Bench(arguments) => bench::run(&arguments, component.as_deref()),
        Verb::LoadTest(arguments) => load_test::run(&arguments, component.as_deref()),
        Verb::Inspect(arguments) => inspect::run(&arguments, component.as_deref()),
        Verb::Component(arguments) => component::run(&arguments, component.as_deref()),
        Verb::Help(arguments) => help::run(&arguments, CommandLine::command()),
        Verb::Test(arguments) => test::run(&arguments, component.as_deref()),
    };
    ended.map_or_else(Fault::report, ExitCode::from)
}

/// Reads the flags of `tagseal serve` again, for a configuration file that has changed.
fn serve_flags() -> Result<(Vec<OsString>, serve::Arguments), Fault> {
    let arguments = arguments()?;
    let invalid = |error: clap::Error| Fault::usage(error.to_string().lines().next().unwrap_or_default());
    match CommandLine::try_parse_from(&arguments).map_err(invalid)?.verb {
        Verb::Serve(flags) => Ok((arguments, *flags)),
        _ => Err(Fault::usage("the command line is that of another command")),
    }
}

/// Returns the command line, with the flags of a configuration file where it names one.
fn arguments() -> Result<Vec<OsString>, Fault> {
    let arguments = gateway_policy::with_server_in_place(std::env::args_os().collect());
    let program = CommandLine::command();
    match program.find_subcommand("serve") {
        Some(serve) => configuration::expand(arguments, serve),
        None => Ok(arguments),
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Fine => Self::SUCCESS,
            Ending::Denied => Self::from(1),
        }
    }
}
