//! `tagseal decide`: events in, decisions out, one a line.

use std::io::{self, BufWriter, Cursor, IsTerminal, Read, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use tagseal::{Failure, Policy};

use super::Ending;
use super::answer::Answer;
use super::document::{Document, component, is_standard_input, open};
use super::event::Flags;
use super::fault::Fault;
use super::lines::{Line, Lines};
use super::row;
use super::terminal::{Format, count};

/// Most lines that are decided before their answers are written.
const AT_ONCE: usize = 1024;

/// Least lines that are worth several threads, and with them several instances of the policy.
const WORTH_THREADS: usize = 64;

/// Decides events: JSON, one a line, or one by flags
///
/// Every line is answered by one decision, in order; a line that is no event is denied as `malformed`. Exits 1 if any
/// event was denied.
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
    /// How to say it [default: text on a terminal, json elsewhere]
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let event = arguments.flags.event()?;
    if event.is_none() && is_standard_input(&arguments.policy) && is_standard_input(&arguments.events) {
        return Err(Fault::usage("policy and events can't both be standard input").mend("name a file for one of them"));
    }
    let policy = Document::read(&arguments.policy)?.compile(&component(file)?)?;
    let input: Box<dyn Read> = match event {
        Some(event) => Box::new(Cursor::new(event)),
        None => open(&arguments.events)?,
    };
    let by_default = if stdout().is_terminal() { Format::Text } else { Format::Json };
    let mut told = Told::new(arguments.format.unwrap_or(by_default));
    decide(&policy, &mut Lines::new(input), &arguments.events, &mut told)?;
    told.end()
}

/// Decides what is there, and tells it before it waits for more.
fn decide(policy: &Policy, lines: &mut Lines<impl Read>, path: &Path, told: &mut Told) -> Result<(), Fault> {
    while let Some(mut ready) = lines.next().map_err(|error| Fault::file("read", path, &error))? {
        loop {
            let batch: Vec<Line<'_>> = ready.by_ref().take(AT_ONCE).collect();
            if batch.is_empty() {
                break;
            }
            for (line, answer) in batch.iter().zip(answers(policy, &batch)) {
                told.tell(*line, answer)?;
            }
        }
        told.out.flush()?;
    }
    Ok(())
}

fn answers(policy: &Policy, lines: &[Line<'_>]) -> Vec<Answer> {
    if lines.len() < WORTH_THREADS {
        return lines.iter().map(|line| Answer::to(*line, policy)).collect();
    }
    lines.par_iter().map(|line| Answer::to(*line, policy)).collect()
}

/// What was told so far.
struct Told {
    format: Format,
    out: Box<dyn Write>,
    events: u64,
    denied: u64,
    failed: u64,
    failure: Option<Failure>,
}

impl Told {
    fn new(format: Format) -> Self {
        let out: Box<dyn Write> = match format {
            Format::Text => Box::new(BufWriter::new(anstream::stdout().lock())),
            Format::Json => Box::new(BufWriter::new(stdout().lock())),
        };
        Self { format, out, events: 0, denied: 0, failed: 0, failure: None }
    }

    fn tell(&mut self, line: Line<'_>, answer: Answer) -> io::Result<()> {
        self.events += 1;
        self.denied += u64::from(!answer.allowed);
        match self.format {
            Format::Text => row::write(self.events, line, &answer, &mut self.out)?,
            Format::Json => writeln!(self.out, "{}", answer.decision)?,
        }
        if let Some(failure) = answer.failure {
            self.failed += 1;
            self.failure.get_or_insert(failure);
        }
        Ok(())
    }

    fn end(mut self) -> Result<Ending, Fault> {
        if self.format == Format::Text && self.events > 1 {
            let Self { events, denied, .. } = self;
            writeln!(self.out, "{}: {} allowed, {denied} denied", count(events, "event"), events - denied)?;
        }
        self.out.flush()?;
        match self.failure {
            Some(failure) => {
                let events = count(self.failed, "event");
                Err(Fault::failed(format!("{events} could not be decided, and counted as denied: {failure}")))
            }
            None if self.denied > 0 => Ok(Ending::Denied),
            None => Ok(Ending::Fine),
        }
    }
}
