//! The files that a command reads, above all the policy document.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read, stdin};
use std::path::Path;

use tagseal::contract::{Diagnostic, MAX_DOCUMENT_BYTES, Severity};
use tagseal::{COMPONENT, CompileError, Component, LoadError, Policy, Settings};

use super::artifact;
use super::component_source::ComponentSource;
use super::excerpt;
use super::fault::Fault;
use super::gateway_policy::GatewayPolicy;
use super::terminal::{count, show_notes};

/// A policy document as it was read, not checked.
pub(crate) struct Document {
    /// The name that people see.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Document {
    /// Reads a document: from standard input if the path is `-`, and from a gateway if it is an address.
    ///
    /// # Errors
    ///
    /// - a folder, a file that does not exist, or a file that may not be read
    /// - a file of more than 256 MiB
    /// - `{"note": "\xff"}`: it is not UTF-8, and the error says where
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        if let Some(gateway) = GatewayPolicy::named(path) {
            return Ok(Self { name: path.display().to_string(), text: gateway?.read()?.text });
        }
        let name = if is_standard_input(path) { "standard input".into() } else { path.display().to_string() };
        let bytes = read(path, MAX_DOCUMENT_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|error| not_text(&name, &error))?;
        Ok(Self { name, text })
    }

    /// Compiles the document, for verbs that need a policy. The problems of an invalid document go to standard error.
    pub(crate) fn compile(&self, component: &Component) -> Result<Policy, Fault> {
        component.compile(&self.text).map_err(|error| match error {
            CompileError::Call(failure) => failure.into(),
            CompileError::Diagnostics(diagnostics) => self.report_invalid(&diagnostics),
        })
    }

    /// Shows on standard error why the document is invalid.
    pub(crate) fn report_invalid(&self, diagnostics: &[Diagnostic]) -> Fault {
        // If standard error is closed, the exit code still shows the failure.
        let _ = excerpt::show(&self.name, &self.text, diagnostics, &mut anstream::stderr().lock());
        Fault::usage(format!("`{}` is invalid: {}", self.name, tally(diagnostics)))
    }
}

/// How many problems and warnings there are: `2 problems`, `1 problem and 3 warnings`, `no problems`.
pub(crate) fn tally(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64;
    let (problems, warnings) = (of(Severity::Problem), of(Severity::Warning));
    let problems = if problems == 0 { "no problems".into() } else { count(problems, "problem") };
    if warnings == 0 { problems } else { format!("{problems} and {}", count(warnings, "warning")) }
}

/// The component that `--component` names: one of a file or of a registry, or the one that is built in.
pub(crate) fn component(named: Option<&Path>) -> Result<Component, Fault> {
    component_within(named, Settings::default())
}

/// The same, within other limits.
pub(crate) fn component_within(named: Option<&Path>, settings: Settings) -> Result<Component, Fault> {
    match ComponentSource::parse(named)? {
        ComponentSource::BuiltIn => Ok(Component::embedded(settings)?),
        ComponentSource::File(path) => {
            Component::from_file(path, settings).map_err(|error| not_usable(path.display(), error))
        }
        ComponentSource::Registry(reference) => {
            let bytes = artifact::pull(&reference)?;
            Component::from_bytes(&bytes, settings).map_err(|error| not_usable(reference, error))
        }
    }
}

/// The bytes of the component that `--component` names. They are not checked.
pub(crate) fn component_bytes(named: Option<&Path>) -> Result<Cow<'static, [u8]>, Fault> {
    Ok(match ComponentSource::parse(named)? {
        ComponentSource::BuiltIn => COMPONENT.into(),
        ComponentSource::File(path) => read(path, Settings::default().max_component_bytes)?.into(),
        ComponentSource::Registry(reference) => artifact::pull(&reference)?.into(),
    })
}

/// The fault of a file that can't be used as a component.
fn not_usable(named: impl Display, error: LoadError) -> Fault {
    match error {
        LoadError::Io(..) => error.into(),
        error => Fault::refused(format!("`{named}` can't be used as the component: {error}")).help(format!(
            "`tagseal inspect {named}` shows what it is made of; leave `--component` out for the built-in one"
        )),
    }
}

/// Reads a file of at most so many bytes, or standard input if the path is `-`.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Fault::file("read", path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("`{}` is larger than {} MiB", path.display(), most >> 20);
        return Err(Fault::usage(message).help("give a smaller file"));
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

/// Notes that the command waits for input, if that comes from a terminal.
pub(crate) fn note_waiting(path: &Path, what: &str) {
    if is_standard_input(path) && stdin().is_terminal() {
        show_notes([format!("waiting for {what}; end with Ctrl-D, or give a file")]);
    }
}

pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Fault {
    let offset = error.utf8_error().valid_up_to();
    let line = error.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
    Fault::usage(format!("`{name}` is not UTF-8: byte {offset}, on line {line}")).help("save the file as UTF-8")
}
