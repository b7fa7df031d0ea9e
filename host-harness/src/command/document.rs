//! Files that a verb reads, and the policy document above all.

use std::fs::File;
use std::io::{self, Read, stdin};
use std::path::Path;

use tagseal::contract::{DOCUMENT_BYTES, Diagnostic, Severity};
use tagseal::{CompileError, Component, Policy, Settings};

use super::excerpt;
use super::fault::Fault;
use super::terminal::count;

/// A policy document as it was read, not checked.
pub(crate) struct Document {
    /// What people call it.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Document {
    /// Reads a document, from standard input if the path is `-`.
    ///
    /// # Errors
    ///
    /// - a folder, or a file that is not there or closed to us
    /// - a file of more than 256 MiB
    /// - `{"note": "\xff"}`: it is not UTF-8, and the place is told
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let name = if is_standard_input(path) { "standard input".into() } else { path.display().to_string() };
        let bytes = read(path, DOCUMENT_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|error| not_text(&name, &error))?;
        Ok(Self { name, text })
    }

    /// Compiles the document, for verbs that need a policy. If it does not check, its problems are told on standard error.
    pub(crate) fn compile(&self, component: &Component) -> Result<Policy, Fault> {
        component.compile(&self.text).map_err(|error| match error {
            CompileError::Failure(failure) => failure.into(),
            CompileError::Diagnostics(diagnostics) => self.tell_unchecked(&diagnostics),
        })
    }

    /// Shows on standard error why the document does not check.
    pub(crate) fn tell_unchecked(&self, diagnostics: &[Diagnostic]) -> Fault {
        // Should standard error be gone, the exit code still tells.
        let _ = excerpt::show(&self.name, &self.text, diagnostics, &mut anstream::stderr().lock());
        Fault::usage(format!("`{}` does not check: {}", self.name, tally(diagnostics)))
    }
}

/// How many problems and warnings there are: `2 problems`, `1 problem and 3 warnings`, `no problems`.
pub(crate) fn tally(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64;
    let (problems, warnings) = (of(Severity::Problem), of(Severity::Warning));
    let problems = if problems == 0 { "no problems".into() } else { count(problems, "problem") };
    if warnings == 0 { problems } else { format!("{problems} and {}", count(warnings, "warning")) }
}

/// The component of a file, or the one that is built in.
pub(crate) fn component(file: Option<&Path>) -> Result<Component, Fault> {
    Ok(match file {
        Some(file) => Component::from_file(file, Settings::default())?,
        None => Component::embedded(Settings::default())?,
    })
}

/// Reads a file of at most so many bytes, or standard input if the path is `-`.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Fault::file("read", path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("`{}` is larger than {} MiB", path.display(), most >> 20);
        return Err(Fault::usage(message).mend("give a smaller file"));
    }
    Ok(bytes)
}

/// Opens a file, or standard input if the path is `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Fault> {
    if is_standard_input(path) {
        return Ok(Box::new(stdin()));
    }
    let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    });
    Ok(Box::new(opened.map_err(|error| Fault::file("read", path, &error))?))
}

pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Fault {
    let offset = error.utf8_error().valid_up_to();
    let line = error.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
    Fault::usage(format!("`{name}` is not UTF-8: byte {offset}, on line {line}")).mend("save the file as UTF-8")
}
