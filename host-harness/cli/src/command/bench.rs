//! `tagseal bench`: what a component and a policy cost on this machine.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::{env, process};

use clap::Args;
use tagseal::{Cache, CallError, Component, LoadError, Settings};

use super::Ending;
use super::document::{Document, component_bytes};
use super::fault::Fault;
use super::table::{BenchTable, BenchUnit, Row, sample, time};
use super::terminal::{Format, Progress, write_json};
use super::wasm_sections::WasmSections;
use super::workload;

/// Measures a component and a policy on this machine
///
/// All times are measured in this run, by one thread. The events are derived from the namespaces of the policy: first pushes,
/// pushes of the same and of other content, pushes of `latest`, and deletes.
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
    #[arg(long, value_name = "NUMBER", default_value = "100000", value_parser = number_of_events)]
    events: NonZeroUsize,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Events of a batch: few enough that most batches are not interrupted by whatever else runs on the machine.
const BATCH: usize = 100;

/// Events whose fuel is counted. It is the same on every machine, so a sample is enough.
const FUELLED: usize = 10_000;

/// More than any decision takes: fuel is counted here, not limited.
const PLENTY: u64 = 1 << 60;

const NO_RULES: &str = r#"{"version": 1, "instance": "bench", "rules": []}"#;

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    let bytes = component_bytes(file)?;
    let document = match &arguments.policy {
        Some(path) => Document::read(path)?,
        None => Document { name: "the built-in policy".into(), text: workload::POLICY.into() },
    };
    let mut table = BenchTable::default();
    measure_start(&bytes, &mut table)?;
    measure_policy(&bytes, &document, arguments.events.get(), &mut table)?;
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Text => table.write(&mut out)?,
        Format::Json => write_json(&table, &mut out)?,
    }
    Ok(Ending::Fine)
}

/// Reads how many events there should be.
///
/// # Errors
///
/// `0`, `1e6`, `-1`: not a whole number from 1
fn number_of_events(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number from 1, in digits, as in `1000000`".to_owned())
}

/// Measures what comes before a policy: the file, and how it is loaded.
fn measure_start(bytes: &[u8], table: &mut BenchTable) -> Result<(), Fault> {
    let wasm_sections = WasmSections::read(bytes).map_err(LoadError::NotAComponent)?;
    table.push(Row::one("component", BenchUnit::Bytes, wasm_sections.size as u64));
    table.push(Row::one("imports", BenchUnit::Count, wasm_sections.imports.len() as u64));
    let progress = Progress::start("starting cold");
    let cold = Settings::default().with_cache(Cache::Off);
    table.push(Row::many("cold start", BenchUnit::Time, sample(5, || Component::from_bytes(bytes, cold.clone()))?));
    progress.go_on("starting from the cache");
    let folder = Folder::new();
    let cached = Settings::default().with_cache(Cache::Folder(folder.0.clone()));
    let component = Component::from_bytes(bytes, cached.clone())?;
    table.push(Row::many(
        "cached start",
        BenchUnit::Time,
        sample(50, || Component::from_bytes(bytes, cached.clone()))?,
    ));
    table.push(Row::many("instance without rules", BenchUnit::Time, sample(200, || component.compile(NO_RULES))?));
    Ok(())
}

/// Measures a policy, by one instance in one thread.
fn measure_policy(bytes: &[u8], document: &Document, number: usize, table: &mut BenchTable) -> Result<(), Fault> {
    let progress = Progress::start("compiling the policy");
    let settings = Settings::default().with_max_instances(NonZeroUsize::MIN);
    let component = Component::from_bytes(bytes, settings.clone())?;
    let policy = document.compile(&component)?;
    table.push(Row::many(
        "instance with the policy",
        BenchUnit::Time,
        sample(50, || component.compile(&document.text))?,
    ));
    progress.go_on("deciding");
    let events = workload::events(&document.text, number);
    let lines: Vec<String> = events.iter().map(workload::in_json).collect();
    let each: Result<Vec<u64>, CallError> = events.iter().map(|event| time(|| policy.try_evaluate(event))).collect();
    table.push(Row::many("decision", BenchUnit::Time, each?));
    let batches = events.chunks(BATCH).map(|batch| {
        let taken = time(|| policy.evaluate_batch(batch))?;
        Ok(taken / batch.len() as u64)
    });
    table.push(Row::many("decision in a batch", BenchUnit::Time, batches.collect::<Result<_, CallError>>()?));
    let each: Result<Vec<u64>, CallError> = lines.iter().map(|line| time(|| policy.evaluate_json(line))).collect();
    table.push(Row::many("decision in JSON", BenchUnit::Time, each?));
    table.push(Row::one("memory of the instance", BenchUnit::Bytes, policy.memory() as u64));
    progress.go_on("counting fuel");
    let policy = document.compile(&Component::from_bytes(bytes, settings.with_fuel(PLENTY))?)?;
    let fuelled = events.iter().take(FUELLED).map(|event| {
        let before = policy.fuel();
        policy.try_evaluate(event).map(|_| policy.fuel() - before)
    });
    table.push(Row::many("fuel of a decision", BenchUnit::Count, fuelled.collect::<Result<_, CallError>>()?));
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
