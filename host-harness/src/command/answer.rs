//! The answer to one line: always a decision, whatever is on the line and whatever becomes of the component.

use serde::Deserialize;
use std::borrow::Cow;
use tagseal::contract::{Decision, Outcome};
use tagseal::in_json::{DecisionText, json};
use tagseal::{Failure, Policy, Settings};

use super::lines::{LONGEST, Line};

/// The answer to one line.
pub(crate) struct Answer {
    /// The decision, on one line of JSON.
    pub(crate) decision: String,
    pub(crate) allowed: bool,
    /// Why the component did not decide, if it did not.
    pub(crate) failure: Option<Failure>,
}

impl Answer {
    /// Asks for a line.
    pub(crate) fn to(line: Line<'_>, policy: &Policy) -> Self {
        match line {
            Line::Text(event) => Self::of(policy.evaluate_json(event), policy.revision()),
            Line::NotText => Self::malformed("the line is not UTF-8; write JSON in UTF-8", policy.revision()),
            Line::TooLong => {
                let message = format!("the line is longer than {LONGEST} bytes; split the event");
                Self::malformed(&message, policy.revision())
            }
        }
    }

    fn of(answer: Result<String, Failure>, revision: u64) -> Self {
        match answer.map(|decision| (is_allowed(&decision), decision)) {
            Ok((Some(allowed), decision)) => Self { decision, allowed, failure: None },
            Ok((None, _)) => Self::unavailable(Failure::Answer(Settings::default().answer), revision),
            Err(failure) => Self::unavailable(failure, revision),
        }
    }

    fn malformed(message: &str, revision: u64) -> Self {
        Self { decision: written(&malformed(message, revision)), allowed: false, failure: None }
    }

    fn unavailable(failure: Failure, revision: u64) -> Self {
        Self { decision: written(&failure.deny(revision)), allowed: false, failure: Some(failure) }
    }
}

/// The denial of a line that no component can be asked about.
fn malformed(message: &str, revision: u64) -> Decision {
    Decision {
        outcome: Outcome::Deny,
        code: "malformed".into(),
        rule: None,
        pair: None,
        revision,
        message: format!("malformed event: {message}"),
        tags: Vec::new(),
    }
}

/// A denial that the component did not make, in the shape of those that it makes.
fn written(denial: &Decision) -> String {
    json(&DecisionText::from(denial))
}

/// What a decision in JSON says. None if it is none, or not one line.
fn is_allowed(decision: &str) -> Option<bool> {
    #[derive(Deserialize)]
    struct Told<'a> {
        #[serde(borrow)]
        outcome: Cow<'a, str>,
    }
    let Told { outcome } = serde_json::from_str(decision).ok()?;
    match outcome.as_ref() {
        _ if decision.contains('\n') => None,
        "allow" => Some(true),
        "deny" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_allowed, malformed, written};

    #[test]
    fn only_a_decision_on_one_line_is_one() {
        for (decision, expected) in [
            (r#"{"outcome":"allow"}"#, Some(true)),
            (r#"{"outcome":"deny","code":"immutable"}"#, Some(false)),
            ("{\"outcome\":\n\"allow\"}", None),
            (r#"{"outcome":"maybe"}"#, None),
            (r#"{"outcome":true}"#, None),
            (r#"{"outcome":"deny","outcome":"allow"}"#, None),
            (r#"{"outcome":"allow"} {"outcome":"deny"}"#, None),
            ("", None),
        ] {
            assert_eq!(is_allowed(decision), expected, "{decision}");
        }
    }

    #[test]
    fn a_denial_of_our_own_is_one_line_of_json() {
        let denial = written(&malformed("a \"quote\"\nand a line", 7));
        assert_eq!(is_allowed(&denial), Some(false), "{denial}");
    }
}
