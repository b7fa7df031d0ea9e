//! Times as policies read them and people see them: in UTC, to the second.

use jiff::Timestamp;

/// Writes a time: `2026-12-01T18:00:00Z`.
pub(crate) fn write(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes the time of this machine's clock.
pub(crate) fn now() -> String {
    write(Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_form_that_policies_read() {
        let time: Timestamp = "2026-12-01T19:00:00.75+01:00".parse().unwrap();
        assert_eq!(write(time), "2026-12-01T18:00:00Z");
    }
}
