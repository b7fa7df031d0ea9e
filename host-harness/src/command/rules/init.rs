//! `tagseal rules init`: a first document.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use tagseal::DocumentFile;

use crate::command::Ending;
use crate::command::document::{Document, component, is_standard_input};
use crate::command::fault::Fault;
use crate::command::terminal::{GOOD, printable};

/// Makes a policy file without rules. One that is there stays as it is
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules init policy.json
  tagseal rules init policy.json --instance registry-prod")]
pub(crate) struct Arguments {
    /// The policy document
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// What the registry is called
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    if is_standard_input(&arguments.policy) {
        return Err(Fault::usage("a policy is kept in a file, and standard input is none").mend("name a file"));
    }
    let name = arguments.policy.display().to_string();
    let instance = arguments.instance.as_ref().map(|name| format!("  \"instance\": {},\n", Value::from(name.as_str())));
    let text = format!("{{\n  \"version\": 1,\n{}  \"rules\": []\n}}\n", instance.unwrap_or_default());
    let document = Document { name, text };
    document.compile(&component(file)?)?;
    DocumentFile::at(&arguments.policy).create(&document.text)?;
    let name = printable(&document.name);
    writeln!(anstream::stdout(), "{GOOD}made{GOOD:#} {name}, without rules")?;
    writeln!(anstream::stdout(), "to add one: tagseal rules create {name} --namespace NAMESPACE --latest")?;
    Ok(Ending::Fine)
}
