//! How the simple shapes of patterns match.

/// Whether two texts are equal. Byte by byte: most differ in the first one, and as Wasm a call takes as long as ten bytes.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one == other)
}

/// Returns what is in a subject after a text that it begins with.
#[inline]
pub(crate) fn text_after<'a>(text: &[u8], subject: &'a [u8]) -> Option<&'a [u8]> {
    let (start, rest) = subject.split_at_checked(text.len())?;
    is_same(start, text).then_some(rest)
}

/// Returns what is in a subject before a text that it ends with.
#[inline]
fn text_before<'a>(text: &[u8], subject: &'a [u8]) -> Option<&'a [u8]> {
    let (rest, end) = subject.split_at_checked(subject.len().checked_sub(text.len())?)?;
    is_same(end, text).then_some(rest)
}

/// Whether a subject begins with a text and ends with another, without a `/` between them.
#[inline]
pub(crate) fn is_prefix_suffix(start: &[u8], end: &[u8], subject: &[u8]) -> bool {
    let middle = text_after(start, subject).and_then(|rest| text_before(end, rest));
    middle.is_some_and(|middle| middle.iter().all(|byte| *byte != b'/'))
}

/// Whether a subject is a name, or ends with `/` and that name.
#[inline]
pub(crate) fn is_path_suffix(name: &[u8], subject: &[u8]) -> bool {
    text_before(name, subject).is_some_and(|before| matches!(before, [] | [.., b'/']))
}
