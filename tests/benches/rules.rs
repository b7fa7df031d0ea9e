//! What it costs to manage the rules of a document.
//!
//! `cargo bench --bench rules`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use divan::Bencher;
use tagseal::{Cache, Component, Settings};
use tagseal_engine::{Policy, manage};
use tagseal_tests::workload::{SIZES, document};

const CREATE: &str = r#"{"create": {"namespace": "one-more", "preset": "latest"}}"#;
const QUERY: &str = r#"{"ids": [1], "namespaces": ["one-more"]}"#;
const QUESTION: &str = r#"{"repository": "one-more/app", "tag": "v1"}"#;

fn main() {
    divan::main();
}

fn component() -> Component {
    let settings = Settings::default().with_cache(Cache::Off);
    Component::embedded(settings).expect("the component loads")
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn create_native(bencher: Bencher<'_, '_>, rules: usize) {
    let document = document(rules);
    bencher.bench_local(|| manage::change(&document, CREATE).expect("the change can be made"));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn create_through_the_component(bencher: Bencher<'_, '_>, rules: usize) {
    let (component, document) = (component(), document(rules));
    bencher.bench_local(|| component.change_rules(&document, CREATE).expect("the change can be made"));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn list_native(bencher: Bencher<'_, '_>, rules: usize) {
    let document = document(rules);
    bencher.bench_local(|| manage::list(&document, QUERY).expect("the rules are listed"));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn list_through_the_component(bencher: Bencher<'_, '_>, rules: usize) {
    let (component, document) = (component(), document(rules));
    bencher.bench_local(|| component.list_rules(&document, QUERY).expect("the rules are listed"));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn explain_native(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = Policy::compile(document(rules)).expect("the workload's document checks");
    bencher.bench_local(|| policy.explain_json(QUESTION));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 20)]
fn explain_through_the_component(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = component().compile(&document(rules)).expect("the workload's document checks");
    bencher.bench_local(|| policy.explain_json(QUESTION));
}
