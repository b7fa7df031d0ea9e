//! How often a property is tried.

use proptest::test_runner::{Config, RngSeed};

/// How a property is tried: this often, and with the same cases every time, so that a suite that passed passes again.
///
/// `PROPTEST_RNG_SEED` asks for other cases, `PROPTEST_CASES` for more of them.
pub fn tries(cases: u32) -> Config {
    let asked = Config::default();
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    Config { cases, rng_seed, failure_persistence: None, ..asked }
}
