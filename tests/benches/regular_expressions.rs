//! How long the worst regular expressions take to compile, or to be refused. One has to take at most a tenth of a second.
//!
//! `cargo bench --bench regular_expressions`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use divan::Bencher;
use tagseal::{Cache, Component, Settings};
use tagseal_engine::Policy;
use tagseal_tests::hostile_regex::{HOSTILE, Side, document, pattern};

fn main() {
    divan::main();
}

/// The expressions of the table.
fn cases() -> impl Iterator<Item = &'static str> {
    HOSTILE.into_iter()
}

#[divan::bench(args = cases(), sample_size = 1, sample_count = 10)]
fn native(bencher: Bencher<'_, '_>, regex: &str) {
    let document = document(Side::Tags, &pattern(regex));
    bencher.with_inputs(|| document.clone()).bench_local_values(|document| Policy::compile(document).is_ok());
}

#[divan::bench(args = cases(), sample_size = 1, sample_count = 10)]
fn through_the_component(bencher: Bencher<'_, '_>, regex: &str) {
    let component = Component::embedded(Settings::default().with_cache(Cache::Off)).expect("the component loads");
    let document = document(Side::Tags, &pattern(regex));
    bencher.bench_local(|| component.compile(&document).is_ok());
}
