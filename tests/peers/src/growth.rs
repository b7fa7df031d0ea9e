//! What things cost as there is more of them: measured, written down, and drawn.

mod draw;
mod shapes;

use crate::children;
use crate::event;
use crate::measure::{Samples, Watch, peak, resident};
use crate::policy::Policy;
use crate::subject::{self, settings};
use crate::table;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use tagseal::{COMPONENT, Component};

/// Curves over the same horizontal axis.
#[derive(Serialize)]
struct Chart {
    title: String,
    /// What there is more of.
    axis: String,
    /// What the curves are of, `ns` or `bytes`.
    unit: &'static str,
    curves: Vec<Curve>,
}

/// One curve.
#[derive(Serialize)]
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// What a child says of a policy with many rules.
#[derive(Serialize, Deserialize)]
struct Load {
    document: f64,
    compile: f64,
    /// Bytes by which the process has grown, and had grown at most.
    grown: f64,
    peak: f64,
    /// Bytes of the instance's own memory.
    instance: f64,
    median: f64,
    high: f64,
}

const RULES: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// How often the events are decided, for the times of decisions.
const PASSES: usize = 50;

/// Measures everything, and writes `growth.json` and `growth.svg` beside this workspace's manifest.
pub(crate) fn run() -> Result<()> {
    let watch = Watch::new();
    let mut charts = rules()?;
    charts.extend(shapes::charts(&watch)?);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let worst = shapes::worst(&watch)?;
    let data = serde_json::json!({ "charts": charts, "worst patterns": worst });
    fs::write(folder.join("growth.json"), format!("{data:#}\n")).context("can't write the data")?;
    draw::draw(&charts, &folder.join("growth.svg"))?;
    charts.iter().for_each(Chart::print);
    shapes::print(&worst);
    Ok(())
}

/// The charts of rules, which are namespaces too: each has one.
fn rules() -> Result<Vec<Chart>> {
    let mut compile = Chart::new("Compiling a document", "rules", "ns", &["component", "native engine"]);
    let mut memory = Chart::new(
        "Memory of a policy",
        "rules",
        "bytes",
        &["instance", "process, component", "process at most, component", "process, native", "document"],
    );
    let mut decision =
        Chart::new("A decision", "rules", "ns", &["component, p50", "component, p99", "native, p50", "native, p99"]);
    for count in RULES {
        eprintln!("{} rules", table::grouped(count));
        let [component, native] = ["component", "native"].map(|form| load(form, count));
        let (component, native) = (component?, native?);
        compile.add(count as f64, &[component.compile, native.compile]);
        memory.add(
            count as f64,
            &[component.instance, component.grown, component.peak, native.grown, component.document],
        );
        decision.add(count as f64, &[component.median, component.high, native.median, native.high]);
    }
    Ok(vec![compile, memory, decision])
}

/// What the child with the median of compile times says.
fn load(form: &str, rules: u64) -> Result<Load> {
    let mut loads: Vec<Load> =
        (0..3).map(|_| children::spawn(&["load", form, &rules.to_string()])).collect::<Result<_>>()?;
    loads.sort_by(|one, other| one.compile.total_cmp(&other.compile));
    loads.into_iter().nth(1).context("no child answered")
}

/// Answers as a child.
pub(crate) fn answer(form: &str, rules: u64) -> Result<()> {
    let watch = Watch::new();
    let document = Policy::of(rules).document();
    let events = event::events(rules);
    let size = document.len() as f64;
    let component = Component::from_bytes(COMPONENT, settings())?;
    let before = resident()?;
    let (compile, instance, mut judge) = match form {
        "component" => {
            let (compile, policy) = watch.time(|| Ok(component.compile(&document)?))?;
            (compile, policy.memory(), subject::component(policy))
        }
        "native" => {
            let (compile, policy) = watch.time(|| subject::native(document))?;
            (compile, 0, policy)
        }
        other => bail!("there is no form {other}"),
    };
    let mut samples = Samples::default();
    for _ in 0..PASSES {
        watch.pass(judge.as_mut(), &events, 1, &mut samples)?;
    }
    let load = Load {
        document: size,
        compile,
        grown: (resident()? - before).max(0.0),
        peak: (peak()? - before).max(0.0),
        instance: instance as f64,
        median: samples.median(),
        high: samples.percentile(99),
    };
    println!("{}", serde_json::to_string(&load)?);
    Ok(())
}

impl Chart {
    fn new(title: &str, axis: &str, unit: &'static str, curves: &[&str]) -> Self {
        let curves = curves.iter().map(|name| Curve { name: (*name).to_owned(), points: Vec::new() }).collect();
        Self { title: title.to_owned(), axis: axis.to_owned(), unit, curves }
    }

    /// Adds a point to each curve.
    fn add(&mut self, place: f64, values: &[f64]) {
        for (curve, value) in self.curves.iter_mut().zip(values) {
            curve.points.push((place, *value));
        }
    }

    fn print(&self) {
        println!("## {}\n", self.title);
        let mut head = vec![self.axis.as_str()];
        head.extend(self.curves.iter().map(|curve| curve.name.as_str()));
        let places = self.curves.first().map(|curve| curve.points.clone()).unwrap_or_default();
        let row = |(at, (place, _)): (usize, &(f64, f64))| {
            let values = self.curves.iter().filter_map(|curve| curve.points.get(at));
            let shown =
                values.map(|(_, value)| if self.unit == "ns" { table::time(*value) } else { table::bytes(*value) });
            [table::grouped(*place as u64)].into_iter().chain(shown).collect()
        };
        let rows: Vec<Vec<String>> = places.iter().enumerate().map(row).collect();
        println!("{}", table::markdown(&head, &rows));
    }
}
