//! `tagseal rules init`: a first document.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use tagseal_gateway::DocumentFile;

use crate::command::Ending;
use crate::command::document::{Document, component, is_standard_input};
use crate::command::fault::Fault;
use crate::command::terminal::{GOOD, printable};

/// Makes a policy file, without rules or with those of another file. A file that already exists stays as it is
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules init policy.json
  tagseal rules init policy.json --instance registry-prod
  tagseal rules init /var/lib/tagseal/policy.json --from first-policy.json --if-missing")]
pub(crate) struct Arguments {
    /// The policy document
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// The name of the registry
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Begin with the document of this file, `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "instance")]
    from: Option<PathBuf>,
    /// Do nothing, and report no error, if the policy file exists already
    #[arg(long)]
    if_missing: bool,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    if is_standard_input(&arguments.policy) {
        return Err(Fault::usage("a policy is kept in a file, and standard input is not a file").help("name a file"));
    }
    let name = arguments.policy.display().to_string();
    if arguments.if_missing && arguments.policy.exists() {
        writeln!(anstream::stdout(), "{} exists already", printable(&name))?;
        return Ok(Ending::Fine);
    }
    if let Some(path) = &arguments.from {
        let first = Document::read(path)?;
        first.compile(&component(file)?)?;
        DocumentFile::at(&arguments.policy).create(&first.text)?;
        writeln!(anstream::stdout(), "{GOOD}made{GOOD:#} {}, like {}", printable(&name), printable(&first.name))?;
        return Ok(Ending::Fine);
    }
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
