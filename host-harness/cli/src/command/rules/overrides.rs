//! `tagseal rules override` and `end-override`: the documented exception to a rule, for one tag and a limited time.

use std::io::Write as _;
use std::path::Path;

use clap::{ArgGroup, Args};
use tagseal::{CompileError, Component};

use super::change::{ChangeOptions, ReportStyle};
use super::change_error::ChangeError;
use crate::command::Ending;
use crate::command::clock::{Length, UtcTime};
use crate::command::fault::Fault;
use crate::command::namespace_note::check_host;
use crate::command::override_warnings::lifts_nothing;
use crate::command::reference::{Reading, TagReference};
use crate::command::request::Request;
use crate::command::terminal::{DOUBTFUL, HELP, printable, show_notes};

/// Lets one tag be overwritten or deleted for a limited time, whatever the rules say
///
/// For emergencies: the reason stays in the policy file, and every use is in the log. After its end an override decides nothing;
/// `rules end-override` removes it from the file. A tag has one override at a time.
#[derive(Args)]
#[command(group = ArgGroup::new("end").required(true))]
#[command(after_help = "\
Examples:
  tagseal rules override policy.json prod/app:v1 --for 2h --reason 'CVE-2026-1234: rebuilt'
  tagseal rules override policy.json prod/app:v1 --until 2026-12-01T18:00:00Z --reason 'moved registry' --by alice")]
pub(crate) struct Override {
    #[command(flatten)]
    target: Target,
    /// How long it applies, from now: `2h`, `30m`, `1d`, `1d 12h`
    #[arg(long = "for", value_name = "LENGTH", value_parser = Length::parse, group = "end", allow_hyphen_values = true)]
    length: Option<Length>,
    /// When it ends: `2026-12-01T18:00:00Z`, or with another offset than `Z`, which is converted to UTC
    #[arg(long, value_name = "TIME", value_parser = UtcTime::parse, group = "end")]
    until: Option<UtcTime>,
    /// Why it is needed
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who made it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// Removes the override of a tag, so that the rules decide again
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal rules end-override policy.json prod/app:v1")]
pub(crate) struct EndOverride {
    #[command(flatten)]
    target: Target,
}

/// The tag of an override, and the file that holds it.
#[derive(Args)]
struct Target {
    #[command(flatten)]
    options: ChangeOptions,
    /// The tag
    #[arg(value_name = "REPOSITORY:TAG")]
    tag: String,
    /// Do not take the first component for a registry's host
    #[arg(long)]
    literal: bool,
}

impl Override {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        let TagReference { repository, tag, left_out } = self.target.read()?;
        let (until, flag, written) = self.end()?;
        let mut request = Request::new();
        request.add("{\"override\": {");
        self.target.write(&mut request, "/override", repository, tag);
        request.add_name("until");
        request.add_json("/override/until", flag, &written, &format!("\"{until}\""));
        for (name, text) in [("reason", Some(&self.reason)), ("by", self.by.as_ref())] {
            if let Some(text) = text {
                request.add_name(name);
                request.add_text(&format!("/override/{name}"), &format!("--{name}"), text);
            }
        }
        request.add("}");
        let subject = format!("{repository}:{tag} until {until}");
        let mut lifts_nothing = false;
        let ending = self.target.make(file, "overridden", subject, left_out.likely_host(), |component, document| {
            lifts_nothing = is_idle(component, document, repository, tag)?;
            Ok(request)
        })?;
        if lifts_nothing {
            self.target.warn_of_idle(repository, tag);
        }
        Ok(ending)
    }

    /// Returns the end, and the flag that gives it with its value.
    fn end(&self) -> Result<(UtcTime, &'static str, String), Fault> {
        let now = UtcTime::now();
        let (until, flag) = match (self.until, self.length) {
            (Some(until), _) => (Some(until), "--until"),
            (None, Some(length)) => (now.after(length), "--for"),
            (None, None) => (None, "--for"),
        };
        let until = until.ok_or_else(|| Fault::usage("an override ends before the year 10000"))?;
        if now.until(until).is_none() {
            return Err(Fault::usage(format!("`{flag} {until}` is in the past, and it is {now} now"))
                .help("give a time that is still to come, or a length: `--for 2h`"));
        }
        Ok((until, flag, until.to_string()))
    }
}

impl EndOverride {
    pub(super) fn run(&self, file: Option<&Path>) -> Result<Ending, Fault> {
        let TagReference { repository, tag, left_out } = self.target.read()?;
        let mut request = Request::new();
        request.add("{\"end-override\": {");
        self.target.write(&mut request, "/end-override", repository, tag);
        request.add("}");
        let subject = format!("{repository}:{tag}");
        self.target.make(file, "ended the override of", subject, left_out.likely_host(), |_, _| Ok(request))
    }
}

impl Target {
    /// Reads the tag, and notes on standard error what was left out of it.
    fn read(&self) -> Result<TagReference<'_>, Fault> {
        let reading = if self.literal { Reading::Literal } else { Reading::Pasted };
        let read = TagReference::parse(&self.tag, reading).map_err(|error| error.fault(&self.tag))?;
        show_notes(read.left_out.notes());
        Ok(read)
    }

    fn write(&self, request: &mut Request, object: &str, repository: &str, tag: &str) {
        for (name, text) in [("repository", repository), ("tag", tag)] {
            request.add_name(name);
            request.add_text(&format!("{object}/{name}"), name, text);
        }
    }

    fn make(
        &self,
        file: Option<&Path>,
        done: &'static str,
        subject: String,
        likely_host: Option<&str>,
        ask: impl FnOnce(&Component, &str) -> Result<Request, ChangeError>,
    ) -> Result<Ending, Fault> {
        self.options.make(file, ReportStyle::Override { done, subject }, |component, document| {
            check_host(component, document, likely_host)?;
            let mut request = ask(component, document)?;
            self.options.close(&mut request);
            Ok(request)
        })
    }

    /// Warns that an override lifts no rule. It was made all the same: a rule may come later.
    fn warn_of_idle(&self, repository: &str, tag: &str) {
        let message =
            printable(&format!("no rule protects `{repository}:{tag}`, so its override changes nothing")).into_owned();
        let policy = self.options.name();
        let help =
            printable(&format!("check the name of the tag: tagseal explain {policy} {repository}:{tag}")).into_owned();
        // If standard error is closed, the override is still made.
        let _ = writeln!(anstream::stderr(), "{DOUBTFUL}warning{DOUBTFUL:#}: {message}\n{HELP}help{HELP:#}: {help}");
    }
}

/// Whether no rule of a document protects a tag. An invalid document is reported by the change itself.
fn is_idle(component: &Component, document: &str, repository: &str, tag: &str) -> Result<bool, ChangeError> {
    match component.compile(document) {
        Ok(policy) => Ok(lifts_nothing(&policy, repository, tag)?),
        Err(CompileError::Diagnostics(_)) => Ok(false),
        Err(CompileError::Call(failure)) => Err(failure.into()),
    }
}
