//! A database that failed a moment ago is not waited for again and again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::LedgerError;

/// How long others are spared after a failure. Then one of them tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// When the database failed last, if it has not answered since.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<Option<Instant>>);

impl Breaker {
    /// Returns an error if the database has failed a moment ago.
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *failed {
            Some(since) if since.elapsed() < PAUSE => Err(LedgerError::TooLate),
            Some(_) => {
                *failed = Some(Instant::now());
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes in what the database answered, or that it did not.
    pub(crate) fn note<T>(&self, result: Result<T, LedgerError>) -> Result<T, LedgerError> {
        let failed = result.as_ref().err().map(|_| Instant::now());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_others_are_spared_for_a_moment() {
        let breaker = Breaker::default();
        assert!(breaker.check().is_ok());
        assert!(breaker.note::<()>(Err(LedgerError::Closed)).is_err());
        assert!(breaker.check().is_err());
        assert!(breaker.note(Ok(())).is_ok());
        assert!(breaker.check().is_ok());
    }
}
