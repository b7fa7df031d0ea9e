//! Rules and events that are large by themselves, and patterns that are hard.

use super::{Chart, PASSES};
use crate::measure::{Samples, Watch};
use crate::subject::{self, Judge, settings};
use crate::table;
use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use tagseal::contract::{Current, DeleteManifest, Event, ManifestTags, Operation, TagWrite, Write};
use tagseal::{COMPONENT, Component};

/// The charts, by the component.
pub(super) fn charts(watch: &Watch) -> Result<Vec<Chart>> {
    let component = Component::from_bytes(COMPONENT, settings())?;
    Ok(vec![pairs(watch, &component)?, patterns(watch, &component)?, tags(watch, &component)?])
}

/// A rule of so many pairs, of which the last one alone holds; and of which none does.
fn pairs(watch: &Watch, component: &Component) -> Result<Chart> {
    let mut chart = Chart::new("Pairs of a rule", "pairs", "ns", &["the last one holds", "none holds"]);
    for count in [1_usize, 3, 10, 30, 100, 300, 1_000] {
        let pair = |at| json!({ "repositories": { "matches": "**" }, "tags": { "matches": format!("v{at}") } });
        let pairs: Vec<Value> = (0..count).map(pair).collect();
        let mut judge = judge(component, &json!(pairs))?;
        let last = decision(watch, judge.as_mut(), &write(&[&format!("v{}", count - 1)]))?;
        let none = decision(watch, judge.as_mut(), &write(&["w"]))?;
        chart.add(count as f64, &[last, none]);
    }
    Ok(chart)
}

