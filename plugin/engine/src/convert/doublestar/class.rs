//! Character classes: which characters one holds, and how we write it.

use super::fault::DoublestarFault;
use std::iter::Peekable;
use std::str::Bytes;

/// A class as we write it, without its brackets.
pub(super) struct Class {
    pub(super) written: String,
    /// Whether it began with a `!`, which negates here and not there.
    pub(super) exclaims: bool,
    /// Whether it could stay as it was.
    pub(super) plain: bool,
}

/// Puts the content of a class of doublestar into our terms.
pub(super) fn translate(content: &str, in_braces: bool) -> Result<Class, DoublestarFault> {
    let mut reader = Reader { rest: content.bytes().peekable(), members: 0, plain: true, in_braces };
    let negated = reader.rest.next_if_eq(&b'^').is_some();
    let exclaims = !negated && reader.rest.peek() == Some(&b'!');
    if content.is_empty() {
        return Err(DoublestarFault::EmptyClass);
    }
    reader.read()?;
    let plain = reader.plain && !exclaims;
    let written = match reader.members {
        0 if negated => return Err(DoublestarFault::NoExclusion),
        0 => return Err(DoublestarFault::NoMember),
        _ if content.contains('/') => return Err(DoublestarFault::SlashInClass),
        _ if plain => content.to_owned(),
        // A range may span `/`, which no component of a name holds.
        members => write(members & !(1 << b'/'), negated)?,
    };
    Ok(Class { written, exclaims, plain })
}

struct Reader<'a> {
    rest: Peekable<Bytes<'a>>,
    /// A bit for each ASCII character.
    members: u128,
    /// Whether we would read the class alike.
    plain: bool,
    in_braces: bool,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), DoublestarFault> {
        while let Some(byte) = self.rest.next() {
            let low = self.character(byte)?;
            let mut high = low;
            if self.rest.next_if_eq(&b'-').is_some() {
                let byte = self.rest.next().ok_or(DoublestarFault::StrayDash)?;
                high = self.character(byte)?;
            }
            self.plain &= low <= high && !(low..=high).contains(&b'/');
            (low..=high).for_each(|byte| self.members |= 1 << byte);
        }
        Ok(())
    }

    fn character(&mut self, byte: u8) -> Result<u8, DoublestarFault> {
        match byte {
            b'-' => Err(DoublestarFault::StrayDash),
            b'{' | b'}' | b',' if self.in_braces => Err(DoublestarFault::BraceInClass),
            b'\\' => {
                self.plain = false;
                self.rest.next().ok_or(DoublestarFault::DanglingEscape)
            }
            byte => Ok(byte),
        }
    }
}

/// A class of these members as we write it: `]` comes first, `-` last, and neither `^` nor `!` first.
fn write(members: u128, negated: bool) -> Result<String, DoublestarFault> {
    let text = |byte: u8| if members & (1 << byte) == 0 { String::new() } else { char::from(byte).into() };
    let [bracket, dash, caret, exclamation] = [b']', b'-', b'^', b'!'].map(text);
    let runs = runs(members & !(1 << b']' | 1 << b'-' | 1 << b'^' | 1 << b'!'));
    if negated {
        return Ok(["^", &bracket, &runs, &caret, &exclamation, &dash].concat());
    }
    match (bracket.is_empty() && runs.is_empty(), dash.is_empty()) {
        (false, _) => Ok([bracket, runs, caret, exclamation, dash].concat()),
        (true, false) => Ok([dash, caret, exclamation].concat()),
        (true, true) => Err(DoublestarFault::NoMember),
    }
}

/// Members in their order, as ranges where three or more follow one another.
fn runs(members: u128) -> String {
    let mut written = String::new();
    let mut rest = (0..128_u8).filter(|byte| members & (1 << byte) != 0).peekable();
    while let Some(start) = rest.next() {
        let mut end = start;
        while let Some(next) = rest.next_if(|next| *next == end + 1) {
            end = next;
        }
        written.push(start.into());
        if end > start + 1 {
            written.push('-');
        }
        if end > start {
            written.push(end.into());
        }
    }
    written
}
