//! Times in UTC, in the one form in which documents and events write them: `2026-12-01T18:00:00Z`.
//!
//! Of two such texts, the earlier time is the lesser text, so nothing has to be computed.

/// Whether a text is a time in exactly this form, on a day that exists.
pub(crate) fn is_utc_time(text: &str) -> bool {
    let is_formed = text.len() == FORM.len()
        && text
            .bytes()
            .zip(FORM.bytes())
            .all(|(byte, form)| if form == b'0' { byte.is_ascii_digit() } else { byte == form });
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let is_valid = || {
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let is_day = (1..=days_of(year, month)?).contains(&day);
        Some(is_day && hour < 24 && minute < 60 && second < 60)
    };
    is_formed && is_valid() == Some(true)
}

/// The form, with `0` for each digit.
const FORM: &str = "0000-00-00T00:00:00Z";

/// How many days a month has. `None` for a month that does not exist.
fn days_of(year: u32, month: u32) -> Option<u32> {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_form_is_a_time() {
        for text in ["2026-12-01T18:00:00Z", "2024-02-29T23:59:59Z", "2000-02-29T00:00:00Z", "0000-01-31T00:00:00Z"] {
            assert!(is_utc_time(text), "{text}");
        }
        for text in [
            "",
            "2026-12-01",
            "2026-12-01T18:00:00",
            "2026-12-01 18:00:00Z",
            "2026-12-01t18:00:00z",
            "2026-12-01T18:00:00+00:00",
            "2026-12-01T18:00:00.5Z",
            "2026-12-01T18:00Z",
            "2026-00-01T18:00:00Z",
            "2026-13-01T18:00:00Z",
            "2026-12-00T18:00:00Z",
            "2026-12-32T18:00:00Z",
            "2026-02-29T18:00:00Z",
            "1900-02-29T18:00:00Z",
            "2026-04-31T18:00:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T18:60:00Z",
            "2026-12-01T18:00:60Z",
            "+026-12-01T18:00:00Z",
            "２026-12-01T18:00:00",
            " 2026-12-01T18:00:00Z",
            "2026-12-01T18:00:00Z ",
        ] {
            assert!(!is_utc_time(text), "{text}");
        }
    }
}
