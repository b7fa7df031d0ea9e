//! `tagseal apply`: a policy that is kept elsewhere, given to a gateway that runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::Ending;
use super::document::{Document, component};
use super::fault::Fault;
use super::gateway_policy::GatewayPolicy;

/// Gives a policy document to a gateway, for those who keep their rules in git
///
/// The document replaces that of the gateway, and gets the next revision. If the gateway's document has another revision than
/// the one that is named, somebody else has changed it, and nothing happens. If only the revision is different, there is nothing
/// to do.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal apply policy.json --server https://gateway.example.org --revision 12 --token-file token
  tagseal apply policy.json --server https://gateway.example.org --dry-run --token-file token")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "FILE")]
    policy: PathBuf,
    /// The gateway: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    server: String,
    /// The revision that the gateway's document must have, as `tagseal rules list --server URL` shows it
    #[arg(long, value_name = "NUMBER", required_unless_present = "dry_run")]
    revision: Option<u64>,
    /// The file with your token for the gateway
    #[arg(long, value_name = "FILE", env = "TAGSEAL_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments, component_file: Option<&Path>) -> Result<Ending, Fault> {
    let document = Document::read(&arguments.policy)?;
    // The gateway would find the same problems, but can't show the lines.
    document.compile(&component(component_file)?)?;
    let gateway = GatewayPolicy::at(&arguments.server, arguments.token_file.as_deref())?;
    let current = gateway.read()?;
    let revision = revision(&current.text);
    let mut out = anstream::stdout().lock();
    if let Some(expected) = arguments.revision.filter(|expected| *expected != revision) {
        let message =
            format!("`{}` is at revision {revision}, not {expected}: somebody else has changed it", arguments.server);
        return Err(Fault::declined("stale", message).help("read its document again, and merge the changes"));
    }
    if is_same(&document.text, &current.text) {
        writeln!(out, "nothing to change: {} stays at revision {revision}", arguments.server)?;
        return Ok(Ending::Fine);
    }
    if arguments.dry_run {
        let difference = similar::TextDiff::from_lines(&current.text, &document.text);
        write!(out, "{}", difference.unified_diff().header(&arguments.server, &document.name))?;
        return Ok(Ending::Fine);
    }
    gateway.replace(&current, document.text)?;
    writeln!(out, "applied: {} is at revision {} now", arguments.server, revision.saturating_add(1))?;
    Ok(Ending::Fine)
}

/// Returns the revision of a document: 0 if it does not say one.
fn revision(document: &str) -> u64 {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    document.get("revision").and_then(Value::as_u64).unwrap_or_default()
}

/// Returns whether a document is the gateway's apart from its revision. A gateway raises a `next-id` that is lower than its own.
fn is_same(document: &str, current: &str) -> bool {
    let [mut document, mut current]: [Value; 2] =
        [document, current].map(|document| serde_json::from_str(document).unwrap_or_default());
    let next = |document: &Value| document.get("next-id").and_then(Value::as_u64).unwrap_or_default();
    let is_raised = next(&document) <= next(&current);
    for fields in [&mut document, &mut current].into_iter().filter_map(Value::as_object_mut) {
        fields.remove("revision");
        if is_raised {
            fields.remove("next-id");
        }
    }
    document == current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_compared_without_their_revisions_and_spaces() {
        assert!(is_same(r#"{"revision": 7, "rules": []}"#, "{\"rules\":[]}\n"));
        assert!(!is_same(r#"{"revision": 7, "rules": []}"#, r#"{"revision": 7, "rules": [1]}"#));
        assert!(is_same(r#"{"rules": []}"#, r#"{"rules": [], "next-id": 6}"#), "it would be raised");
        assert!(!is_same(r#"{"rules": [], "next-id": 7}"#, r#"{"rules": [], "next-id": 6}"#));
        assert_eq!((revision(r#"{"revision": 7}"#), revision("{}")), (7, 0));
    }
}
