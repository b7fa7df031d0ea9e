//! The two ways to one registry.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyper::StatusCode;

use crate::command::client::{Answer, Client, Error};

/// The two ways to one registry: around the gateway, and through it.
pub(super) struct Ways {
    pub(super) alone: Client,
    pub(super) through: Client,
    /// Keeps the repositories of this run apart from those of other runs, at a registry that stores them.
    run: String,
}

impl Ways {
    pub(super) fn new(registry: &str, gateway: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("{}-{}", now.as_secs(), std::process::id());
        Self { alone: Client::new(registry), through: Client::new(gateway), run }
    }

    /// The name of a repository of this run.
    pub(super) fn repository(&self, name: &str) -> String {
        format!("tagseal-load-test/{}/{name}", self.run)
    }
}

/// Waits for an answer, which must be that one: how many nanoseconds it took.
pub(super) async fn time(asked: impl Future<Output = Result<Answer, Error>>, expected: u16) -> Result<u64, Error> {
    let start = Instant::now();
    let answer = asked.await?;
    let taken = start.elapsed();
    check(&answer, expected)?;
    Ok(u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX))
}

/// An answer must be that one, or nothing was measured.
pub(super) fn check(answer: &Answer, expected: u16) -> Result<(), Error> {
    if StatusCode::from_u16(expected).is_ok_and(|expected| expected == answer.status) {
        return Ok(());
    }
    let said = answer.line().unwrap_or_default();
    Err(format!("the answer was {} instead of {expected}: {said}", answer.status).into())
}
