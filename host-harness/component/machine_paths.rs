//! Keeps the paths of this machine out of what is compiled, so that every machine builds the same bytes.
//!
//! The compiler writes the path of a source file into each message of a panic. It can replace the beginning of a path, but
//! which beginnings there are depends on the machine: the folders of cargo's registry, of the workspace, of the target and
//! of the compiler itself. The flags can't go into `RUSTFLAGS`: cargo would compile everything again for another folder,
//! and a path with a space could not be written. So the build script is also the wrapper that cargo runs the compiler with,
//! and adds the flags there.

use anyhow::{Context, Result};
use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The variable that carries what is replaced in every package, one replacement a line.
const REPLACEMENTS: &str = "TAGSEAL_REPLACED_PATHS";

/// The environment in which an inner cargo runs the compiler by way of this program.
pub(crate) fn wrapper(workspace: &Path, target: &Path) -> Result<[(&'static str, OsString); 2]> {
    let replacements = [
        (workspace.to_path_buf(), "/tagseal".to_owned()),
        (target.to_path_buf(), "/target".to_owned()),
        standard_library()?,
    ];
    let lines: Vec<_> = replacements.iter().map(|(from, to)| format!("{}={to}", from.display())).collect();
    let this = env::current_exe().context("can't find this program")?;
    Ok([("RUSTC_WRAPPER", this.into()), (REPLACEMENTS, lines.join("\n").into())])
}

/// Runs the compiler if the arguments say so, with the flags that replace paths, and returns how it ended.
///
/// The first argument is the compiler. Without any, this program is not the wrapper.
pub(crate) fn run_compiler(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let compiler = arguments.next()?;
    let replacements = env::var(REPLACEMENTS).unwrap_or_default();
    let mut command = Command::new(compiler);
    command.args(arguments);
    // Of several replacements that fit, the compiler takes the last one.
    for replacement in replacements.lines().map(str::to_owned).chain(package_folders()) {
        command.arg(format!("--remap-path-prefix={replacement}"));
    }
    let ended = command.status().inspect_err(|error| eprintln!("can't run the compiler: {error}"));
    let code = ended.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The folder of the package that is compiled, and that of what its build script wrote.
fn package_folders() -> impl Iterator<Item = String> {
    let variable = |name| env::var(name).ok();
    let package = variable("CARGO_PKG_NAME").zip(variable("CARGO_PKG_VERSION"));
    package.into_iter().flat_map(move |(name, version)| {
        let folders = [("CARGO_MANIFEST_DIR", ""), ("OUT_DIR", "/out")];
        let replace = move |(folder, below)| Some(format!("{}=/{name}-{version}{below}", variable(folder)?));
        folders.into_iter().filter_map(replace).collect::<Vec<_>>()
    })
}

/// Where the source of the standard library is if it is installed, and what the compiler calls it if it is not.
fn standard_library() -> Result<(std::path::PathBuf, String)> {
    let compiler = env::var_os("RUSTC").context("cargo sets no RUSTC")?;
    let ask = |question: &[&str]| -> Result<String> {
        let output = Command::new(&compiler).args(question).output().context("can't run the compiler")?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let root = ask(&["--print", "sysroot"])?;
    let version = ask(&["--version", "--verbose"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    let commit = commit.context("the compiler does not say which commit it is made from")?;
    Ok((Path::new(root.trim()).join("lib/rustlib/src/rust"), format!("/rustc/{commit}")))
}
