//! The policy of a gateway: in a file, or in its ledger.

use std::path::{Path, PathBuf};

use clap::Args;
use tagseal::Component;
use tagseal_gateway::{ActivePolicy, Ledger, PolicyDocument, PolicyDocumentError};

use super::document::{Document, component, is_standard_input};
use super::excerpt;
use super::fault::Fault;

/// The flags of a gateway that are about its policy.
#[derive(Args)]
pub(crate) struct PolicyFlags {
    /// The policy document. With `--policy-in-ledger`, the first one, if the ledger has none yet
    #[arg(long, value_name = "FILE", required_unless_present = "policy_in_ledger")]
    policy: Option<PathBuf>,
    /// Keep the policy in the ledger, which has to be a PostgreSQL database: a change is active in all gateways within a second
    ///
    /// If the ledger has no policy yet, the one of `--policy` is put there. From then on that file is not read any more: change
    /// the policy with `tagseal apply`, with `tagseal rules`, or over HTTP.
    #[arg(long, requires = "ledger")]
    policy_in_ledger: bool,
}

/// The policy of a gateway, before it serves.
pub(crate) struct ServedPolicy {
    component: Component,
    active_policy: ActivePolicy,
    /// The document of the file that was named.
    text: Option<String>,
    /// The file, unless the policy is kept in the ledger.
    file: Option<PathBuf>,
}

impl ServedPolicy {
    /// Reads and compiles the document that was named, and shows its warnings.
    pub(crate) fn read(flags: &PolicyFlags, component_file: Option<&Path>) -> Result<Self, Fault> {
        let component = component(component_file)?;
        let document = flags.policy.as_deref().map(read).transpose()?;
        let mut active_policy = ActivePolicy::unknown();
        if let Some(document) = &document {
            let policy = document.compile(&component)?;
            if let Ok(warnings) = policy.warnings() {
                // If standard error is closed, the policy is active all the same.
                let _ = excerpt::show(&document.name, &document.text, &warnings, &mut anstream::stderr().lock());
            }
            if !flags.policy_in_ledger {
                active_policy = ActivePolicy::new(policy);
            }
        }
        let file = flags.policy.clone().filter(|_| !flags.policy_in_ledger);
        Ok(Self { component, active_policy, text: document.map(|document| document.text), file })
    }

    /// Says which policy it is, as far as that is known.
    pub(crate) fn describe(&self) -> String {
        match &self.file {
            Some(file) => with_revision(&file.display().to_string(), &self.active_policy),
            None => "the policy in the ledger".to_owned(),
        }
    }

    /// Makes it the active policy. In a ledger that can't be reached yet, that is done once it can be.
    pub(crate) async fn open(self, ledger: &Ledger) -> Result<(ActivePolicy, PolicyDocument), Fault> {
        let Self { component, active_policy, text, file } = self;
        if let Some(file) = file {
            let text = text.unwrap_or_default();
            return Ok((active_policy.clone(), PolicyDocument::in_file(file, component, active_policy, text)));
        }
        let document = PolicyDocument::in_ledger(ledger, component, active_policy.clone(), text).ok_or_else(|| {
            Fault::usage("a policy is kept in a ledger only if that is a PostgreSQL database")
                .help("write `--ledger postgres://…`, or leave out `--policy-in-ledger`")
        })?;
        match document.load_first().await {
            Ok(()) => Ok((active_policy, document)),
            Err(PolicyDocumentError::Store(error)) if error.is_unreachable() => {
                tracing::warn!(%error, "until the policy in the ledger can be read, all writes get 503");
                Ok((active_policy, document))
            }
            Err(error) => Err(Fault::usage(format!("the policy in the ledger `{}`: {error}", document.place()))),
        }
    }
}

/// Says where a policy is, and its revision if it is known.
pub(crate) fn with_revision(place: &str, active_policy: &ActivePolicy) -> String {
    match active_policy.policy() {
        Some(policy) => format!("{place}, revision {}", policy.revision()),
        None => format!("{place}, which can't be read yet"),
    }
}

fn read(path: &Path) -> Result<Document, Fault> {
    if is_standard_input(path) {
        let fault = Fault::usage("the policy of a gateway can't be standard input, since it is read again");
        return Err(fault.help("name a file"));
    }
    Document::read(path)
}
