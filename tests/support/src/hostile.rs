//! Hostile components, written as text. They have the world of the contract, and do harm in it.

use std::fs;
use std::path::PathBuf;

/// Returns the text of a file in `tests/hostile`.
///
/// # Panics
///
/// The file does not exist.
#[track_caller]
pub fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hostile").join(name).with_extension("wat");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Makes a component of the parts in a file, with the well-behaved parts that the file does not define.
///
/// # Panics
///
/// The file does not exist, or the result is not a component.
#[track_caller]
pub fn assemble(name: &str) -> Vec<u8> {
    let hostile = text(name);
    let defined: Vec<_> = hostile.lines().filter_map(defined).collect();
    let behaved = text("behaved");
    let missing = |part: &&str| !part.lines().filter_map(self::defined).any(|name| defined.contains(&name));
    let parts: Vec<_> = behaved.split("\n\n").filter(missing).collect();
    let world = text("world").replace(";; PARTS", &format!("{hostile}\n{}", parts.join("\n")));
    wat::parse_str(&world).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the name that a line defines: `$drop` of `(func $drop (export …`.
fn defined(line: &str) -> Option<&str> {
    line.strip_prefix('(')?.split([' ', ')']).nth(1).filter(|name| name.starts_with('$'))
}
