//! Sets of requests, one bit for each.

/// The open writes before a read, one bit for each. A read says nothing of what came after it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Those that were forwarded.
    pub forwarded: u8,
    /// Those whose limit had passed.
    pub old: u8,
}

impl Seen {
    /// All writes.
    pub const ALL: Self = Self { forwarded: u8::MAX, old: u8::MAX };
}

/// The bit of a request.
pub(crate) fn bit(number: u8) -> u8 {
    1_u8.checked_shl(number.into()).unwrap_or(0)
}
