//! A change to a policy file: the options of the command, the change itself, and its report.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::Component;
use tagseal_gateway::DocumentFile;

use super::change_error::ChangeError;
use super::change_result::{ChangeResult, RuleResult};
use super::difference;
use super::listing;
use crate::command::Ending;
use crate::command::document::{Document, component, is_standard_input};
use crate::command::excerpt;
use crate::command::fault::Fault;
use crate::command::gateway_policy::GatewayPolicy;
use crate::command::request::Request;
use crate::command::terminal::{Format, GOOD, printable, write_json};

/// Which file is changed, and how.
#[derive(Args)]
pub(crate) struct ChangeOptions {
    /// The policy document
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Refuse the change unless the document has this revision, as `rules list` shows it
    #[arg(long, value_name = "NUMBER", value_parser = revision)]
    revision: Option<u64>,
    /// Show the difference that it would make, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The form of the output
    #[arg(long, value_enum, default_value = "text", conflicts_with = "dry_run")]
    format: Format,
}

/// Reads a revision.
///
/// # Errors
///
/// `x`, `1e0`, `-1`: not a whole number
fn revision(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number; `tagseal rules list` shows the revision of a document".to_owned())
}

/// How a change is reported, and by which word.
pub(crate) enum ReportStyle {
    /// With the whole rule, and the warnings about it.
    Rule(&'static str),
    /// With the name of the rule.
    Name(&'static str),
    /// With a description of the override.
    Override { done: &'static str, subject: String },
}

impl ChangeOptions {
    /// Options for a file, whatever its revision.
    pub(crate) fn for_file(policy: &Path, dry_run: bool) -> Self {
        Self { policy: policy.to_owned(), revision: None, dry_run, format: Format::Text }
    }

    /// Makes the requested change in the document as it is at that moment, and reports it.
    pub(crate) fn make(
        &self,
        file: Option<&Path>,
        style: ReportStyle,
        ask: impl FnOnce(&Component, &str) -> Result<Request, ChangeError>,
    ) -> Result<Ending, Fault> {
        if is_standard_input(&self.policy) {
            let fault = Fault::usage("a policy is changed in its file, and standard input is not a file");
            return Err(fault.help("name a file"));
        }
        let made = self.try_make(&component(file)?, &style, ask);
        self.report(&made.map_err(|error| error.report(&self.name()))?, &style)?;
        Ok(Ending::Fine)
    }

    /// Makes the requested change in the document as it is at that moment. Nothing is reported.
    pub(crate) fn try_make(
        &self,
        component: &Component,
        style: &ReportStyle,
        ask: impl FnOnce(&Component, &str) -> Result<Request, ChangeError>,
    ) -> Result<ChangeResult, ChangeError> {
        let change = |old: &str| {
            let request = ask(component, old)?;
            let made = ChangeResult::new(component, old, request)?;
            if made.rules.is_empty() && !matches!(style, ReportStyle::Override { .. }) {
                return Err(listing::broken().into());
            }
            Ok((made.is_change().then(|| made.document.clone()), made))
        };
        if self.dry_run {
            return change(&Document::read(&self.policy)?.text).map(|(_, made)| made);
        }
        if let Some(gateway) = GatewayPolicy::named(&self.policy) {
            let gateway = gateway?;
            let current = gateway.read()?;
            let (new, made) = change(&current.text)?;
            new.map(|new| gateway.replace(&current, new)).transpose()?;
            return Ok(made);
        }
        DocumentFile::at(&self.policy).change(change)
    }

    /// What the policy is called.
    pub(crate) fn name(&self) -> String {
        self.policy.display().to_string()
    }

    /// Ends the members of a request with the revision that it is for.
    pub(crate) fn close(&self, request: &mut Request) {
        if let Some(revision) = self.revision {
            request.add_name("revision");
            request.add_json("/revision", "--revision", &revision.to_string(), &revision.to_string());
        }
        request.add("}");
    }

    /// Reports a change.
    ///
    /// # Errors
    ///
    /// Standard output can't be written. The error says that the change was made all the same.
    pub(crate) fn report(&self, made: &ChangeResult, style: &ReportStyle) -> Result<(), Fault> {
        self.write(made, style).map_err(|error| {
            let fault = Fault::from(error);
            if self.dry_run || !made.is_change() {
                return fault;
            }
            let (policy, revision) = (self.name(), made.revision);
            fault.after(&format!("the change was made, and {policy} is at revision {revision} now; but tagseal"))
        })
    }

    fn write(&self, made: &ChangeResult, style: &ReportStyle) -> io::Result<()> {
        if let ReportStyle::Rule(_) = style {
            for RuleResult { text, warnings, .. } in &made.rules {
                // If standard error is closed, the change is still made.
                let _ = excerpt::show("the rule", text, warnings, &mut anstream::stderr().lock());
            }
        }
        let mut out = anstream::stdout().lock();
        match self.format {
            Format::Json => write_json(&ChangeText::from(made), &mut out),
            // Standard output holds nothing but the difference, and here there is no difference.
            Format::Text if self.dry_run && !made.is_change() => self.write_words(made, style, &mut anstream::stderr()),
            Format::Text if self.dry_run => difference::write(&self.name(), &made.old, &made.document, &mut out),
            Format::Text => self.write_words(made, style, &mut out),
        }
    }

    fn write_words(&self, made: &ChangeResult, style: &ReportStyle, out: &mut impl Write) -> io::Result<()> {
        let (name, revision) = (self.name(), made.revision);
        let policy = printable(&name);
        let done = style.done();
        let write_line = |subject: &str, out: &mut dyn Write| {
            let subject = printable(subject);
            if made.is_change() {
                writeln!(out, "{GOOD}{done}{GOOD:#} {subject}: {policy} is at revision {revision} now")
            } else {
                writeln!(out, "{subject} is already {done}: {policy} stays at revision {revision}")
            }
        };
        if let ReportStyle::Override { subject, .. } = style {
            return write_line(subject, out);
        }
        for RuleResult { id, rule, .. } in &made.rules {
            write_line(&format!("rule {id} (namespace {})", rule.namespace), out)?;
            if made.is_change() && matches!(style, ReportStyle::Rule(_)) {
                rule.write(out)?;
            }
        }
        Ok(())
    }
}

impl ReportStyle {
    /// The word for what was done.
    fn done(&self) -> &'static str {
        match self {
            Self::Rule(done) | Self::Name(done) | Self::Override { done, .. } => done,
        }
    }
}

/// A change in JSON, for machines.
#[derive(Serialize)]
struct ChangeText {
    changed: bool,
    /// Missing for a change of overrides, and for one of several rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<u64>,
    /// The ids of several rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<u64>>,
    revision: u64,
}

impl From<&ChangeResult> for ChangeText {
    fn from(made: &ChangeResult) -> Self {
        let (rule, rules) = match made.rules.as_slice() {
            [] => (None, None),
            [rule] => (Some(rule.id), None),
            rules => (None, Some(rules.iter().map(|rule| rule.id).collect())),
        };
        Self { changed: made.is_change(), rule, rules, revision: made.revision }
    }
}
