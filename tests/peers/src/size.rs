//! What the component is made of, by crate.

use crate::table;
use anyhow::{Context, Result, ensure};
use rustc_demangle::demangle;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// Bytes of code by function, and of all else.
#[derive(Default)]
struct Anatomy {
    imported: u32,
    code: Vec<u64>,
    names: BTreeMap<u32, String>,
    data: u64,
}

/// Builds the component with the names of its functions left in, and prints what it is made of.
pub(crate) fn run() -> Result<()> {
    let file = build()?;
    let mut anatomy = Anatomy::default();
    anatomy.read(&fs::read(&file)?)?;
    let names = fs::metadata(&file)?.len();
    let whole = tagseal::COMPONENT.len() as u64;
    let mut crates: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (index, size) in (anatomy.imported..).zip(&anatomy.code) {
        let name = anatomy.names.get(&index).map_or("without a name", String::as_str);
        let (bytes, functions) = crates.entry(crate_of(name)).or_default();
        (*bytes, *functions) = (*bytes + size, *functions + 1);
    }
    let code: u64 = anatomy.code.iter().sum();
    let mut crates: Vec<_> = crates.into_iter().collect();
    crates.sort_by_key(|(_, (bytes, _))| std::cmp::Reverse(*bytes));
    let share = |bytes: u64| format!("{:.1} %", bytes as f64 * 100.0 / whole as f64);
    let mut rows: Vec<Vec<String>> = crates
        .iter()
        .map(|(name, (bytes, functions))| {
            vec![format!("`{name}`"), functions.to_string(), table::bytes(*bytes as f64), share(*bytes)]
        })
        .collect();
    let rest = whole.saturating_sub(code + anatomy.data);
    for (name, bytes) in [("data", anatomy.data), ("types, tables, wrapping", rest), ("**whole**", whole)] {
        rows.push(vec![name.to_owned(), String::new(), table::bytes(bytes as f64), share(bytes)]);
    }
    println!("{}", table::markdown(&["code of", "functions", "size", "share"], &rows));
    println!("With the names of its functions it has {}.", table::bytes(names as f64));
    Ok(())
}

fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::temp_dir().join("tagseal-size");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--profile", "component", "--package", "tagseal-plugin"])
        .args(["--target", "wasm32-wasip2", "--config", "profile.component.strip=false", "--target-dir"])
        .arg(&target)
        .current_dir(root)
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .context("can't run cargo")?;
    ensure!(status.success(), "the component does not build");
    Ok(target.join("wasm32-wasip2/component/tagseal_plugin.wasm"))
}

impl Anatomy {
    /// Reads the largest core module of a component: the others only link.
    fn read(&mut self, component: &[u8]) -> Result<()> {
        let mut modules = Vec::new();
        for payload in Parser::new(0).parse_all(component) {
            if let Payload::ModuleSection { unchecked_range, .. } = payload? {
                modules.push(component.get(unchecked_range).context("the module is cut")?);
            }
        }
        let module = modules.into_iter().max_by_key(|module| module.len()).context("there is no module")?;
        for payload in Parser::new(0).parse_all(module) {
            self.read_section(payload?)?;
        }
        Ok(())
    }

    fn read_section(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => self.code.push(body.range().len() as u64),
            Payload::DataSection(data) => self.data = data.range().len() as u64,
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { return Ok(()) };
                for name in names {
                    let Name::Function(functions) = name? else { continue };
                    for naming in functions {
                        let naming = naming?;
                        self.names.insert(naming.index, format!("{:#}", demangle(naming.name)));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The crate that a function is of: of `<serde_json::de::Deserializer<R> as …>::visit`, `serde_json`. What a generic
/// function of std is made for is not looked at.
fn crate_of(name: &str) -> String {
    let start = name.trim_start_matches(['<', '&', '[', '(', '*']);
    let start = ["mut ", "dyn ", "const "].iter().fold(start, |start, word| start.trim_start_matches(word));
    let end = start.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(start.len());
    match start.split_at_checked(end) {
        Some((first, rest)) if rest.starts_with("::") => first.to_owned(),
        _ if name.contains("::") => "other".to_owned(),
        _ => "libc and generated".to_owned(),
    }
}
