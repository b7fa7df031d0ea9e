//! `tagseal check`: what is wrong with a policy document.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::CompileError;
use tagseal::contract::{Diagnostic, Severity};
use tagseal::in_json::{self, DiagnosticText};

use super::Ending;
use super::document::{Document, component, tally};
use super::excerpt;
use super::fault::Fault;
use super::terminal::{BAD, DOUBTFUL, Format, GOOD, printable, write_json};

/// Checks a policy document, and shows each problem with its place and its mend
///
/// A problem refuses the whole document. A warning is legal, but surely not what was meant; warnings alone exit 0.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal check policy.json
  tagseal check --format json policy.json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// How to say it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document::read(&arguments.policy)?;
    let diagnostics = match component(file)?.compile(&document.text) {
        Ok(policy) => policy.warnings()?,
        Err(CompileError::Diagnostics(diagnostics)) => diagnostics,
        Err(CompileError::Failure(failure)) => return Err(failure.into()),
    };
    let ending = match diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Problem) {
        true => Ending::Denied,
        false => Ending::Fine,
    };
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => tell(&document, &diagnostics, ending, &mut out)?,
        Format::Json => {
            let diagnostics = in_json::all(&diagnostics);
            write_json(&Report { file: &document.name, fine: ending == Ending::Fine, diagnostics }, &mut out)?;
        }
    }
    Ok(ending)
}

fn tell(document: &Document, diagnostics: &[Diagnostic], ending: Ending, out: &mut impl Write) -> io::Result<()> {
    excerpt::show(&document.name, &document.text, diagnostics, out)?;
    let style = match ending {
        Ending::Denied => BAD,
        Ending::Fine if diagnostics.is_empty() => GOOD,
        Ending::Fine => DOUBTFUL,
    };
    writeln!(out, "{}: {style}{}{style:#}", printable(&document.name), tally(diagnostics))
}

/// What machines are told of a document.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    fine: bool,
    diagnostics: Vec<DiagnosticText<'a>>,
}
