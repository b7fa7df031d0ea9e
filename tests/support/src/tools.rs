//! Tools that a suite needs, and that may be missing on a machine.

use std::env;
use std::io::{self, Write as _};

/// Returns whether all these programs are installed. If not, it says so even where the output of tests is captured, and fails
/// in CI.
///
/// # Panics
///
/// A program is missing, and `CI=true`.
#[track_caller]
pub fn are_installed(tools: &[&str]) -> bool {
    let missing: Vec<_> = tools.iter().copied().filter(|tool| !is_installed(tool)).collect();
    if !missing.is_empty() {
        are_missing(&missing);
    }
    missing.is_empty()
}

/// Says that these packages are missing, even where the output of tests is captured, and fails in CI.
#[track_caller]
pub(crate) fn are_missing(packages: &[&str]) {
    let message = format!(
        "\nNOT TESTED with real tools, which are missing: {}. CONTRIBUTING.md says how to install them\n",
        packages.join(" ")
    );
    io::stderr().write_all(message.as_bytes()).unwrap();
    assert!(env::var("CI").as_deref() != Ok("true"), "{message}");
}

/// Says that a part of a suite did not run, even where the output of tests is captured.
///
/// # Panics
///
/// Standard error is closed.
pub fn say_not_tested(why: &str) {
    io::stderr().write_all(format!("\nNOT TESTED: {why}\n").as_bytes()).unwrap();
}

fn is_installed(tool: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(tool).is_file())
}
