//! A rise in cost does not go unnoticed: the fuel that each conformance vector uses through the component is on record.
//!
//! Fuel counts instructions, so it is the same on every machine at any time. A rise of more than a twentieth fails here. A
//! fall shows only when the record is written again.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tagseal::contract::{Changed, Converted, Diagnostic, Refusal};
use tagseal::{Cache, CallError, Component, Policy, RulesError, Settings};
use tagseal_vectors::{Event, Subject, SubjectPolicy, compile_answer, rules_answer};

/// More fuel than anything uses: it is counted here, not limited.
const PLENTY: u64 = 1 << 60;

/// By how many percent a use may be above the record.
const MARGIN: u64 = 5;

/// The command that writes the record again.
const COMMAND: &str = "cargo test --release --test fuel -- --ignored";

/// The fuel that each vector of each file uses.
type Uses = BTreeMap<String, BTreeMap<String, u64>>;

#[test]
fn no_vector_uses_more_than_is_on_record() {
    let (recorded, used) = (recorded(), used());
    let mut faults = Vec::new();
    for (file, name, now) in each(&used) {
        match recorded.get(file).and_then(|vectors| vectors.get(name)) {
            None => faults.push(format!("{file}: {name}: {now}, not on record")),
            Some(before) if now * 100 > before * (100 + MARGIN) => {
                faults.push(format!("{file}: {name}: {before} on record, {now} now"));
            }
            Some(_) => {}
        }
    }
    let gone = each(&recorded).filter(|(file, name, _)| !used.get(*file).is_some_and(|it| it.contains_key(*name)));
    faults.extend(gone.map(|(file, name, _)| format!("{file}: {name}: on record, and no vector")));
    assert!(
        faults.is_empty(),
        "{}\nIf that is meant, run `{COMMAND}`, and say in the commit what it buys.",
        faults.join("\n")
    );
}

#[test]
fn equal_calls_use_equally_much() {
    assert_eq!(used(), used());
}

#[test]
#[ignore = "it writes the record again"]
fn record_what_is_used_now() {
    let text = serde_json::to_string_pretty(&used()).unwrap();
    fs::write(record(), format!("{text}\n")).unwrap();
}

fn record() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuel.json")
}

fn recorded() -> Uses {
    let text = fs::read_to_string(record()).unwrap_or_else(|error| panic!("no record: {error}; run `{COMMAND}`"));
    serde_json::from_str(&text).unwrap()
}

fn each(uses: &Uses) -> impl Iterator<Item = (&str, &str, u64)> {
    uses.iter().flat_map(|(file, vectors)| vectors.iter().map(|(name, fuel)| (file.as_str(), name.as_str(), *fuel)))
}

/// What all vectors use now, those with large documents left out: they would take minutes. One whose document is refused
/// uses nothing that could be read, since no policy comes of it.
fn used() -> Uses {
    let cache = Cache::Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuel"));
    let settings = Settings::default().with_fuel(PLENTY).with_max_instances(NonZeroUsize::MIN).with_cache(cache);
    let component = Component::embedded(settings).unwrap();
    let mut uses = Uses::new();
    for file in tagseal_vectors::embedded().unwrap() {
        for vector in file.vectors().iter().filter(|vector| !vector.is_large()) {
            let metered = Metered { component: component.clone(), meter: Arc::default() };
            vector.ask(&metered).unwrap();
            if let Some(fuel) = metered.meter.reading() {
                uses.entry(file.name().into()).or_default().insert(vector.name().into(), fuel);
            }
        }
    }
    uses
}

/// A component that notes what it uses.
struct Metered {
    component: Component,
    meter: Arc<Meter>,
}

#[derive(Default)]
struct Meter {
    reading: AtomicU64,
    answering: AtomicU64,
}

impl Meter {
    /// What decisions, explanations and answers about rules used; where there was none, all that reading the document did.
    fn reading(&self) -> Option<u64> {
        [&self.answering, &self.reading].map(|meter| meter.load(Relaxed)).into_iter().find(|fuel| *fuel > 0)
    }
}

struct MeteredPolicy {
    policy: Policy,
    meter: Arc<Meter>,
}

impl Subject for Metered {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn SubjectPolicy>, Vec<Diagnostic>>, CallError> {
        let judge = |policy: Policy| {
            self.meter.reading.fetch_add(policy.fuel(), Relaxed);
            Box::new(MeteredPolicy { policy, meter: self.meter.clone() }) as Box<dyn SubjectPolicy>
        };
        Ok(compile_answer(self.component.compile(document))?.map(judge))
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, CallError> {
        self.note(|component| component.list_rules(document, query))
    }

    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, CallError> {
        self.note(|component| component.change_rules(document, change))
    }

    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, CallError> {
        self.note(|component| component.import_rules(format, text, options))
    }

    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<Converted, Refusal>, CallError> {
        self.note(|component| component.export_rules(format, document, options))
    }
}

impl Metered {
    fn note<T>(&self, ask: impl FnOnce(&Component) -> Result<T, RulesError>) -> Result<Result<T, Refusal>, CallError> {
        let before = self.component.fuel();
        let answer = ask(&self.component);
        self.meter.answering.fetch_add(self.component.fuel() - before, Relaxed);
        rules_answer(answer)
    }
}

impl MeteredPolicy {
    fn note<T>(&self, meter: &AtomicU64, ask: impl FnOnce(&Policy) -> T) -> T {
        let before = self.policy.fuel();
        let answer = ask(&self.policy);
        meter.fetch_add(self.policy.fuel() - before, Relaxed);
        answer
    }
}

impl SubjectPolicy for MeteredPolicy {
    fn decide(&self, event: &Event) -> Result<String, CallError> {
        let Some(typed) = event.typed() else {
            return self.note(&self.meter.answering, |policy| policy.evaluate_json(event.text()));
        };
        self.note(&self.meter.answering, |policy| policy.try_evaluate(typed))?;
        // For the vector, which reads JSON.
        self.policy.evaluate_json(event.text())
    }

    fn explain(&self, question: &str) -> Result<String, CallError> {
        self.note(&self.meter.answering, |policy| policy.explain_json(question))
    }

    fn warnings(&self) -> Result<Vec<Diagnostic>, CallError> {
        self.note(&self.meter.reading, Policy::warnings)
    }

    fn revision(&self) -> u64 {
        self.policy.revision()
    }
}
