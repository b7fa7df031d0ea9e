//! Times in UTC, in the form in which policy documents and events write them: `2026-12-01T18:00:00Z`.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A moment, to the second. It is a date and a time of day in UTC, since a `Timestamp` ends 26 hours before the year 9999
/// does, and documents may use all of that year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UtcTime(DateTime);

/// A length of time, as people write it: `2h`, `90m`, `1d 12h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length(SignedDuration);

/// The form in which documents write a time.
const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";

impl UtcTime {
    /// Returns the time of the clock of this machine.
    pub(crate) fn now() -> Self {
        Timestamp::now().into()
    }

    /// Returns the time that is this many seconds after the start of 1970.
    pub(crate) fn of_epoch(seconds: u32) -> Self {
        (Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(seconds))).into()
    }

    /// Reads a time. Another offset than UTC is converted.
    ///
    /// # Errors
    ///
    /// - `tomorrow`, `2026-13-01T18:00:00Z`: not a time
    /// - `2026-12-01`, `2026-12-01T18:00:00`: a time that does not say where
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let time = text.parse::<Timestamp>().map(Self::from);
        let time = time.or_else(|_| DateTime::strptime(FORM, text).map(Self));
        time.map_err(|_| "write a time as in `2026-12-01T18:00:00Z`".to_owned())
    }

    /// Returns the time after a while. `None` if it is after the year 9999.
    pub(crate) fn after(self, length: Length) -> Option<Self> {
        self.0.checked_add(length.0).ok().map(Self)
    }

    /// Describes how long it is until another time: `1h 59m`. `None` if that is now or in the past.
    pub(crate) fn until(self, end: Self) -> Option<String> {
        let seconds = self.0.duration_until(end.0).as_secs();
        let units =
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
        let mut shown = units.iter().skip_while(|(number, _)| *number == 0).take(2).filter(|(number, _)| *number > 0);
        let words: Vec<String> = shown.by_ref().map(|(number, unit)| format!("{number}{unit}")).collect();
        (seconds > 0).then(|| words.join(" "))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.strftime(FORM))
    }
}

impl From<Timestamp> for UtcTime {
    fn from(time: Timestamp) -> Self {
        Self(TimeZone::UTC.to_datetime(time))
    }
}

impl Length {
    /// Reads a length of time. A day has 24 hours.
    ///
    /// # Errors
    ///
    /// - `soon`, `2`: not a length
    /// - `0h`, `-1h`: not after now
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let span: Option<Span> = text.parse().ok();
        let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        match length {
            Some(length) if length.as_secs() > 0 => Ok(Self(length)),
            Some(_) => {
                Err("an override ends in the future; write a length of time as in `2h`, `30m` or `1d`".to_owned())
            }
            None => Err("write a length of time as in `2h`, `30m` or `1d`".to_owned()),
        }
    }

    /// Returns it as the standard library has it.
    pub(crate) fn duration(self) -> Duration {
        // It is longer than nothing, so it can be converted.
        self.0.try_into().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, UtcTime};

    #[test]
    fn times_are_written_in_utc() {
        for (text, expected) in [
            ("2026-12-01T18:00:00Z", Some("2026-12-01T18:00:00Z")),
            ("2026-12-01T20:00:00+02:00", Some("2026-12-01T18:00:00Z")),
            ("2026-12-01T18:00:00.75Z", Some("2026-12-01T18:00:00Z")),
            ("9999-12-30T22:00:00Z", Some("9999-12-30T22:00:00Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-32T00:00:00Z", None),
            ("9999-12-31T23:59:59", None),
            ("2026-12-01", None),
            ("2026-12-01T18:00:00", None),
            ("tomorrow", None),
            ("", None),
        ] {
            let time = UtcTime::parse(text).ok().map(|time| time.to_string());
            assert_eq!(time.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_time_that_is_left_is_shown_in_two_units() {
        let start = UtcTime::parse("2026-12-01T18:00:00Z").unwrap();
        for (length, expected) in [
            ("2h", "2h"),
            ("119m", "1h 59m"),
            ("90s", "1m 30s"),
            ("1d 12h 5m", "1d 12h"),
            ("1d 5m", "1d"),
            ("1w", "7d"),
            ("59s", "59s"),
        ] {
            let end = start.after(Length::parse(length).unwrap()).unwrap();
            assert_eq!(start.until(end).as_deref(), Some(expected), "{length}");
            assert_eq!(end.until(start), None, "{length}");
        }
        assert_eq!(start.until(start), None);
        let last = UtcTime::parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(start.until(last).as_deref(), Some("2912108d 5h"));
        assert_eq!(last.after(Length::parse("1s").unwrap()), None);
    }

    #[test]
    fn a_length_is_longer_than_nothing() {
        for text in ["", "soon", "2", "0h", "-1h", "1mo", "1y"] {
            assert!(Length::parse(text).is_err(), "{text}");
        }
    }
}
