//! The number of lines that the log gets about refused requests, so that whoever sends many of them does not fill it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// The greatest number of lines about one kind of refused request in one second.
const MAX_LINES: u32 = 100;
const INTERVAL: Duration = Duration::from_secs(1);
/// The greatest length of a client's own text in the log, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 256;

/// A kind of refused request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// One that the gateway does not forward, or that the registry refuses at a look-up.
    Refused,
    /// One that failed.
    Failed,
    /// A push that the policy denied.
    DeniedPush,
    /// A delete that the policy denied.
    DeniedDelete,
    /// One for the rules.
    Rules,
    /// A write that the registry did not take.
    NotTaken,
}

/// Counts the lines about each kind of refused request. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefusalLog(Arc<[Mutex<Second>; 6]>);

/// The lines of one second.
#[derive(Debug, Default)]
struct Second {
    begin: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl RefusalLog {
    /// Returns whether a line may be written. Those that are left out are counted, and their number is logged.
    pub(crate) fn admits(&self, kind: RefusalKind) -> bool {
        let mut second = self.second(kind);
        if second.begin.is_none_or(|begin| begin.elapsed() >= INTERVAL) {
            (second.begin, second.lines) = (Some(Instant::now()), 0);
        }
        if second.lines < MAX_LINES {
            second.lines += 1;
            return true;
        }
        second.left_out += 1;
        if second.left_out == 1 {
            let log = self.clone();
            tokio::spawn(async move {
                sleep(INTERVAL).await;
                let left_out = std::mem::take(&mut log.second(kind).left_out);
                tracing::warn!(?kind, left_out, "lines about refused requests were left out");
            });
        }
        false
    }

    fn second(&self, kind: RefusalKind) -> MutexGuard<'_, Second> {
        let [refused, failed, denied_push, denied_delete, rules, not_taken] = &*self.0;
        let second = match kind {
            RefusalKind::Refused => refused,
            RefusalKind::Failed => failed,
            RefusalKind::DeniedPush => denied_push,
            RefusalKind::DeniedDelete => denied_delete,
            RefusalKind::Rules => rules,
            RefusalKind::NotTaken => not_taken,
        };
        second.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the beginning of a text that a client has written.
pub(crate) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn h3_a_hundred_lines_a_second_are_admitted_for_each_kind_and_the_rest_is_counted() {
        let log = RefusalLog::default();
        let admitted = (0..1000).filter(|_| log.admits(RefusalKind::Rules)).count();
        assert!((100..=200).contains(&admitted), "{admitted}");
        assert!(log.admits(RefusalKind::DeniedPush), "another kind");
        let left_out = log.second(RefusalKind::Rules).left_out;
        assert_eq!(left_out, 1000 - admitted as u64);
        sleep(INTERVAL + Duration::from_millis(200)).await;
        assert_eq!(log.second(RefusalKind::Rules).left_out, 0, "it was logged");
        assert!(log.admits(RefusalKind::Rules));
    }

    #[test]
    fn h3_a_text_is_cut_between_two_characters() {
        assert_eq!(cut(&"é".repeat(200)).len(), 256);
        assert_eq!(cut(&format!("a{}", "é".repeat(200))).len(), 255);
        assert_eq!(cut("short"), "short");
    }
}
