//! What has to be measured in a process that did nothing before: memory, and the first start.

use crate::event;
use crate::measure::{Samples, Watch, resident};
use crate::policy::Policy;
use crate::subject::{self, Subject};
use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};
use std::{env, fs};
use tagseal::{COMPONENT, Cache, Component, Settings};

/// What a child says of a subject.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// Nanoseconds from nothing to the first decision.
    first: f64,
    /// Nanoseconds to compile the policy.
    compile: f64,
    /// Bytes by which the process grew from before the policy was compiled to after all events were decided.
    memory: f64,
}

/// The medians of what some children say.
pub(crate) struct Medians {
    pub(crate) first: f64,
    pub(crate) compile: f64,
    pub(crate) memory: f64,
}

/// Asks children about a subject under a policy of so many rules.
pub(crate) fn ask(subject: &Subject, rules: u64, children: usize) -> Result<Medians> {
    let answers = (0..children).map(|_| spawn(&["child", subject.word, &rules.to_string()]));
    let answers: Vec<Answer> = answers.collect::<Result<_>>()?;
    let median = |field: fn(&Answer) -> f64| answers.iter().map(field).collect::<Samples>().median();
    Ok(Medians {
        first: median(|answer| answer.first),
        compile: median(|answer| answer.compile),
        memory: median(|answer| answer.memory),
    })
}

/// What this program prints when it is run with other words, read.
pub(crate) fn spawn<T: DeserializeOwned>(words: &[&str]) -> Result<T> {
    let program = env::current_exe()?;
    let output = Command::new(program).args(words).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "`{}` fails", words.join(" "));
    serde_json::from_slice(&output.stdout).context("the child's answer can't be read")
}

/// Nanoseconds to the first decision of Tagseal's component, where an earlier process has left its compiled code.
pub(crate) fn from_cache(children: usize) -> Result<f64> {
    let folder = env::temp_dir().join(format!("tagseal-peers-{}", std::process::id()));
    let name = folder.to_str().context("the folder for temporary files has no name in Unicode")?;
    let times: Result<Vec<f64>> = (0..=children).map(|_| spawn(&["cached", name])).collect();
    fs::remove_dir_all(&folder)?;
    // The first one fills the cache.
    Ok(times?.into_iter().skip(1).collect::<Samples>().median())
}

/// Answers as a child that keeps compiled code in a folder.
pub(crate) fn answer_from_cache(folder: &str) -> Result<()> {
    let (policy, events) = (Policy::of(1).document(), event::events(1));
    let settings = subject::settings().with_cache(Cache::Folder(folder.into()));
    let event = events.first().context("there is no event")?;
    let (taken, _) = Watch::new()
        .time(|| Ok(Component::from_bytes(COMPONENT, settings)?.compile(&policy)?.try_evaluate(event)?))?;
    println!("{taken}");
    Ok(())
}

/// Answers as a child.
pub(crate) fn answer(word: &str, rules: u64) -> Result<()> {
    let subject = subject::named(word).with_context(|| format!("there is no subject {word}"))?;
    let (policy, events) = (Policy::of(rules), event::events(rules));
    let watch = Watch::new();
    let (loading, engine) = watch.time(subject.load)?;
    let before = resident()?;
    let (compile, mut judge) = watch.time(|| engine.compile(&policy))?;
    let first = events.get(..subject.batch).context("there are too few events")?;
    let (deciding, ()) = watch.time(|| judge.judge(first, &mut Vec::new()))?;
    watch.pass(judge.as_mut(), &events, subject.batch, &mut Samples::default())?;
    let memory = (resident()? - before).max(0.0);
    let answer = Answer { first: loading + compile + deciding, compile, memory };
    println!("{}", serde_json::to_string(&answer)?);
    Ok(())
}
