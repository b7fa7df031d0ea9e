//! What it costs to load the component, without compiled code on disk and with it, and to start an instance of it.
//!
//! `cargo bench --bench start`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use divan::Bencher;
use std::path::Path;
use tagseal::{Cache, Component, Settings};

const NO_RULES: &str = r#"{"version": 1, "rules": []}"#;

fn main() {
    divan::main();
}

fn cached() -> Settings {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("start");
    Settings::default().with_cache(Cache::Folder(folder))
}

#[divan::bench(sample_size = 1, sample_count = 5)]
fn cold(bencher: Bencher<'_, '_>) {
    let settings = Settings::default().with_cache(Cache::Off);
    bencher.with_inputs(|| settings.clone()).bench_local_values(Component::embedded);
}

#[divan::bench(sample_size = 1)]
fn from_the_cache(bencher: Bencher<'_, '_>) {
    Component::embedded(cached()).expect("the component loads");
    bencher.with_inputs(cached).bench_local_values(Component::embedded);
}

#[divan::bench]
fn instance(bencher: Bencher<'_, '_>) {
    let component = Component::embedded(cached()).expect("the component loads");
    bencher.bench_local(|| component.compile(NO_RULES));
}
