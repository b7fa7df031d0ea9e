//! What was packed recently, so that what is written again is packed once.
//!
//! The rules of large documents are nearly all of a few forms, a namespace each. Packed once, they are as small and as
//! close in memory as if there were few of them.

use std::hash::{Hash, Hasher};

/// How many are kept. Rules of more forms than that have little alike, and would need more memory while they are packed.
const MAX_KEPT: usize = 256;

/// A few values by what they were made of. One that is met again is found unless another took its slot since.
///
/// What a policy answers does not depend on what was found, and so not on the hash by which it is.
#[derive(Debug)]
pub(crate) struct Dedup<K, V> {
    slots: Vec<Option<(K, V)>>,
}

impl<K, V> Default for Dedup<K, V> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<K: Hash + Eq, V: Copy> Dedup<K, V> {
    /// What was kept for an equal key.
    pub(crate) fn find(&self, key: &K) -> Option<V> {
        let (kept, value) = self.slots.get(slot(key))?.as_ref()?;
        (kept == key).then_some(*value)
    }

    /// Keeps a value, in the slot of whatever was there.
    pub(crate) fn keep(&mut self, key: K, value: V) {
        if self.slots.is_empty() {
            self.slots.resize_with(MAX_KEPT, || None);
        }
        if let Some(kept) = self.slots.get_mut(slot(&key)) {
            *kept = Some((key, value));
        }
    }
}

/// The same for equal keys.
fn slot(key: &impl Hash) -> usize {
    let mut sum = Sum(0xcbf2_9ce4_8422_2325);
    key.hash(&mut sum);
    // Short texts differ in the lower bits alone. A factor spreads them.
    (sum.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % MAX_KEPT
}

/// FNV-1a: of short texts it is done before a hash that withstands attacks has begun. All that one could win here is that
/// something is packed again.
struct Sum(u64);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_until_another_takes_its_place() {
        let mut dedup = Dedup::default();
        for number in 0..10 * MAX_KEPT {
            let key = format!("v{number}");
            assert_eq!(dedup.find(&key), None);
            dedup.keep(key.clone(), number);
            assert_eq!(dedup.find(&key), Some(number));
        }
        let kept = (0..10 * MAX_KEPT).filter(|number| dedup.find(&format!("v{number}")) == Some(*number)).count();
        assert!((MAX_KEPT / 2..=MAX_KEPT).contains(&kept), "{kept}");
    }
}
