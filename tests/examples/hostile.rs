//! Writes the components of `tests/hostile` in the binary format, for hosts in languages that can't read their text:
//! `cargo run --release --package tagseal-tests --example hostile -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::Path;

use tagseal_test_support::hostile::{assemble, text};

fn main() -> Result<(), Box<dyn Error>> {
    let to = std::env::args_os().nth(1).ok_or("name the folder to write to")?;
    let to = Path::new(&to);
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile"))? {
        let path = entry?.path();
        if path.extension() != Some("wat".as_ref()) {
            continue;
        }
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        // The world is what the parts in most other files are put into.
        if name != "world" {
            fs::write(to.join(name).with_extension("wasm"), binary(name)?)?;
        }
    }
    Ok(())
}

/// The component of a file, which is a whole one or parts of one.
fn binary(name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = text(name);
    let is_whole = text.lines().any(|line| line.starts_with("(component") || line.starts_with("(module"));
    Ok(if is_whole { wat::parse_str(&text)? } else { assemble(name) })
}
