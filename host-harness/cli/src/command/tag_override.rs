//! An override of a document, in words for people.

use serde::Deserialize;

use super::clock::UtcTime;

/// An override of a document: one tag that may be changed for a limited time, whatever the rules say.
#[derive(Deserialize)]
pub(crate) struct TagOverride {
    pub(crate) repository: String,
    pub(crate) tag: String,
    pub(crate) until: String,
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) by: String,
}

impl TagOverride {
    /// The time that is left: `1h 59m`. `None` once it has ended.
    pub(crate) fn left(&self, now: UtcTime) -> Option<String> {
        match UtcTime::parse(&self.until) {
            Ok(until) => now.until(until),
            // The component accepts only times of one form, and all of them can be read here. If it accepts more one day, an
            // override that may be active must not be shown as ended.
            Err(_) => Some("unknown".to_owned()),
        }
    }

    /// Its end, and the time that is left: `until 2026-12-01T18:00:00Z, 1h 59m left`.
    pub(crate) fn end(&self, now: UtcTime) -> String {
        match self.left(now) {
            Some(left) => format!("until {}, {left} left", self.until),
            None => format!("ended at {}", self.until),
        }
    }
}
