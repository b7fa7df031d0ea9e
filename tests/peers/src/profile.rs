//! Where the time of a decision goes: instructions, allocations, and crossings of the boundary.

use crate::allocations;
use crate::event;
use crate::policy::Policy;
use crate::subject::{CONSTANT, compile, owned, settings};
use crate::table;
use anyhow::{Context, Result, ensure};
use std::env;
use std::hint::black_box;
use std::process::Command;
use tagseal::contract::{Current, Event, ManifestTags, Operation};
use tagseal::{COMPONENT, Component, Settings};

/// More than anything takes: fuel is counted here, not limited.
const PLENTY: u64 = 1 << 60;

/// How many rules the policy has.
const RULES: u64 = 10_000;

/// The kinds of events, in the order in which they take turns.
const KINDS: [&str; event::KINDS] = [
    "first push",
    "same content again",
    "other content",
    "`latest` moved",
    "tag deleted",
    "three tags moved",
    "push over the unknown",
    "manifest deleted",
];

/// Prints what a decision, a compile and a start are made of.
pub(crate) fn run() -> Result<()> {
    decisions()?;
    compiles()?;
    match natively() {
        Ok(()) => {}
        Err(error) => println!("Instructions of native code were not counted: {error:#}\n"),
    }
    Ok(())
}

/// Medians over the events of each kind.
fn decisions() -> Result<()> {
    let policy = Policy::of(RULES);
    let fuelled = settings().with_fuel(PLENTY);
    let component = Component::from_bytes(COMPONENT, fuelled.clone())?.compile(&policy.document())?;
    let constant = Component::from_bytes(CONSTANT, fuelled)?.compile("")?;
    let native = compile(policy.document())?;
    let events = event::events(RULES);
    let rows = KINDS.iter().enumerate().map(|(kind, name)| {
        let events: Vec<&Event> = of_kind(&events, kind);
        let fuel = |policy: &tagseal::Policy, event: &Event| -> Result<u64> {
            policy.try_evaluate(event)?;
            let before = policy.fuel();
            policy.try_evaluate(event)?;
            Ok(policy.fuel() - before)
        };
        let json = |event: &Event| -> Result<u64> {
            let (text, before) = (event::json(event)?, component.fuel());
            component.evaluate_json(&text)?;
            Ok(component.fuel() - before)
        };
        let allocated = |event: &Event| {
            drop(native.evaluate(owned(event)));
            let event = owned(event);
            allocations::of(|| native.evaluate(event))
        };
        let columns = [
            median(events.iter().map(|event| fuel(&component, event)))?,
            median(events.iter().map(|event| fuel(&constant, event)))?,
            median(events.iter().map(|event| json(event)))?,
            median(events.iter().map(|event| Ok(allocated(event).0)))?,
            median(events.iter().map(|event| Ok(allocated(event).1)))?,
            median(events.iter().map(|event| Ok(strings(event))))?,
        ];
        Ok([(*name).to_owned()].into_iter().chain(columns.map(table::grouped)).collect())
    });
    let rows: Vec<Vec<String>> = rows.collect::<Result<_>>()?;
    println!("## A decision, {} rules, medians\n", table::grouped(RULES));
    let head = [
        "event",
        "fuel",
        "fuel, constant answer",
        "fuel, by JSON",
        "blocks allocated",
        "bytes allocated",
        "calls into the guest",
    ];
    println!("{}", table::markdown(&head, &rows));
    println!(
        "Blocks and bytes are the native engine's, for the answer; the event is its own already. Calls are the call itself, \
         the one that frees the answer, and one for each text and list of the event, for which the host asks room.\n"
    );
    Ok(())
}

fn of_kind(events: &[Event], kind: usize) -> Vec<&Event> {
    events.iter().enumerate().filter(|(index, _)| event::kind(*index) == kind).map(|(_, event)| event).collect()
}

fn median(values: impl Iterator<Item = Result<u64>>) -> Result<u64> {
    let mut values: Vec<u64> = values.collect::<Result<_>>()?;
    values.sort_unstable();
    values.get(values.len() / 2).copied().context("no events")
}

/// How often a call of the component crosses into it.
fn strings(event: &Event) -> u64 {
    const CALL_AND_RETURN: usize = 2;
    const CONTEXT: usize = 1;
    let texts = match &event.operation {
        Operation::Write(write) => {
            let digests = write.tags.iter().filter(|write| matches!(write.current, Current::Digest(_)));
            3 + write.tags.len() + digests.count()
        }
        Operation::DeleteTag(_) => 2,
        Operation::DeleteManifest(delete) => match &delete.tags {
            ManifestTags::Known(tags) => 3 + tags.len(),
            ManifestTags::Unknown => 2,
        },
    };
    (CALL_AND_RETURN + CONTEXT + texts) as u64
}

/// Fuel of the instance's start and of compiling, which come together.
fn compiles() -> Result<()> {
    let component = Component::from_bytes(COMPONENT, settings().with_fuel(PLENTY))?;
    let mut rows = Vec::new();
    for rules in [0, 1, 100, 10_000] {
        let policy = Policy::of(rules);
        let document = policy.document();
        let fuel = component.compile(&document)?.fuel();
        let (blocks, bytes) = allocations::of(|| compile(document.clone()));
        let each = fuel.checked_div(rules).map_or("-".to_owned(), table::grouped);
        rows.push(vec![
            table::grouped(rules),
            table::grouped(fuel),
            each,
            table::grouped(blocks),
            table::bytes(bytes as f64),
        ]);
    }
    println!("## Start and compile\n");
    println!("{}", table::markdown(&["rules", "fuel", "each rule", "blocks allocated", "bytes allocated"], &rows));
    Ok(())
}

/// Instructions of the native engine, as callgrind counts them.
fn natively() -> Result<()> {
    const ROUNDS: u64 = 10;
    let [idle, once, more] = [(0, 0), (RULES, 0), (RULES, ROUNDS)].map(|(rules, rounds)| instructions(rules, rounds));
    let (idle, once, more) = (idle?, once?, more?);
    let decisions = ROUNDS * event::COUNT as u64;
    println!("## Native instructions, by callgrind\n");
    println!("- a decision: {}", table::grouped((more - once) / decisions));
    println!("- compiling a rule, of {}: {}\n", table::grouped(RULES), table::grouped((once - idle) / RULES));
    Ok(())
}

/// Instructions of a process that compiles so many rules and decides all events so often.
fn instructions(rules: u64, rounds: u64) -> Result<u64> {
    let program = env::current_exe()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["native", &rules.to_string(), &rounds.to_string()])
        .output()
        .context("can't run valgrind")?;
    ensure!(output.status.success(), "valgrind fails");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = said.lines().find_map(|line| line.split_once("Collected : ")).context("valgrind counts nothing")?.1;
    Ok(count.trim().parse()?)
}

/// Does what callgrind counts. All events are prepared in any case, so that what is compared differs in decisions alone.
pub(crate) fn answer(rules: u64, rounds: u64) -> Result<()> {
    const MOST: u64 = 10;
    let document = Policy::of(RULES).document();
    let events = event::events(RULES);
    let mut prepared: Vec<_> = (0..MOST).map(|_| events.iter().map(owned).collect::<Vec<_>>()).collect();
    if rules == 0 {
        black_box((document, prepared));
        return Ok(());
    }
    let policy = compile(document)?;
    for events in prepared.drain(..usize::try_from(rounds)?) {
        for event in events {
            black_box(policy.evaluate(event));
        }
    }
    Ok(())
}
