//! `tagseal check`: what is wrong with a policy document.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::CompileError;
use tagseal::contract::{Diagnostic, Severity};
use tagseal::json::{self, DiagnosticText};

use super::Ending;
use super::clock::UtcTime;
use super::document::{Document, component, tally};
use super::excerpt;
use super::fault::Fault;
use super::override_warnings::override_warnings;
use super::terminal::{BAD, DOUBTFUL, Format, GOOD, printable, write_json};

/// Checks a policy document, and shows each problem with its place and how to fix it
///
/// One problem makes the whole document invalid. A warning is about something that is valid, but most likely not what was
/// meant. With warnings only, the exit code is 0.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal check policy.json
  tagseal check --format json policy.json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document::read(&arguments.policy)?;
    let diagnostics = match component(file)?.compile(&document.text) {
        Ok(policy) => {
            let mut warnings = policy.warnings()?;
            warnings.extend(override_warnings(&document.text, &policy, UtcTime::now())?);
            warnings
        }
        Err(CompileError::Diagnostics(diagnostics)) => diagnostics,
        Err(CompileError::Call(failure)) => return Err(failure.into()),
    };
    let ending = match diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Problem) {
        true => Ending::Denied,
        false => Ending::Fine,
    };
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => write(&document, &diagnostics, ending, &mut out)?,
        Format::Json => {
            let diagnostics = json::diagnostics(&diagnostics);
            write_json(&Report { file: &document.name, fine: ending == Ending::Fine, diagnostics }, &mut out)?;
        }
    }
    Ok(ending)
}

fn write(document: &Document, diagnostics: &[Diagnostic], ending: Ending, out: &mut impl Write) -> io::Result<()> {
    excerpt::show(&document.name, &document.text, diagnostics, out)?;
    let style = match ending {
        Ending::Denied => BAD,
        Ending::Fine if diagnostics.is_empty() => GOOD,
        Ending::Fine => DOUBTFUL,
    };
    writeln!(out, "{}: {style}{}{style:#}", printable(&document.name), tally(diagnostics))
}

/// The result in JSON, for machines.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    fine: bool,
    diagnostics: Vec<DiagnosticText<'a>>,
}
