//! The comparison: outcomes are proven equal first, then everything is timed.

use crate::children::{self, Medians};
use crate::event::{self, Outcome};
use crate::measure::{Samples, Watch};
use crate::policy::Policy;
use crate::subject::{Engine, Judge, MEASURE, SUBJECTS, Subject};
use crate::table;
use anyhow::{Context, Result, bail, ensure};
use std::time::Duration;
use tagseal::contract::Event;

/// How many rules the policies have.
const POLICIES: [u64; 3] = [1, 100, 10_000];

/// How long each subject is timed under each policy, roughly. Whoever needs longer for all events is timed once.
const BUDGET: Duration = Duration::from_secs(2);
/// How often each event is timed at most.
const ROUNDS: u32 = 300;

/// How many processes show how long a first start takes, and how many what a policy of the largest size takes.
const STARTS: usize = 5;
const SIZES: usize = 3;

/// One policy, its events, and all subjects with the policy in them.
struct Trial {
    rules: u64,
    events: Vec<Event>,
    judges: Vec<Box<dyn Judge>>,
}

/// Proves, times, and prints the table.
pub(crate) fn run() -> Result<()> {
    let watch = Watch::new();
    eprintln!("loading");
    let engines: Vec<_> = SUBJECTS.iter().map(|subject| (subject.load)()).collect::<Result<_>>()?;
    let mut trials: Vec<_> = POLICIES.iter().map(|rules| Trial::new(*rules, &engines)).collect::<Result<_>>()?;
    for trial in &mut trials {
        eprintln!("proving the outcomes equal, {} rules", trial.rules);
        let denied = trial.prove()?;
        println!(
            "{} rules: {} events, {denied} denied, outcomes equal",
            table::grouped(trial.rules),
            trial.events.len()
        );
    }
    let mut times = Vec::new();
    for trial in &mut trials {
        eprintln!("timing, {} rules", trial.rules);
        times.push(trial.time(&watch)?);
    }
    drop(trials);
    eprintln!("starting again");
    let largest = POLICIES.iter().max().copied().unwrap_or(1);
    let starts: Vec<_> = SUBJECTS.iter().map(|it| children::ask(it, 1, STARTS)).collect::<Result<_>>()?;
    let sizes: Vec<_> = SUBJECTS.iter().map(|it| children::ask(it, largest, SIZES)).collect::<Result<_>>()?;
    println!("\n{}", rows(&times, &starts, &sizes)?);
    let cached = table::time(children::from_cache(STARTS)?);
    println!("From compiled code on disk, Tagseal's component is at its first decision after {cached}.");
    println!("A look at the clock takes {} and is taken off each time.\n", table::time(watch.overhead()));
    for subject in &SUBJECTS {
        println!("- {}: {}", subject.name, subject.note);
    }
    Ok(())
}

impl Trial {
    fn new(rules: u64, engines: &[Box<dyn Engine>]) -> Result<Self> {
        eprintln!("compiling, {rules} rules");
        let policy = Policy::of(rules);
        let compile = |(engine, subject): (&dyn Engine, &Subject)| {
            engine.compile(&policy).with_context(|| format!("{} can't compile {rules} rules", subject.word))
        };
        let judges = engines.iter().map(Box::as_ref).zip(&SUBJECTS).map(compile).collect::<Result<_>>()?;
        Ok(Self { rules, events: event::events(rules), judges })
    }

    /// Shows that all subjects that decide have the same outcomes, and says how many events they deny.
    fn prove(&mut self) -> Result<usize> {
        let mut expected: Vec<Outcome> = Vec::new();
        for (judge, subject) in self.judges.iter_mut().zip(&SUBJECTS) {
            let mut found = Vec::new();
            for events in self.events.chunks(subject.batch) {
                judge.judge(events, &mut found).with_context(|| format!("{} fails", subject.word))?;
            }
            ensure!(found.len() == self.events.len(), "{} answers {} events", subject.word, found.len());
            if !subject.decides {
                continue;
            }
            if expected.is_empty() {
                expected = found;
            } else {
                compare(subject, self.rules, &self.events, &expected, &found)?;
            }
        }
        let denied = expected.iter().filter(|outcome| **outcome != Outcome::Allow).count();
        ensure!((1..expected.len()).contains(&denied), "{denied} denials prove nothing");
        Ok(denied)
    }

    /// The times of each subject. All take turns, so that what else the machine does falls on all alike.
    fn time(&mut self, watch: &Watch) -> Result<Vec<Samples>> {
        let mut times = vec![Samples::default(); SUBJECTS.len()];
        let mut left = vec![ROUNDS; SUBJECTS.len()];
        for round in 0..ROUNDS {
            let subjects = SUBJECTS.iter().zip(&mut self.judges).zip(times.iter_mut().zip(&mut left));
            for ((subject, judge), (samples, left)) in subjects {
                if *left <= round {
                    continue;
                }
                let taken = watch.pass(judge.as_mut(), &self.events, subject.batch, samples)?;
                let affordable = BUDGET.as_nanos() / taken.as_nanos().max(1);
                if round == 0 {
                    *left = u32::try_from(affordable).unwrap_or(ROUNDS).clamp(1, ROUNDS);
                }
            }
        }
        Ok(times)
    }
}

fn compare(subject: &Subject, rules: u64, events: &[Event], expected: &[Outcome], found: &[Outcome]) -> Result<()> {
    for ((event, expected), found) in events.iter().zip(expected).zip(found) {
        if expected != found {
            let event = event::json(event)?;
            bail!("{}, {rules} rules: expected {expected:?}, found {found:?}: {event}", subject.word);
        }
    }
    Ok(())
}

fn rows(times: &[Vec<Samples>], starts: &[Medians], sizes: &[Medians]) -> Result<String> {
    let head = [
        "",
        "p50, 1 rule",
        "p50, 100",
        "p50, 10,000",
        "p99, 10,000",
        "to Tagseal",
        "compile 10,000",
        "memory",
        "cold start",
        "size",
    ];
    let last = times.last().context("nothing was timed")?;
    let measure = SUBJECTS.iter().zip(last).find(|(subject, _)| subject.word == MEASURE);
    let measure = measure.map(|(_, samples)| samples.median()).context("the measure was not timed")?;
    let mut rows = Vec::new();
    for (at, (subject, (start, size))) in SUBJECTS.iter().zip(starts.iter().zip(sizes)).enumerate() {
        let mut row = vec![subject.name.to_owned()];
        row.extend(times.iter().filter_map(|policy| policy.get(at)).map(|samples| table::time(samples.median())));
        let samples = last.get(at).context("nobody was timed")?;
        row.push(table::time(samples.percentile(99)));
        row.push(table::ratio(samples.median() / measure));
        row.extend([table::time(size.compile), table::bytes(size.memory), table::time(start.first)]);
        row.push(subject.size.map_or("linked".to_owned(), |size| table::bytes(size as f64)));
        rows.push(row);
    }
    Ok(table::markdown(&head, &rows))
}
