//! What import and export share: their options, their result, and the report of what was lost.

use std::io::{Write, stdout};

use tagseal::RulesError;
use tagseal::contract::{Converted, Diagnostic, Refusal};

use super::Ending;
use super::document::{Document, tally};
use super::excerpt;
use super::fault::Fault;
use super::request::Request;
use super::terminal::{DOUBTFUL, printable};

/// The options of a conversion, given by flags.
#[derive(Default)]
pub(crate) struct Options<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) repository: Option<&'a str>,
    pub(crate) instance: Option<&'a str>,
}

impl Options<'_> {
    /// The options in JSON. What no flag gives is left out.
    pub(crate) fn request(&self) -> Request {
        let mut options = Request::new();
        options.add("{");
        let given = [("namespace", self.namespace), ("repository", self.repository), ("instance", self.instance)];
        for (name, option) in given {
            if let Some(text) = option {
                options.add_name(name);
                options.add_text(&format!("/{name}"), &format!("--{name}"), text);
            }
        }
        options.add("}");
        options
    }
}

/// Returns the text that was converted, and reports on standard error where it means something else than `given` does.
/// `place` moves diagnostics to their places in `given`.
pub(crate) fn report(
    converted: Result<Converted, RulesError>,
    given: &Document,
    options: &Request,
    place: impl Fn(Vec<Diagnostic>) -> Vec<Diagnostic>,
) -> Result<String, Fault> {
    let Converted { text, losses } = converted.map_err(|error| match error {
        RulesError::Call(failure) => failure.into(),
        RulesError::Refused(refusal) if options.has_all(&refusal.diagnostics) => declined(refusal, given, options),
        RulesError::Refused(refusal) => {
            let diagnostics = place(refusal.diagnostics);
            declined(Refusal { diagnostics, ..refusal }, given, options)
        }
    })?;
    let losses = place(losses);
    if !losses.is_empty() {
        let mut error = anstream::stderr().lock();
        // If standard error is closed, the converted text is still of use.
        let _ = excerpt::show(&given.name, &given.text, &losses, &mut error)
            .and_then(|()| writeln!(error, "{}: {DOUBTFUL}{}{DOUBTFUL:#}", printable(&given.name), tally(&losses)));
    }
    Ok(text)
}

/// Writes a converted text to standard output.
pub(crate) fn write(text: &str) -> Result<Ending, Fault> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(out)?;
    }
    Ok(Ending::Fine)
}

/// Shows each problem where it is: in the flags, or in what was given.
fn declined(refusal: Refusal, given: &Document, options: &Request) -> Fault {
    let Refusal { code, message, diagnostics, .. } = refusal;
    if code == "invalid-document" {
        return given.report_invalid(&diagnostics);
    }
    if diagnostics.is_empty() {
        return Fault::declined(&code, message);
    }
    let mut error = anstream::stderr().lock();
    // If standard error is closed, the exit code still shows the failure.
    let place = if options.has_all(&diagnostics) {
        let _ = options.show(&diagnostics, &mut error);
        options.name()
    } else {
        let _ = excerpt::show(&given.name, &given.text, &diagnostics, &mut error);
        &given.name
    };
    Fault::declined(&code, format!("{} in {place}", tally(&diagnostics)))
}
