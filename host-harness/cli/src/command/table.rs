//! Measurements, and the table that they make.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

/// The longest time for the samples of one row.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(crate) struct BenchTable(Vec<Row>);

/// One figure, or the spread of many.
#[derive(Serialize)]
pub(crate) struct Row {
    what: &'static str,
    unit: BenchUnit,
    median: u64,
    /// None where the figure is one.
    p99: Option<u64>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BenchUnit {
    Bytes,
    Count,
    #[serde(rename = "nanoseconds")]
    Time,
}

impl BenchTable {
    pub(crate) fn push(&mut self, row: Row) {
        self.0.push(row);
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "{:<26}{:>14}{:>14}", "", "median", "p99")?;
        self.0.iter().try_for_each(|Row { what, unit, median, p99 }| {
            let p99 = p99.map(|p99| unit.show(p99)).unwrap_or_default();
            writeln!(to, "{}", format!("{what:<26}{:>14}{p99:>14}", unit.show(*median)).trim_end())
        })
    }
}

impl Row {
    pub(crate) fn one(what: &'static str, unit: BenchUnit, figure: u64) -> Self {
        Self { what, unit, median: figure, p99: None }
    }

    /// The middle of what was measured, and what one in a hundred passes.
    pub(crate) fn many(what: &'static str, unit: BenchUnit, mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        let at = |percent: usize| figures.get(figures.len() * percent / 100).copied().unwrap_or_default();
        Self { what, unit, median: at(50), p99: Some(at(99)) }
    }
}

impl BenchUnit {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn show(self, figure: u64) -> String {
        match self {
            Self::Count if figure == 0 => "none".into(),
            Self::Count => figure.to_string(),
            Self::Bytes if figure < 10 << 20 => format!("{:.1} KiB", figure as f64 / 1024.0),
            Self::Bytes => format!("{:.1} MiB", figure as f64 / (1024.0 * 1024.0)),
            Self::Time if figure < 100_000 => format!("{:.2} µs", figure as f64 / 1e3),
            Self::Time if figure < 100_000_000 => format!("{:.2} ms", figure as f64 / 1e6),
            Self::Time => format!("{:.2} s", figure as f64 / 1e9),
        }
    }
}

/// How many nanoseconds each run takes: at least one run, at most so many, and none after three seconds.
pub(crate) fn sample<T, E>(most: usize, mut run: impl FnMut() -> Result<T, E>) -> Result<Vec<u64>, E> {
    let start = Instant::now();
    let mut samples = vec![time(&mut run)?];
    while samples.len() < most && start.elapsed() < TIME_LIMIT {
        samples.push(time(&mut run)?);
    }
    Ok(samples)
}

/// How many nanoseconds a run takes.
pub(crate) fn time<T, E>(run: impl FnOnce() -> Result<T, E>) -> Result<u64, E> {
    let start = Instant::now();
    let ran = run()?;
    let taken = start.elapsed();
    drop(ran);
    Ok(u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{BenchUnit, Row};

    #[test]
    fn a_row_holds_the_median_and_the_99th_percentile() {
        for (figures, median, p99) in
            [(vec![], 0, 0), (vec![7], 7, 7), (vec![3, 1, 2], 2, 3), ((0..1_000).rev().collect(), 500, 990)]
        {
            let row = Row::many("", BenchUnit::Count, figures);
            assert_eq!((row.median, row.p99), (median, Some(p99)));
        }
    }
}
