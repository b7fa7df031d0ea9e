//! What import and export share: their options, what came of them, and what was lost.

use std::io::{Write, stdout};

use tagseal::RulesError;
use tagseal::contract::{Converted, Refusal};

use super::Ending;
use super::document::{Document, tally};
use super::excerpt;
use super::fault::Fault;
use super::request::Request;
use super::terminal::{DOUBTFUL, printable};

/// The options of a conversion, told by flags.
pub(crate) fn options(namespace: Option<&str>, instance: Option<&str>) -> Request {
    let mut options = Request::new();
    options.add("{");
    for (name, option) in [("namespace", namespace), ("instance", instance)] {
        if let Some(text) = option {
            options.add_name(name);
            options.add_text(&format!("/{name}"), &format!("--{name}"), text);
        }
    }
    options.add("}");
    options
}

/// Writes what was converted to standard output, and to standard error where it means something else than `given` does.
pub(crate) fn tell(
    converted: Result<Converted, RulesError>,
    given: &Document,
    options: &Request,
) -> Result<Ending, Fault> {
    let Converted { text, losses } = converted.map_err(|error| match error {
        RulesError::Failure(failure) => failure.into(),
        RulesError::Refused(refusal) => declined(refusal, given, options),
    })?;
    if !losses.is_empty() {
        let mut error = anstream::stderr().lock();
        // Should standard error be gone, what was converted is still of use.
        let _ = excerpt::show(&given.name, &given.text, &losses, &mut error)
            .and_then(|()| writeln!(error, "{}: {DOUBTFUL}{}{DOUBTFUL:#}", printable(&given.name), tally(&losses)));
    }
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
        return given.tell_unchecked(&diagnostics);
    }
    if diagnostics.is_empty() {
        return Fault::declined(&code, message);
    }
    let mut error = anstream::stderr().lock();
    // Should standard error be gone, the exit code still tells.
    let place = if options.has_all(&diagnostics) {
        let _ = options.show(&diagnostics, &mut error);
        options.name()
    } else {
        let _ = excerpt::show(&given.name, &given.text, &diagnostics, &mut error);
        &given.name
    };
    Fault::declined(&code, format!("{} in {place}", tally(&diagnostics)))
}
