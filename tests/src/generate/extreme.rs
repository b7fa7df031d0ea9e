//! Legal patterns as long, as deep and as branched as the limits let them be.

use proptest::prelude::*;
use proptest::sample::select;

const BYTES: usize = 512;
const DEPTH: usize = 8;

const ATOMS: [&str; 22] = [
    "*", "?", "**", "a", "*a", "*?", "?*b", "/", "/**/", "**/", "[a-z]", "[!a]", "[ -.0-~]", "[!]-]", "{a,b}", "{,a}",
    "{,}", "{}", "{*,?}", "{*a,*b}", "{,?,*}", r"\*",
];

/// A pattern of at most 512 bytes, and near to it.
pub fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![repeated(), nested(), listed()]
}

/// A few atoms again and again.
fn repeated() -> impl Strategy<Value = String> {
    atoms(1..6).prop_map(|atoms| filled(BYTES, atoms.iter().cycle().map(|atom| (*atom).to_owned())))
}

/// Braces as deep as they go, and in each of them as much as there is room for.
fn nested() -> impl Strategy<Value = String> {
    (prop::collection::vec(atoms(0..4), DEPTH), any::<bool>()).prop_map(|(levels, before)| {
        let flat = |atoms: &Vec<&str>| atoms.iter().filter(|atom| !atom.contains('{')).copied().collect::<String>();
        let mut pattern = String::new();
        for atoms in &levels {
            let filler = flat(atoms);
            let wrapped =
                if before { format!("{{{pattern},{filler}}}{filler}") } else { format!("{{,{filler}{pattern}}}*") };
            if wrapped.len() <= BYTES {
                pattern = wrapped;
            }
        }
        pattern.repeat(BYTES / pattern.len())
    })
}

/// One pair of braces with as many alternatives as there is room for.
fn listed() -> impl Strategy<Value = String> {
    atoms(1..6).prop_map(|atoms| {
        let flat: Vec<_> = atoms.iter().filter(|atom| !atom.contains('{')).copied().collect();
        let alternative = |count: usize| flat.iter().cycle().take(count % 40).copied().collect::<String>() + ",";
        format!("{{{}}}", filled(BYTES - 2, (0..).map(alternative)))
    })
}

/// As many of the parts as fit.
fn filled(bytes: usize, parts: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for part in parts {
        if text.len() + part.len() > bytes {
            break;
        }
        text += &part;
    }
    text
}

fn atoms(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(&ATOMS[..]), count)
}
