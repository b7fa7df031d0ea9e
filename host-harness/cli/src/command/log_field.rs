//! The fields of a line of the log: cut, and without anything that could begin another line.

use std::fmt::{self, Write as _};

use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// The greatest length of a field, in bytes.
const MAX_FIELD_BYTES: usize = 256;
/// The greatest length of a message, and of the reason of a refusal, which have limits of their own.
const MAX_SENTENCE_BYTES: usize = 2048;

/// Writes the message, and each field as `name=value`.
pub(crate) fn log_fields() -> impl for<'w> FormatFields<'w> {
    let field = |writer: &mut Writer<'_>, field: &tracing::field::Field, value: &dyn fmt::Debug| {
        let most = match field.name() {
            "message" | "reason" | "error" => MAX_SENTENCE_BYTES,
            _ => MAX_FIELD_BYTES,
        };
        if field.name() != "message" {
            write!(writer, "{}=", field.name())?;
        }
        write!(Line { writer, left: most }, "{value:?}")
    };
    debug_fn(field).delimited(" ")
}

/// Passes a text on up to a length, in one line.
struct Line<W> {
    writer: W,
    left: usize,
}

impl<W: fmt::Write> fmt::Write for Line<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if self.left == 0 {
                return Ok(());
            }
            if letter.len_utf8() > self.left {
                self.left = 0;
                return self.writer.write_char('…');
            }
            self.left -= letter.len_utf8();
            self.writer.write_char(if letter.is_control() { '?' } else { letter })?;
            if self.left == 0 {
                return self.writer.write_char('…');
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h3_a_field_is_cut_and_stays_in_its_line() {
        let written = |left: usize, parts: &[&str]| {
            let mut line = Line { writer: String::new(), left };
            parts.iter().for_each(|part| line.write_str(part).unwrap());
            line.writer
        };
        assert_eq!(written(256, &["v1\r\nINFO\u{1b}[31m"]), "v1??INFO?[31m");
        assert_eq!(written(4, &["ab", "cdef", "g"]), "abcd…");
        assert_eq!(written(3, &["aéé"]), "aé…");
        assert_eq!(written(MAX_FIELD_BYTES, &[&"x".repeat(60_000)]).len(), MAX_FIELD_BYTES + '…'.len_utf8());
    }
}
