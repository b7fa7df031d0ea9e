//! Bytes that look like a compressed layer.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use hyper::body::Bytes;

/// So many bytes, other ones for each name.
pub(super) fn random_bytes(name: &str, bytes: usize) -> Bytes {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    // A generator of 64 bits, after Marsaglia: three shifts. It never leaves 0.
    let mut state = hasher.finish() | 1;
    let words = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(bytes.div_ceil(8)).flatten().take(bytes).collect()
}
