//! Times, and what is said of many of them.

use crate::event::Outcome;
use crate::subject::Judge;
use anyhow::Result;
use std::fs;
use std::time::{Duration, Instant};
use tagseal::contract::Event;

/// What was measured again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// The value that half of them are under.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The value that so many of a hundred are under. NaN where nothing was measured.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() * percent / 100).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Takes times, less what it takes to look at the clock.
pub(crate) struct Watch {
    overhead: f64,
}

impl Watch {
    /// Measures its own overhead.
    pub(crate) fn new() -> Self {
        let looks: Samples = (0..100_000).map(|_| Instant::now().elapsed().as_nanos() as f64).collect();
        Self { overhead: looks.median() }
    }

    /// Nanoseconds that a look at the clock takes.
    pub(crate) fn overhead(&self) -> f64 {
        self.overhead
    }

    /// Nanoseconds that something takes.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
        let start = Instant::now();
        let done = work()?;
        Ok(((start.elapsed().as_nanos() as f64 - self.overhead).max(0.0), done))
    }

    /// Has events decided, so many at once, and takes the time of each: that of its batch, divided.
    pub(crate) fn pass(
        &self,
        judge: &mut dyn Judge,
        events: &[Event],
        batch: usize,
        to: &mut Samples,
    ) -> Result<Duration> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(batch);
        let start = Instant::now();
        for events in events.chunks(batch) {
            outcomes.clear();
            let (taken, ()) = self.time(|| judge.judge(events, &mut outcomes))?;
            to.push(taken / events.len() as f64);
        }
        Ok(start.elapsed())
    }
}

/// Bytes of this process that are in memory now.
pub(crate) fn resident() -> Result<f64> {
    status("VmRSS:")
}

/// Bytes of this process that were in memory at most.
pub(crate) fn peak() -> Result<f64> {
    status("VmHWM:")
}

fn status(field: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