/// A kind of pattern: what it is called, how many a rule may have, and the one of a number.
type PatternKind = (&'static str, usize, fn(usize) -> String);

/// A rule of one pair with so many patterns, of which none matches: the costliest answer.
fn patterns(watch: &Watch, component: &Component) -> Result<Chart> {
    let kinds: [PatternKind; 3] = [
        ("literals", 9_999, |at| format!("v{at}")),
        ("one star", 1_000, |at| format!("v{at}-*")),
        ("regular expressions", 32, |at| format!("{{a,b}}?{at}*")),
    ];
    let names = kinds.map(|(name, ..)| name);
    let mut chart = Chart::new("Patterns of a list", "patterns", "ns", &names);
    for count in [1_usize, 3, 10, 32, 100, 300, 1_000, 3_000, 9_999] {
        for ((_, most, pattern), curve) in kinds.iter().zip(&mut chart.curves) {
            if count <= *most {
                let list: Vec<String> = (0..count).map(pattern).collect();
                let pairs = json!([{ "repositories": { "matches": "team/app" }, "tags": { "matches": list } }]);
                let mut judge = judge(component, &pairs)?;
                curve.points.push((count as f64, decision(watch, judge.as_mut(), &write(&["a1.20.3-alpine"]))?));
            }
        }
    }
    Ok(chart)
}

/// Events of so many tags, the whole event and each tag of it.
fn tags(watch: &Watch, component: &Component) -> Result<Chart> {
    let names = ["a push", "a push, for each tag", "a delete", "a delete, for each tag"];
    let mut chart = Chart::new("Tags of an event", "tags", "ns", &names);
    let pairs = json!([{ "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } }]);
    let mut judge = judge(component, &pairs)?;
    for count in [1_usize, 3, 10, 30, 100, 300, 1_000] {
        let tags: Vec<String> = (0..count).map(|at| format!("v1.{at}.0")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let write = decision(watch, judge.as_mut(), &write(&tags))?;
        let delete = decision(watch, judge.as_mut(), &delete(&tags))?;
        chart.add(count as f64, &[write, write / count as f64, delete, delete / count as f64]);
    }
    Ok(chart)
}

/// A hard pattern, alone in its rule and as often as a rule may have it.
#[derive(Serialize)]
pub(super) struct Worst {
    what: &'static str,
    pattern: String,
    /// How often.
    count: usize,
    /// Nanoseconds of a decision, once all is compiled that it needs.
    time: f64,
    /// The same against an ordinary decision.
    ratio: f64,
}

/// How long the hardest tags take under the hardest patterns, each pattern written once and as often as a rule may.
pub(super) fn worst(watch: &Watch) -> Result<Vec<Worst>> {
    let component = Component::from_bytes(COMPONENT, settings())?;
    let ordinary = json!([{ "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } }]);
    let ordinary = decision(watch, judge(&component, &ordinary)?.as_mut(), &write(&["v1.20.3"]))?;
    let tag = format!("{}b", "a".repeat(127));
    let mut worst = Vec::new();
    for (what, pattern) in hard() {
        for count in [1, 32] {
            // Behind what makes it hard, each is different: equal ones would be compiled and asked as one.
            let list: Vec<String> = (0..count).map(|at| format!("{pattern}{}", "c".repeat(at))).collect();
            let pairs = json!([{ "repositories": { "matches": "team/app" }, "tags": { "matches": list } }]);
            let mut judge = judge(&component, &pairs)?;
            let time = decision(watch, judge.as_mut(), &write(&[&tag]))?;
            worst.push(Worst { what, pattern: pattern.clone(), count, time, ratio: time / ordinary });
        }
    }
    Ok(worst)
}

fn hard() -> Vec<(&'static str, String)> {
    vec![
        ("many stars", format!("{}c", "a*".repeat(200))),
        ("a star between any two letters", format!("{}c", "*a".repeat(200))),
        ("stars and single letters", format!("{}c", "*?".repeat(200))),
        ("alternatives of stars", format!("{}c", "{a*,*a}".repeat(60))),
        ("alternatives nested as deep as they go", deep(8)),
        ("classes between stars", format!("{}c", "*[ab]".repeat(90))),
        ("optional letters", format!("{}c", "{,a}".repeat(120))),
    ]
}

/// Alternatives in alternatives.
fn deep(depth: usize) -> String {
    if depth == 0 { "a*".to_owned() } else { format!("{{{},*a?}}*", deep(depth - 1)) }
}

/// Prints the hard patterns.
pub(super) fn print(worst: &[Worst]) {
    println!("## Hard patterns, a tag of 128 characters\n");
    let row = |it: &Worst| {
        let start: String = it.pattern.chars().take(24).collect();
        vec![
            it.what.to_owned(),
            format!("`{start}…`"),
            it.count.to_string(),
            table::time(it.time),
            table::ratio(it.ratio),
        ]
    };
    let rows: Vec<Vec<String>> = worst.iter().map(row).collect();
    println!("{}", table::markdown(&["what", "begins", "in a rule", "decision", "to an ordinary one"], &rows));
}

fn judge(component: &Component, pairs: &Value) -> Result<Box<dyn Judge>> {
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "prod", "protects": pairs }] });
    Ok(subject::component(component.compile(&document.to_string())?))
}

/// The median time of an event's decision, once it was decided a few times.
fn decision(watch: &Watch, judge: &mut dyn Judge, event: &Event) -> Result<f64> {
    let events = vec![event.clone(); 20];
    watch.pass(judge, &events, 1, &mut Samples::default())?;
    let mut samples = Samples::default();
    for _ in 0..PASSES {
        watch.pass(judge, &events, 1, &mut samples)?;
    }
    Ok(samples.median())
}

/// Other content for tags that are there.
fn write(tags: &[&str]) -> Event {
    let current = Current::Digest(format!("sha256:{}", "a".repeat(64)));
    let tags = tags.iter().map(|tag| TagWrite { tag: (*tag).to_owned(), current: current.clone() }).collect();
    let digest = format!("sha256:{}", "b".repeat(64));
    Event {
        operation: Operation::Write(Write { repository: "prod/team/app".into(), digest, tags }),
        context: Vec::new(),
    }
}

fn delete(tags: &[&str]) -> Event {
    let tags = ManifestTags::Known(tags.iter().map(|tag| (*tag).to_owned()).collect());
    let digest = format!("sha256:{}", "b".repeat(64));
    let delete = DeleteManifest { repository: "prod/team/app".into(), digest, tags, remembers: false };
    Event { operation: Operation::DeleteManifest(delete), context: Vec::new() }
}
