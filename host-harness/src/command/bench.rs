//! `tagseal bench`: what a component and a policy cost on this machine.

use std::borrow::Cow;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::{env, process};

use clap::Args;
use tagseal::{COMPONENT, Cache, Component, Failure, Refusal, Settings};

use super::Ending;
use super::anatomy::Anatomy;
use super::document::{self, Document};
use super::fault::Fault;
use super::load;
use super::table::{Row, Table, Unit, sample, time};
use super::terminal::{Format, Progress, write_json};

/// Measures a component and a policy on this machine
///
/// All times are taken anew, in one run, by one thread. The events are derived from the namespaces of the policy: first
/// pushes, the same and other content, `latest`, deletes.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal bench
  tagseal bench --events 1000000 policy.json
  tagseal bench --component other.wasm --format json")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input; without it, a small one
    #[arg(value_name = "POLICY.json")]
    policy: Option<PathBuf>,
    /// How many events to decide
    #[arg(long, value_name = "NUMBER", default_value = "100000")]
    events: NonZeroUsize,
    /// How to say it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Events of a batch: few enough that most batches are not interrupted by whatever else runs on the machine.
const BATCH: usize = 100;

/// Events whose fuel is counted. It is the same on every machine, so some tell as much as all.
const FUELLED: usize = 10_000;

/// More than any decision takes: fuel is counted here, not limited.
const PLENTY: u64 = 1 << 60;

const NO_RULES: &str = r#"{"version": 1, "instance": "bench", "rules": []}"#;

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let bytes = match file {
        Some(path) => document::read(path, Settings::default().component)?.into(),
        None => Cow::Borrowed(COMPONENT),
    };
    let document = match &arguments.policy {
        Some(path) => Document::read(path)?,
        None => Document { name: "the built-in policy".into(), text: load::POLICY.into() },
    };
    let mut table = Table::default();
    measure_start(&bytes, &mut table)?;
    measure_policy(&bytes, &document, arguments.events.get(), &mut table)?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => table.write(&mut out)?,
        Format::Json => write_json(&table, &mut out)?,
    }
    Ok(Ending::Fine)
}

/// Measures what comes before a policy: the file, and how it is loaded.
fn measure_start(bytes: &[u8], table: &mut Table) -> Result<(), Fault> {
    let anatomy = Anatomy::read(bytes).map_err(Refusal::NotAComponent)?;
    table.push(Row::one("component", Unit::Bytes, anatomy.size as u64));
    table.push(Row::one("imports", Unit::Count, anatomy.imports.len() as u64));
    let progress = Progress::start("starting cold");
    let cold = Settings { cache: Cache::Off, ..Settings::default() };
    table.push(Row::many("cold start", Unit::Time, sample(5, || Component::from_bytes(bytes, cold.clone()))?));
    progress.go_on("starting from the cache");
    let folder = Folder::new();
    let cached = Settings { cache: Cache::Folder(folder.0.clone()), ..Settings::default() };
    let component = Component::from_bytes(bytes, cached.clone())?;
    table.push(Row::many("cached start", Unit::Time, sample(50, || Component::from_bytes(bytes, cached.clone()))?));
    table.push(Row::many("instance without rules", Unit::Time, sample(200, || component.compile(NO_RULES))?));
    Ok(())
}

/// Measures a policy, by one instance in one thread.
fn measure_policy(bytes: &[u8], document: &Document, number: usize, table: &mut Table) -> Result<(), Fault> {
    let progress = Progress::start("compiling the policy");
    let settings = Settings { instances: NonZeroUsize::MIN, ..Settings::default() };
    let component = Component::from_bytes(bytes, settings.clone())?;
    let policy = document.compile(&component)?;
    table.push(Row::many("instance with the policy", Unit::Time, sample(50, || component.compile(&document.text))?));
    progress.go_on("deciding");
    let events = load::events(&document.text, number);
    let lines: Vec<String> = events.iter().map(load::in_json).collect();
    let each: Result<Vec<u64>, Failure> = events.iter().map(|event| time(|| policy.try_evaluate(event))).collect();
    table.push(Row::many("decision", Unit::Time, each?));
    let batches = events.chunks(BATCH).map(|batch| {
        let taken = time(|| policy.evaluate_batch(batch))?;
        Ok(taken / batch.len() as u64)
    });
    table.push(Row::many("decision in a batch", Unit::Time, batches.collect::<Result<_, Failure>>()?));
    let each: Result<Vec<u64>, Failure> = lines.iter().map(|line| time(|| policy.evaluate_json(line))).collect();
    table.push(Row::many("decision in JSON", Unit::Time, each?));
    table.push(Row::one("memory of the instance", Unit::Bytes, policy.memory() as u64));
    progress.go_on("counting fuel");
    let policy = document.compile(&Component::from_bytes(bytes, Settings { fuel: Some(PLENTY), ..settings })?)?;
    let fuelled = events.iter().take(FUELLED).map(|event| {
        let before = policy.fuel();
        policy.try_evaluate(event).map(|_| policy.fuel() - before)
    });
    table.push(Row::many("fuel of a decision", Unit::Count, fuelled.collect::<Result<_, Failure>>()?));
    Ok(())
}

/// A folder that is there until the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(env::temp_dir().join(format!("tagseal-bench-{}", process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is as harmless as any other file of a temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
