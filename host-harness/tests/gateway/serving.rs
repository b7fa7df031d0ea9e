//! A gateway in a process of its own, and what its log says.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// The program itself.
pub(crate) fn tagseal(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagseal"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A process that serves. Ends with the test.
pub(crate) struct Serving {
    child: Child,
    log: Receiver<String>,
}

impl Serving {
    /// Starts `tagseal serve` on a free port, and waits until it listens: the process, and where.
    pub(crate) fn start(policy: &Path, upstream: &str) -> (Self, SocketAddr) {
        let policy = policy.to_str().unwrap();
        let command = tagseal(&["serve", "--policy", policy, "--upstream", upstream, "--listen", "127.0.0.1:0"]);
        let (serving, line) = Self::run(command, " guards ");
        let address = line.strip_prefix("http://").unwrap().split(' ').next().unwrap();
        (serving, address.parse().unwrap())
    }

    /// Starts a command, and waits until it says this on a line, which is handed back.
    pub(crate) fn run(mut command: Command, ready: &str) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, log) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        let Some(line) = out.iter().find(|line| line.contains(ready)) else {
            panic!("it never said `{ready}`: {:?}", log.iter().collect::<Vec<_>>())
        };
        (Self { child, log }, line)
    }

    /// The lines of the log since this was last asked, up to one that says this.
    pub(crate) fn log_until(&self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(part)) {
            lines.push(self.log.recv().unwrap_or_else(|_| panic!("`{part}` is not in {lines:?}")));
        }
        lines
    }

    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end: the exit code, and the rest of the log.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let log: Vec<String> = self.log.iter().collect();
        (self.child.wait().unwrap().code(), log.join("\n"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is written there, line by line, so that whoever writes never waits for whoever reads.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (to, lines) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
    lines
}
