//! Components written as text, which have the world of the contract and do harm in it.

use std::fs;
use std::path::PathBuf;

/// The text of a file of `tests/hostile`.
///
/// # Panics
///
/// There is no such file.
#[track_caller]
#[expect(clippy::panic, reason = "only tests call it, and each of them ends here")]
pub fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hostile").join(name).with_extension("wat");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The component around the parts of a file, with the behaved parts that the file does not define.
///
/// # Panics
///
/// The file is not there, or what comes of it is no component.
#[track_caller]
#[expect(clippy::panic, reason = "only tests call it, and each of them ends here")]
pub fn assemble(name: &str) -> Vec<u8> {
    let hostile = text(name);
    let defined: Vec<_> = hostile.lines().filter_map(defined).collect();
    let behaved = text("behaved");
    let missing = |part: &&str| !part.lines().filter_map(self::defined).any(|name| defined.contains(&name));
    let parts: Vec<_> = behaved.split("\n\n").filter(missing).collect();
    let world = text("world").replace(";; PARTS", &format!("{hostile}\n{}", parts.join("\n")));
    wat::parse_str(&world).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The name of what a line begins to define: `$drop` of `(func $drop (export …`.
fn defined(line: &str) -> Option<&str> {
    line.strip_prefix('(')?.split([' ', ')']).nth(1).filter(|name| name.starts_with('$'))
}
