//! Why a verb could not do what it was asked: the one place that turns it into lines and an exit code.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use tagseal::{CompileError, DocumentFileError, Failure, Refusal};

use super::terminal::{BAD, HELP, printable};

/// Why a verb could not do what it was asked.
#[derive(Debug)]
pub(crate) struct Fault {
    exit: u8,
    /// The stable word of what the component refused.
    code: Option<String>,
    message: String,
    mend: Option<String>,
}

impl Fault {
    /// The component would not do what it was asked, and says why by a stable word.
    pub(crate) fn declined(code: &str, message: impl Into<String>) -> Self {
        Self { code: Some(code.to_owned()), ..Self::new(1, message) }
    }

    /// Wrong usage, a file that can't be read or written, or a policy that does not check.
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
        Self { exit, code: None, message: message.into(), mend: None }
    }

    /// The same with what to do about it.
    pub(crate) fn mend(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    /// A file that could not be read or written: `read`, `policy.json`, and what the system said.
    pub(crate) fn file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("could not {verb} `{}`: {}", path.display(), told(error)))
    }

    /// Tells the fault on standard error. A reader of our output that left is no news to anyone.
    pub(crate) fn report(self) -> ExitCode {
        if self.exit != LEFT {
            // Nobody is left to tell when standard error is gone too.
            let _ = self.write(&mut anstream::stderr().lock());
        }
        ExitCode::from(self.exit)
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let code = self.code.as_ref().map(|code| format!("[{}]", printable(code))).unwrap_or_default();
        writeln!(to, "{BAD}error{code}{BAD:#}: {}", printable(&self.message))?;
        self.mend.iter().try_for_each(|mend| writeln!(to, "{HELP}help{HELP:#}: {}", printable(mend)))
    }
}

/// The code that a shell shows for a program that wrote to a pipe without a reader: it can't be 0, since not all was said.
const LEFT: u8 = 141;

/// What happened to our own standard output.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == ErrorKind::BrokenPipe { LEFT } else { 2 };
        Self::new(exit, format!("could not write to standard output: {}", told(&error)))
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Io(path, error) => Self::file("read", &path, &error),
            refusal => Self::refused(refusal.to_string()),
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::failed(failure.to_string())
    }
}

impl From<CompileError> for Fault {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Failure(failure) => failure.into(),
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
fn told(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}
