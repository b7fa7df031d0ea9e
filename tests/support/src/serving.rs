//! A gateway in a process of its own, and its log.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::program::Program;

/// A process that serves. It ends with the test.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// What it writes after the line that was waited for. A process whose output nobody can read any more ends.
    _out: Receiver<String>,
    log: Receiver<String>,
}

impl Serving {
    /// Starts `tagseal serve` on a free port, and waits until it listens. Returns the process, and its address.
    ///
    /// # Panics
    ///
    /// It does not start.
    #[track_caller]
    pub fn start(program: Program, policy: &str, upstream: &str) -> (Self, SocketAddr) {
        Self::start_with(program, policy, upstream, &[])
    }

    /// Does the same, with more flags.
    ///
    /// # Panics
    ///
    /// It does not start.
    #[track_caller]
    pub fn start_with(program: Program, policy: &str, upstream: &str, flags: &[&str]) -> (Self, SocketAddr) {
        let usual = ["serve", "--policy", policy, "--upstream", upstream, "--listen", "127.0.0.1:0"];
        let (serving, line) = Self::run(program.command(&[&usual, flags].concat()), " guards ");
        let address = line.split_once("://").unwrap().1.split(' ').next().unwrap();
        (serving, address.parse().unwrap())
    }

    /// Starts a command, and waits until it writes a line with this in it. Returns the process, and that line.
    ///
    /// # Panics
    ///
    /// It ends without such a line.
    #[track_caller]
    pub fn run(mut command: Command, ready: &str) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, log) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        let Some(line) = out.iter().find(|line| line.contains(ready)) else {
            panic!("it never wrote `{ready}`: {:?}", log.iter().collect::<Vec<_>>())
        };
        (Self { child, _out: out, log }, line)
    }

    /// Returns the lines of the log since the last call, up to one with this in it.
    ///
    /// # Panics
    ///
    /// The log ends without it.
    #[track_caller]
    pub fn log_until(&self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(part)) {
            lines.push(self.log.recv().unwrap_or_else(|_| panic!("`{part}` is not in {lines:?}")));
        }
        lines
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// It has ended already.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Returns how much memory it uses, in MiB.
    ///
    /// # Panics
    ///
    /// It has ended already, or this system does not say it.
    #[track_caller]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }

    /// Waits for its end. Returns the exit code, and the rest of the log.
    ///
    /// # Panics
    ///
    /// The system can't wait for it.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, String) {
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

/// Reads line by line on a thread of its own, so that the process never waits until its output is read.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (to, lines) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
    lines
}
