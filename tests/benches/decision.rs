//! What a decision costs: natively and through the component, one at a time and a hundred at once.
//!
//! `cargo bench --bench decision`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tagseal::{Cache, Component, Settings};
use tagseal_engine::Policy;
use tagseal_engine::decide::Event;
use tagseal_tests::generate::event::text;
use tagseal_tests::workload::{SIZES, document, events, in_contract};

/// Events that a benchmark goes through, again and again.
const EVENTS: usize = 1_000;
/// So often is each measured.
const SAMPLES: u32 = 1_000;
/// Events of a batch.
const BATCH: usize = 100;

fn main() {
    divan::main();
}

/// A policy that has been asked everything once: what the first decision of a rule costs is `compile`'s business.
fn native(rules: usize) -> Policy {
    let policy = Policy::compile(document(rules)).expect("the workload's document checks");
    events(rules, EVENTS).into_iter().for_each(|event| drop(policy.evaluate(event)));
    policy
}

fn sealed(rules: usize) -> tagseal::Policy {
    let settings = Settings::default().with_cache(Cache::Off);
    let component = Component::embedded(settings).expect("the component loads");
    let policy = component.compile(&document(rules)).expect("the workload's document checks");
    events(rules, EVENTS).into_iter().for_each(|event| drop(policy.evaluate(&in_contract(event))));
    policy
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn native_one(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = native(rules);
    let mut events = events(rules, EVENTS).into_iter().cycle();
    bencher.with_inputs(|| events.next()).bench_local_values(|event| event.map(|event| policy.evaluate(event)));
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn native_in_json(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = native(rules);
    let mut events = events(rules, EVENTS).iter().map(text).collect::<Vec<_>>().into_iter().cycle();
    bencher
        .with_inputs(|| events.next())
        .bench_local_refs(|event| event.as_deref().map(|event| policy.evaluate_json(black_box(event))));
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn native_batch(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = native(rules);
    let events = events(rules, EVENTS);
    let mut batches = events.chunks(BATCH).cycle();
    bencher.counter(ItemsCount::new(BATCH)).with_inputs(|| batches.next().map(<[Event]>::to_vec)).bench_local_values(
        |batch| batch.into_iter().flatten().map(|event| policy.evaluate(event)).collect::<Vec<_>>(),
    );
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn component_one(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = sealed(rules);
    let events: Vec<_> = events(rules, EVENTS).into_iter().map(in_contract).collect();
    let mut events = events.iter().cycle();
    bencher.with_inputs(|| events.next()).bench_local_values(|event| event.map(|event| policy.try_evaluate(event)));
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn component_in_json(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = sealed(rules);
    let mut events = events(rules, EVENTS).iter().map(text).collect::<Vec<_>>().into_iter().cycle();
    bencher
        .with_inputs(|| events.next())
        .bench_local_refs(|event| event.as_deref().map(|event| policy.evaluate_json(event)));
}

#[divan::bench(args = SIZES, sample_count = SAMPLES)]
fn component_batch(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = sealed(rules);
    let events: Vec<_> = events(rules, EVENTS).into_iter().map(in_contract).collect();
    let mut batches = events.chunks(BATCH).cycle();
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| batches.next())
        .bench_local_values(|batch| batch.map(|batch| policy.evaluate_batch(batch)));
}
