//! What was measured each way, side by side.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::command::client::Error;

/// What was measured.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(super) struct Table(Vec<Row>);

/// The samples of one row, each way.
pub(super) struct Comparison {
    what: String,
    unit: Unit,
    alone: Vec<u64>,
    through: Vec<u64>,
}

#[derive(Serialize)]
struct Row {
    what: String,
    unit: Unit,
    alone: Spread,
    through: Spread,
    /// How many times as long it takes through the gateway.
    times: f64,
}

/// The middle of what was measured, and the worst but for one in a hundred.
#[derive(Serialize)]
struct Spread {
    median: u64,
    p99: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Unit {
    #[serde(rename = "nanoseconds")]
    Time,
    #[serde(rename = "per second")]
    PerSecond,
    #[serde(rename = "bytes per second")]
    BytesPerSecond,
}

impl Table {
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Comparison>) {
        self.0.extend(rows.into_iter().map(Row::from));
    }

    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "{:<31}{:>24}   {:>24}", "", "registry alone", "through the gateway")?;
        writeln!(to, "{:<31}{:>12}{:>12}   {:>12}{:>12}{:>8}", "", "median", "p99", "median", "p99", "times")?;
        self.0.iter().try_for_each(|Row { what, unit, alone, through, times }| {
            let [alone, through] = [alone, through].map(|it| (unit.show(it.median), unit.show(it.p99)));
            writeln!(to, "{what:<31}{:>12}{:>12}   {:>12}{:>12}{times:>8.2}", alone.0, alone.1, through.0, through.1)
        })
    }
}

impl Comparison {
    pub(super) fn new(what: impl Into<String>, unit: Unit) -> Self {
        Self { what: what.into(), unit, alone: Vec::new(), through: Vec::new() }
    }

    /// One sample each way. They take turns at being first, since the second may find warm what the first found cold.
    pub(super) async fn sample(
        &mut self,
        alone: impl Future<Output = Result<u64, Error>>,
        through: impl Future<Output = Result<u64, Error>>,
    ) -> Result<(), Error> {
        if self.alone.len().is_multiple_of(2) {
            self.alone.push(alone.await?);
            self.through.push(through.await?);
        } else {
            self.through.push(through.await?);
            self.alone.push(alone.await?);
        }
        Ok(())
    }
}

impl From<Comparison> for Row {
    fn from(Comparison { what, unit, alone, through }: Comparison) -> Self {
        let (alone, through) = (unit.spread(alone), unit.spread(through));
        let (longer, shorter) = if unit == Unit::Time { (&through, &alone) } else { (&alone, &through) };
        let times = in_floats(longer.median) / in_floats(shorter.median);
        Self { what, unit, alone, through, times }
    }
}

impl Unit {
    /// Of times, the worst are the longest; of rates, the lowest.
    fn spread(self, mut samples: Vec<u64>) -> Spread {
        samples.sort_unstable();
        if self != Self::Time {
            samples.reverse();
        }
        let at = |percent: usize| samples.get(samples.len() * percent / 100).copied().unwrap_or_default();
        Spread { median: at(50), p99: at(99) }
    }

    fn show(self, figure: u64) -> String {
        match self {
            Self::Time => format!("{:.2} ms", in_floats(figure) / 1e6),
            Self::PerSecond => format!("{figure}/s"),
            Self::BytesPerSecond => format!("{} MiB/s", figure >> 20),
        }
    }
}

/// How many a second.
pub(super) fn rate(number: usize, time: Duration) -> u64 {
    let nanoseconds = time.as_nanos().max(1);
    u64::try_from(number as u128 * 1_000_000_000 / nanoseconds).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn in_floats(figure: u64) -> f64 {
    figure as f64
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn rows_hold_the_median_the_99th_percentile_and_the_ratio() {
        let spread = |unit: Unit, figures: Vec<u64>| unit.spread(figures);
        for (unit, median, p99) in [(Unit::Time, 50, 99), (Unit::PerSecond, 49, 0)] {
            let spread = spread(unit, (0..100).collect());
            assert_eq!((spread.median, spread.p99), (median, p99));
        }
        for (unit, times) in [(Unit::Time, 4.0), (Unit::BytesPerSecond, 0.25)] {
            let mut comparison = Comparison::new("", unit);
            comparison.sample(async { Ok(10) }, async { Ok(40) }).await.unwrap();
            assert!((Row::from(comparison).times - times).abs() < 1e-9);
        }
        assert_eq!(rate(10, Duration::from_millis(500)), 20);
    }

    #[tokio::test]
    async fn each_way_is_first_every_other_time() {
        let (order, mut comparison) = (RefCell::new(Vec::new()), Comparison::new("", Unit::Time));
        let go = async |way| {
            order.borrow_mut().push(way);
            Ok(1)
        };
        for _ in 0..3 {
            comparison.sample(go("alone"), go("through")).await.unwrap();
        }
        assert_eq!(order.into_inner(), ["alone", "through", "through", "alone", "alone", "through"]);
    }
}
