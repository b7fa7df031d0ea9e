//! Numbers for rows that several gateways add.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A random number that is not negative. The keys of the hasher are the system's random numbers.
pub(crate) fn random() -> i64 {
    i64::from_ne_bytes(RandomState::new().build_hasher().finish().to_ne_bytes()) & i64::MAX
}
