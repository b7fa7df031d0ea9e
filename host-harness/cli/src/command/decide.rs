//! `tagseal decide`: events in, decisions out, one a line.

use std::io::{self, BufWriter, Cursor, IsTerminal, Read, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use tagseal::{CallError, Policy};

use super::Ending;
use super::answer::LineAnswer;
use super::decision_line;
use super::document::{Document, component, is_standard_input, note_waiting, open};
use super::event::{FlagEvent, Flags};
use super::fault::Fault;
use super::json_lines::{Line, Lines};
use super::namespace_note::{check_host, namespace_note};
use super::terminal::{Format, count, show_notes};

/// The most lines that are decided before their answers are written.
const MAX_BATCH_LINES: usize = 1024;

/// The fewest lines for which several threads, and so several instances of the policy, pay off.
const MIN_PARALLEL_LINES: usize = 64;

/// Decides events: JSON, one a line, or one by flags
///
/// Every line gets one decision, in order. A line that is not a valid event is denied as `malformed`, an empty one too. Exits 1
/// if any event was denied, and 2 if there was no event at all.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal decide policy.json events.jsonl
  printf '%s\\n' '{\"delete-tag\": {\"repository\": \"prod/app\", \"tag\": \"v1\"}}' | tagseal decide policy.json
  tagseal decide policy.json --write prod/app:v1 --digest sha256:… --current absent
  tagseal decide policy.json --delete prod/app:v1
  tagseal decide policy.json --delete-manifest prod/app@sha256:… --tags v1,latest")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The events, `-` for standard input
    #[arg(value_name = "EVENTS.jsonl", default_value = "-", conflicts_with = "event")]
    events: PathBuf,
    /// The form of the output [default: text on a terminal, json elsewhere]
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let event = arguments.flags.event()?;
    if event.is_none() && is_standard_input(&arguments.policy) && is_standard_input(&arguments.events) {
        return Err(Fault::usage("policy and events can't both be standard input").help("name a file for one of them"));
    }
    let (document, component) = (Document::read(&arguments.policy)?, component(file)?);
    let policy = document.compile(&component)?;
    let input: Box<dyn Read> = match event {
        Some(FlagEvent { json, repository, likely_host, notes }) => {
            check_host(&component, &document.text, likely_host.as_deref())?;
            show_notes(notes.into_iter().chain(namespace_note(&component, &document.text, &repository)));
            Box::new(Cursor::new(json))
        }
        None => {
            note_waiting(&arguments.events, "events, one JSON object a line");
            open(&arguments.events)?
        }
    };
    let by_default = if stdout().is_terminal() { Format::Text } else { Format::Json };
    let mut report = Report::new(arguments.format.unwrap_or(by_default));
    decide(&policy, &mut Lines::new(input), &arguments.events, &mut report)?;
    report.end(&arguments.events)
}

/// Decides the events that have arrived, and writes the decisions before it waits for more.
fn decide(policy: &Policy, lines: &mut Lines<impl Read>, path: &Path, report: &mut Report) -> Result<(), Fault> {
    while let Some(mut ready) = lines.next().map_err(|error| Fault::file("read", path, &error))? {
        loop {
            let batch: Vec<Line<'_>> = ready.by_ref().take(MAX_BATCH_LINES).collect();
            if batch.is_empty() {
                break;
            }
            for (line, answer) in batch.iter().zip(answers(policy, &batch)) {
                report.add(*line, answer)?;
            }
        }
        report.out.flush()?;
    }
    Ok(())
}

fn answers(policy: &Policy, lines: &[Line<'_>]) -> Vec<LineAnswer> {
    if lines.len() < MIN_PARALLEL_LINES {
        return lines.iter().map(|line| LineAnswer::to(*line, policy)).collect();
    }
    lines.par_iter().map(|line| LineAnswer::to(*line, policy)).collect()
}

/// The decisions that were written so far.
struct Report {
    format: Format,
    out: Box<dyn Write>,
    events: u64,
    denied: u64,
    /// The numbers of the first lines that are not valid events.
    malformed: Vec<u64>,
    /// How many lines are not valid events.
    malformed_lines: u64,
    failed: u64,
    failure: Option<CallError>,
}

/// The most lines that are named on standard error.
const MAX_NAMED_LINES: usize = 10;

impl Report {
    fn new(format: Format) -> Self {
        let out: Box<dyn Write> = match format {
            Format::Text => Box::new(BufWriter::new(anstream::stdout().lock())),
            Format::Json => Box::new(BufWriter::new(stdout().lock())),
        };
        Self { format, out, events: 0, denied: 0, malformed: Vec::new(), malformed_lines: 0, failed: 0, failure: None }
    }

    fn add(&mut self, line: Line<'_>, answer: LineAnswer) -> io::Result<()> {
        self.events += 1;
        self.denied += u64::from(!answer.allowed);
        if answer.is_malformed() {
            self.malformed_lines += 1;
            if self.malformed.len() < MAX_NAMED_LINES {
                self.malformed.push(self.events);
            }
        }
        match self.format {
            Format::Text => decision_line::write(self.events, line, &answer, &mut self.out)?,
            Format::Json => writeln!(self.out, "{}", answer.decision)?,
        }
        if let Some(failure) = answer.failure {
            self.failed += 1;
            self.failure.get_or_insert(failure);
        }
        Ok(())
    }

    fn end(mut self, path: &Path) -> Result<Ending, Fault> {
        if self.events == 0 {
            let name = if is_standard_input(path) { "standard input".into() } else { path.display().to_string() };
            return Err(Fault::usage(format!("there is no event in {name}, so nothing was decided"))
                .help("give events as lines of JSON, or one event by flags: `tagseal decide --help` shows both"));
        }
        if self.format == Format::Text && self.events > 1 {
            let Self { events, denied, .. } = self;
            writeln!(self.out, "{}: {} allowed, {denied} denied", count(events, "event"), events - denied)?;
        }
        self.out.flush()?;
        self.note_malformed();
        match self.failure {
            Some(failure) => {
                let events = count(self.failed, "event");
                Err(Fault::failed(format!("{events} could not be decided, and counted as denied: {failure}")))
            }
            None if self.denied > 0 => Ok(Ending::Denied),
            None => Ok(Ending::Fine),
        }
    }

    /// Notes which lines are not valid events: the decisions in JSON don't say their line.
    fn note_malformed(&self) {
        let numbers: Vec<String> = self.malformed.iter().map(u64::to_string).collect();
        let more = match self.malformed_lines - numbers.len() as u64 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let note = match numbers.as_slice() {
            // One event by flags, or the only line: there is nothing to look for.
            _ if self.events == 1 => return,
            [] => return,
            [number] => format!("line {number} is not a valid event, so it was denied"),
            numbers => format!("lines {}{more} are not valid events, so they were denied", numbers.join(", ")),
        };
        show_notes([note]);
    }
}
