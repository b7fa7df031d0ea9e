//! What a document costs: to compile, and to be asked for the first time.
//!
//! `cargo bench --bench compile`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use divan::Bencher;
use tagseal::contract::Event;
use tagseal::{Cache, Component, Settings};
use tagseal_engine::Policy;
use tagseal_tests::workload::{SIZES, document, each_rule, in_contract};

fn main() {
    divan::main();
}

fn component() -> Component {
    let settings = Settings::default().with_cache(Cache::Off);
    Component::embedded(settings).expect("the component loads")
}

/// An event that asks a pattern which needs a regular expression, and has to compile it first.
fn first(rules: usize) -> Option<tagseal_engine::decide::Event> {
    each_rule(rules).nth(4.min(rules - 1))
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn native(bencher: Bencher<'_, '_>, rules: usize) {
    bencher.with_inputs(|| document(rules)).bench_local_values(Policy::compile);
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn through_the_component(bencher: Bencher<'_, '_>, rules: usize) {
    let (component, document) = (component(), document(rules));
    bencher.bench_local(|| component.compile(&document));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn first_decision_native(bencher: Bencher<'_, '_>, rules: usize) {
    let fresh = || (Policy::compile(document(rules)).expect("the workload's document checks"), first(rules));
    bencher.with_inputs(fresh).bench_local_refs(|(policy, event)| event.take().map(|event| policy.evaluate(event)));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn first_decision_through_the_component(bencher: Bencher<'_, '_>, rules: usize) {
    let (component, document, event) = (component(), document(rules), first(rules).map(in_contract));
    let fresh = || component.compile(&document).expect("the workload's document checks");
    let ask = |policy: &mut tagseal::Policy| event.as_ref().map(|event: &Event| policy.try_evaluate(event));
    bencher.with_inputs(fresh).bench_local_refs(ask);
}
