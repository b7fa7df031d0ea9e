//! The lines of an input, in constant memory, whatever they hold.

use std::io::{self, ErrorKind, Read};
use std::mem;

/// The most bytes of an event in JSON that the contract allows. A longer line is skipped without being kept.
pub(crate) const MAX_LINE_BYTES: usize = 1 << 20;

/// Bytes that are asked for at once, at least.
const CHUNK: usize = 256 << 10;

/// One line, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Text(&'a str),
    NotText,
    TooLong,
}

/// Reads lines. What is ready is handed out at once, so that no writer who waits for an answer waits for ever.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the lines end that were handed out last.
    ready: usize,
    /// Where what was read ends.
    filled: usize,
    /// Whether the buffer begins within a line that is too long, and is not kept.
    within: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; MAX_LINE_BYTES + 1 + CHUNK], ready: 0, filled: 0, within: false, ended: false }
    }

    /// Waits for the next lines: at least one, and as many as are there by then. None at the end of the input.
    pub(crate) fn next(&mut self) -> io::Result<Option<impl Iterator<Item = Line<'_>>>> {
        self.buffer.copy_within(self.ready..self.filled, 0);
        self.filled -= self.ready;
        self.ready = 0;
        while self.ready == 0 && !self.ended {
            self.read()?;
        }
        if self.ready == 0 && !self.within {
            return Ok(None);
        }
        let mut within = mem::take(&mut self.within);
        let lines = self.buffer.get(..self.ready).unwrap_or_default();
        let lines = lines.strip_suffix(b"\n").unwrap_or(lines).split(|&byte| byte == b'\n');
        Ok(Some(lines.map(move |line| if mem::take(&mut within) { Line::TooLong } else { Line::of(line) })))
    }

    /// Reads on, up to the end of a line if there is one by then.
    fn read(&mut self) -> io::Result<()> {
        // A line that is kept has at most `MAX_LINE_BYTES` bytes, so there is always room.
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = match self.input.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            count => count?,
        };
        let end = memchr::memrchr(b'\n', room.get(..count).unwrap_or_default());
        self.ready = end.map_or(0, |end| self.filled + end + 1);
        self.filled += count;
        if count == 0 {
            (self.ended, self.ready) = (true, self.filled);
        } else if end.is_none() && self.filled > MAX_LINE_BYTES {
            (self.within, self.filled) = (true, 0);
        }
        Ok(())
    }
}

impl<'a> Line<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        if bytes.len() > MAX_LINE_BYTES {
            Self::TooLong
        } else {
            str::from_utf8(bytes).map_or(Self::NotText, Self::Text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Line, Lines, MAX_LINE_BYTES};
    use std::io::{self, Read};

    /// Hands out so many bytes at a time.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    /// Describes each line by its first letter and its length, since some are long.
    fn described(input: &[u8], at_once: usize) -> Vec<String> {
        let mut lines = Lines::new(Dripping(input, at_once));
        let mut descriptions = Vec::new();
        while let Some(ready) = lines.next().unwrap() {
            descriptions.extend(ready.map(|line| match line {
                Line::Text(text) => format!("{}{}", text.get(..1).unwrap_or_default(), text.len()),
                Line::NotText => "not text".into(),
                Line::TooLong => "too long".into(),
            }));
        }
        descriptions
    }

    #[track_caller]
    fn assert_lines(input: &[u8], expected: &[&str]) {
        for at_once in [1, 2, 3, 7, CHUNK, usize::MAX] {
            // A million reads of one byte would show nothing that a few hundred thousand do not.
            if input.len() / at_once < 1_000_000 {
                assert_eq!(described(input, at_once), expected, "{at_once} at once");
            }
        }
    }

    #[test]
    fn every_line_is_returned_and_nothing_else() {
        assert_lines(b"", &[]);
        assert_lines(b"\n", &["0"]);
        assert_lines(b"a", &["a1"]);
        assert_lines(b"a\n", &["a1"]);
        assert_lines(b"a\nbb", &["a1", "b2"]);
        assert_lines(b"\n\na\n\n", &["0", "0", "a1", "0"]);
        assert_lines(b"a\n\xff\nb\n\xc3", &["a1", "not text", "b1", "not text"]);
    }

    #[test]
    fn a_line_of_the_greatest_length_is_kept_and_a_longer_one_is_not() {
        let longest = vec![b'x'; MAX_LINE_BYTES];
        let kept = format!("x{MAX_LINE_BYTES}");
        assert_lines(&[&longest[..], b"\na\n"].concat(), &[&kept, "a1"]);
        assert_lines(&longest, &[&kept]);
        assert_lines(&[&longest[..], b"x\na\n"].concat(), &["too long", "a1"]);
        assert_lines(&[b"a\n", &longest[..], b"x"].concat(), &["a1", "too long"]);
        assert_lines(&[&longest[..], &longest[..], b"x\n", &longest[..]].concat(), &["too long", &kept]);
        assert_lines(&[&longest[..], &longest[..], &longest[..]].concat(), &["too long"]);
    }
}
