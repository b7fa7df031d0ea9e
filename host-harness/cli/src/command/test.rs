//! `tagseal test`: whether a component gives the answers that the conformance vectors expect.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tagseal::{CallError, Component, Settings};
use tagseal_vectors::{ComponentSubject, File, FileError, Mismatch, Vector, Way};

use super::Ending;
use super::document::component_within;
use super::fault::Fault;
use super::terminal::{BAD, Format, GOOD, Progress, count, printable, write_json};

/// Runs conformance vectors against a component
///
/// Each vector is asked in every possible way: in JSON, typed, and in a batch. The answer must be the expected one, and the same
/// in every way. Exits 1 if any vector failed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal test
  tagseal test --component other.wasm
  tagseal test --format json vectors")]
pub(crate) struct Arguments {
    /// A folder of vectors or one file, instead of the built-in vectors
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let files = arguments.folder.as_deref().map_or_else(tagseal_vectors::embedded, tagseal_vectors::read)?;
    let component = component_within(file, settings())?;
    let mut out = anstream::stdout().lock();
    let mut report = Report::default();
    let progress = Progress::start("");
    for file in &files {
        progress.go_on(file.name());
        let row = report.ask(file, &component);
        progress.go_on("");
        if arguments.format == Format::Text {
            row.write(&report, &mut out)?;
        }
        report.files.push(row);
        if report.gave_up() {
            break;
        }
    }
    match arguments.format {
        Format::Text => report.write(&mut out)?,
        Format::Json => write_json(&report, &mut out)?,
    }
    report.end()
}

/// What is asked here is right or wrong, fast or slow: a document at its limit may take its time.
fn settings() -> Settings {
    Settings::default().with_compile_deadline(Duration::from_secs(120)).with_decision_deadline(Duration::from_secs(10))
}

/// After so many calls without an answer, the run ends: a component that always misses its deadline would take hours.
const MAX_UNANSWERED: u64 = 10;

/// The results of all vectors.
#[derive(Default, Serialize)]
struct Report {
    passed: u64,
    failed: u64,
    /// Calls that got no answer.
    unanswered: u64,
    files: Vec<Row>,
    failures: Vec<Failed>,
}

/// The results of the vectors of one file.
#[derive(Serialize)]
struct Row {
    file: String,
    about: String,
    passed: u64,
    failed: u64,
}

/// A vector that failed, in one of the ways to ask it.
#[derive(Serialize)]
struct Failed {
    file: String,
    vector: String,
    way: String,
    #[serde(flatten)]
    why: Why,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Why {
    Mismatch(Mismatch),
    Unanswered { unanswered: String },
}

impl Report {
    /// Asks the vectors of a file.
    fn ask(&mut self, file: &File, component: &Component) -> Row {
        let mut row = Row { file: file.name().into(), about: file.about().into(), passed: 0, failed: 0 };
        for vector in file.vectors() {
            if self.gave_up() {
                break;
            }
            let whys = ask(vector, component);
            let failed = u64::from(!whys.is_empty());
            (row.passed, row.failed) = (row.passed + 1 - failed, row.failed + failed);
            self.unanswered += whys.iter().filter(|(_, why)| matches!(why, Why::Unanswered { .. })).count() as u64;
            let (file, vector) = (file.name(), vector.name());
            let failures = whys.into_iter().map(|(way, why)| {
                let (file, vector, way) = (file.to_owned(), vector.to_owned(), way.to_string());
                Failed { file, vector, way, why }
            });
            self.failures.extend(failures);
        }
        (self.passed, self.failed) = (self.passed + row.passed, self.failed + row.failed);
        row
    }

    fn gave_up(&self) -> bool {
        self.unanswered >= MAX_UNANSWERED
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let passed = format!("{} passed", count(self.passed, "vector"));
        match self.failed {
            0 => writeln!(out, "{GOOD}{passed}{GOOD:#}"),
            failed => writeln!(out, "{passed}, {BAD}{failed} failed{BAD:#}"),
        }
    }

    fn end(&self) -> Result<Ending, Fault> {
        if self.unanswered > 0 {
            let gave_up = if self.gave_up() { ", and the rest was not asked" } else { "" };
            return Err(Fault::failed(format!("{} got no answer{gave_up}", count(self.unanswered, "call"))));
        }
        Ok(if self.failed > 0 { Ending::Denied } else { Ending::Fine })
    }
}

impl Row {
    /// Writes how many passed, and each vector that failed.
    fn write(&self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        let Self { file, passed, failed, .. } = self;
        let name = printable(file);
        if *failed == 0 {
            return writeln!(out, "{name}: {GOOD}{} passed{GOOD:#}", count(*passed, "vector"));
        }
        writeln!(out, "{name}: {BAD}{failed} of {} failed{BAD:#}", count(passed + failed, "vector"))?;
        report.failures.iter().filter(|failure| failure.file == *file).try_for_each(|failure| failure.write(out))
    }
}

impl Failed {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "  {BAD}{}{BAD:#} ({})", printable(&self.vector), self.way)?;
        let why = match &self.why {
            Why::Mismatch(mismatch) => mismatch.to_string(),
            Why::Unanswered { unanswered } => format!("    came: no answer: {unanswered}"),
        };
        why.lines().try_for_each(|line| writeln!(out, "  {}", printable(line)))
    }
}

/// Asks a vector in every way there is: in which of them it failed, and why.
fn ask(vector: &Vector, component: &Component) -> Vec<(Way, Why)> {
    let mut first: Option<(Way, String)> = None;
    let mut whys = Vec::new();
    for way in vector.ways() {
        match vector.ask(&ComponentSubject::new(component.clone(), *way)) {
            Ok(answer) => {
                let (whose, other) = first.get_or_insert_with(|| (*way, answer.clone()));
                let checked =
                    vector.check(&answer).and_then(|()| vector.check_same(&answer, other, &whose.to_string()));
                whys.extend(checked.err().map(|mismatch| (*way, Why::Mismatch(mismatch))));
            }
            Err(failure) => whys.push((*way, failure.into())),
        }
    }
    whys
}

impl From<CallError> for Why {
    fn from(failure: CallError) -> Self {
        Self::Unanswered { unanswered: failure.to_string() }
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io(path, error) => Self::file("read", &path, &error)
                .help("name a folder of vectors, or one file; without it, the built-in vectors are run"),
            error @ FileError::Malformed { .. } => Self::usage(error.to_string())
                .help("tests/vectors/README.md in the sources describes the form of vectors"),
            error => Self::usage(error.to_string()),
        }
    }
}
