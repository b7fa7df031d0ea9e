//! A program that a test runs, and the result.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

/// A program that a test runs.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    path: &'static str,
    folder: &'static str,
}

/// What a program has written, and how it ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub error: String,
}

impl Program {
    /// Names a program by its path, and a folder where it may keep compiled code, and which is its home without any
    /// credentials. A suite of the command line gives what cargo says:
    /// `Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"))`.
    pub const fn new(path: &'static str, folder: &'static str) -> Self {
        Self { path, folder }
    }

    /// Returns its path.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Prepares a run of it, with nothing on standard input.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(self.path);
        let credentials = ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"];
        for name in credentials.into_iter().chain(["SOURCE_DATE_EPOCH", "TAGSEAL_COMPONENT"]) {
            command.env_remove(name);
        }
        command.env("HOME", self.folder).env("XDG_CACHE_HOME", Path::new(self.folder).join("cache"));
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Starts it, with pipes to all that it reads and writes.
    ///
    /// # Panics
    ///
    /// It can't be started.
    #[track_caller]
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// It can't be started, or writes something else than UTF-8.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Finished {
        run(&mut self.command(arguments))
    }

    /// Runs it to its end, with this on its standard input.
    ///
    /// # Panics
    ///
    /// It can't be started, or writes something else than UTF-8.
    #[track_caller]
    pub fn run_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Finished {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // A program may end before it has read all of its input.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        Finished::new(output)
    }
}

impl Finished {
    #[track_caller]
    fn new(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), out: text(stdout), error: text(stderr) }
    }

    /// Returns everything that it has written.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.error)
    }

    /// Checks that it ended without an error, and returns everything that it has written.
    ///
    /// # Panics
    ///
    /// It ended with an error.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.all());
        self.all()
    }

    /// Checks that it ended with this exit code, and that its errors have all these parts.
    ///
    /// # Panics
    ///
    /// It ended with another code, or a part is missing.
    #[track_caller]
    pub fn failed(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for part in parts {
            assert!(self.error.contains(part), "`{part}` is not in: {}", self.error);
        }
    }
}

/// Runs a command to its end.
///
/// # Panics
///
/// It can't be started, or writes something else than UTF-8.
#[track_caller]
pub fn run(command: &mut Command) -> Finished {
    Finished::new(command.output().unwrap())
}
