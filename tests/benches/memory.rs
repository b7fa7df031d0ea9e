//! How much memory an instance holds: with its document compiled, and after every rule was asked.
//!
//! `cargo bench --bench memory`
#![expect(clippy::expect_used, reason = "a benchmark that can't start says so")]

use std::num::NonZeroUsize;
use tagseal::{Cache, Component, Settings};
use tagseal_tests::workload::{SIZES, document, each_rule, in_contract};

fn main() {
    println!("{:>8} {:>14} {:>14} {:>22}", "rules", "document", "compiled", "every rule was asked");
    for rules in SIZES {
        let (text, compiled, asked) = measure(rules);
        println!("{rules:>8} {:>10.1} MiB {:>10.1} MiB {:>18.1} MiB", mib(text), mib(compiled), mib(asked));
    }
}

/// Bytes of the document, of the instance that holds it, and of the instance once all its rules were asked.
fn measure(rules: usize) -> (usize, usize, usize) {
    // One instance, which is never replaced however much it grows.
    let settings = Settings::default()
        .with_cache(Cache::Off)
        .with_max_growth_bytes(usize::MAX)
        .with_max_instances(NonZeroUsize::MIN);
    let document = document(rules);
    let component = Component::embedded(settings).expect("the component loads");
    let policy = component.compile(&document).expect("the workload's document checks");
    let compiled = policy.memory();
    for event in each_rule(rules) {
        policy.try_evaluate(&in_contract(event)).expect("every event is decided");
    }
    (document.len(), compiled, policy.memory())
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
