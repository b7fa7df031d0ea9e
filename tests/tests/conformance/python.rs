//! Python, for what has to be shown with nothing of ours: that the schema holds, and that the README is enough for a port.

use libtest_mimic::Failed;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a program that reads JSON on standard input and writes JSON. None where Python or a module that it needs is not
/// there, which CI has to have.
pub(crate) fn run(needs: &str, program: &str, input: &Value) -> Result<Option<Value>, Failed> {
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(|python| has(python, needs)) else {
        let missing = format!("there is no python3 with `{needs}`; install Python 3 and `pip install jsonschema`");
        return if std::env::var("CI").is_ok_and(|ci| ci == "true") { Err(missing.into()) } else { Ok(None) };
    };
    let mut child = Command::new(python)
        .args(["-c", program])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(input.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(Some(serde_json::from_slice(&output.stdout)?)) } else { Err("it failed".into()) }
}

/// Whether a Python is there that has a module. Debian's may have one that another Python before it lacks.
fn has(python: &str, module: &str) -> bool {
    let import = format!("import {module}");
    let found = Command::new(python).args(["-c", &import]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}
