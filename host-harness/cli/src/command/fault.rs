//! Why a command failed. This is the one place that turns it into lines and an exit code.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use tagseal::{CallError, CompileError, LoadError};
use tagseal_gateway::DocumentFileError;

use super::terminal::{BAD, HELP, printable};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Fault {
    exit: u8,
    /// The stable code of the component's refusal.
    code: Option<String>,
    message: String,
    help: Option<String>,
}

impl Fault {
    /// The component refused the request, and says why by a stable code.
    pub(crate) fn declined(code: &str, message: impl Into<String>) -> Self {
        Self { code: Some(code.to_owned()), ..Self::new(1, message) }
    }

    /// Wrong usage, a file that can't be read or written, or an invalid policy.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }

    /// The component is refused before it runs.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(3, message)
    }

    /// A limit was reached, or the component trapped.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(4, message)
    }

    fn new(exit: u8, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), help: None }
    }

    /// The same with what to do about it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same about a line of the input.
    pub(crate) fn in_line(self, number: u64) -> Self {
        Self { message: format!("line {number}: {}", self.message), ..self }
    }

    /// The same with what was done before it: `the change was made, but it could not be …`.
    pub(crate) fn after(self, done: &str) -> Self {
        Self { message: format!("{done} {}", self.message), ..self }
    }

    /// A file that could not be read or written: `read`, `policy.json`, and what the system said.
    pub(crate) fn file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("could not {verb} `{}`: {}", path.display(), described(error)))
    }

    /// Returns the message and the help, for the log.
    pub(crate) fn in_one_line(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        }
    }

    /// Shows the error on standard error, and returns the exit code. Nothing is shown if the reader of our output has left.
    pub(crate) fn report(self) -> ExitCode {
        if self.exit != LEFT {
            // If standard error is closed too, nobody can be informed.
            let _ = self.write(&mut anstream::stderr().lock());
        }
        ExitCode::from(self.exit)
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let code = self.code.as_ref().map(|code| format!("[{}]", printable(code))).unwrap_or_default();
        writeln!(to, "{BAD}error{code}{BAD:#}: {}", printable(&self.message))?;
        self.help.iter().try_for_each(|help| writeln!(to, "{HELP}help{HELP:#}: {}", printable(help)))
    }
}

/// The code that a shell shows for a program that wrote to a pipe without a reader: it can't be 0, since not all was said.
const LEFT: u8 = 141;

/// What happened to our own standard output.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == ErrorKind::BrokenPipe { LEFT } else { 2 };
        Self::new(exit, format!("could not write to standard output: {}", described(&error)))
    }
}

impl From<LoadError> for Fault {
    fn from(refusal: LoadError) -> Self {
        match refusal {
            LoadError::Io(path, error) => Self::file("read", &path, &error),
            refusal => Self::refused(refusal.to_string()),
        }
    }
}

impl From<CallError> for Fault {
    fn from(failure: CallError) -> Self {
        Self::failed(failure.to_string())
    }
}

impl From<CompileError> for Fault {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Call(failure) => failure.into(),
            CompileError::Diagnostics(_) => Self::usage(error.to_string()),
        }
    }
}

impl From<DocumentFileError> for Fault {
    fn from(error: DocumentFileError) -> Self {
        match error {
            DocumentFileError::Read(path, error) => Self::file("read", &path, &error),
            DocumentFileError::Write(path, error) => Self::file("write", &path, &error),
            error => Self::usage(error.to_string()),
        }
    }
}

/// What the system said, in our form: `there is no such file`.
fn described(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}
