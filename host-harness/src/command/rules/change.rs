//! A change to a policy file: which one it is, how it is made, and how it is told.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tagseal::{Component, DocumentFile};

use super::difference;
use super::made::Made;
use super::refused::Undone;
use crate::command::Ending;
use crate::command::document::{Document, component, is_standard_input};
use crate::command::excerpt;
use crate::command::fault::Fault;
use crate::command::request::Request;
use crate::command::terminal::{Format, GOOD, printable, write_json};

/// Which file is changed, and how.
#[derive(Args)]
pub(super) struct Manner {
    /// The policy document
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Refuse unless the document has this revision, as `list` tells it
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
    /// Show the difference that it would make, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How to say it
    #[arg(long, value_enum, default_value = "text", conflicts_with = "dry_run")]
    format: Format,
}

/// How a change is told, and by which word.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    /// With the whole rule, and what is doubtful about it.
    Rule(&'static str),
    /// With the name of the rule.
    Name(&'static str),
}

impl Manner {
    /// Makes the change that is asked for, in the document as it is then, and tells it.
    pub(super) fn make(
        &self,
        file: Option<&Path>,
        telling: Telling,
        ask: impl FnOnce(&Component, &str) -> Result<Request, Undone>,
    ) -> Result<Ending, Fault> {
        if is_standard_input(&self.policy) {
            let fault = Fault::usage("a policy is changed in its file, and standard input is none");
            return Err(fault.mend("name a file"));
        }
        let component = component(file)?;
        let change = |old: &str| {
            let request = ask(&component, old)?;
            let made = Made::new(&component, old, request)?;
            Ok((made.is_change().then(|| made.new.document.clone()), made))
        };
        let made = if self.dry_run {
            change(&Document::read(&self.policy)?.text).map(|(_, made)| made)
        } else {
            DocumentFile::at(&self.policy).change(change)
        };
        self.tell(&made.map_err(|undone: Undone| undone.tell(&self.name()))?, telling)?;
        Ok(Ending::Fine)
    }

    /// What the policy is called.
    pub(super) fn name(&self) -> String {
        self.policy.display().to_string()
    }

    /// Ends the members of a request with the revision that it is for.
    pub(super) fn close(&self, request: &mut Request) {
        if let Some(revision) = self.revision {
            request.add_name("revision");
            request.add_json("/revision", "--revision", &revision.to_string(), &revision.to_string());
        }
        request.add("}");
    }

    fn tell(&self, made: &Made, telling: Telling) -> io::Result<()> {
        if let Telling::Rule(_) = telling {
            // Should standard error be gone, the change is made all the same.
            let _ = excerpt::show("the rule", &made.text, &made.warnings, &mut anstream::stderr().lock());
        }
        let mut out = anstream::stdout().lock();
        match self.format {
            Format::Json => write_json(&Told::from(made), &mut out),
            // The difference is all that is on standard output, and there is none.
            Format::Text if self.dry_run && !made.is_change() => {
                self.tell_in_words(made, telling, &mut anstream::stderr())
            }
            Format::Text if self.dry_run => difference::write(&self.name(), &made.old, &made.new.document, &mut out),
            Format::Text => self.tell_in_words(made, telling, &mut out),
        }
    }

    fn tell_in_words(&self, made: &Made, telling: Telling, out: &mut impl Write) -> io::Result<()> {
        let (Telling::Rule(done) | Telling::Name(done)) = telling;
        let (id, namespace, revision) = (made.rule.id, printable(&made.rule.namespace), made.new.revision);
        let name = self.name();
        let (rule, policy) = (format!("rule {id} (namespace {namespace})"), printable(&name));
        if !made.is_change() {
            return writeln!(out, "{rule} is {done} already: {policy} stays at revision {revision}");
        }
        writeln!(out, "{GOOD}{done}{GOOD:#} {rule}: {policy} is at revision {revision} now")?;
        match telling {
            Telling::Rule(_) => made.rule.write(out),
            Telling::Name(_) => Ok(()),
        }
    }
}

/// What machines are told of a change.
#[derive(Serialize)]
struct Told {
    changed: bool,
    rule: u64,
    revision: u64,
}

impl From<&Made> for Told {
    fn from(made: &Made) -> Self {
        Self { changed: made.is_change(), rule: made.new.rule, revision: made.new.revision }
    }
}
