//! The answer to one line: always a decision, whatever the line holds, and even if the component fails.

use serde::Deserialize;
use std::borrow::Cow;
use tagseal::contract::{Decision, Outcome};
use tagseal::json::{DecisionText, to_line};
use tagseal::{CallError, Policy, Settings};

use super::json_lines::{Line, MAX_LINE_BYTES};

/// The answer to one line.
pub(crate) struct LineAnswer {
    /// The decision, on one line of JSON.
    pub(crate) decision: String,
    pub(crate) allowed: bool,
    /// Whether the line was not a valid event.
    malformed: bool,
    /// Why the component did not decide, if it did not.
    pub(crate) failure: Option<CallError>,
}

impl LineAnswer {
    /// Asks for a line.
    pub(crate) fn to(line: Line<'_>, policy: &Policy) -> Self {
        match line {
            Line::Text(event) if event.trim_ascii().is_empty() => {
                Self::malformed("the line is empty; write an event on it, or remove it", policy.revision())
            }
            Line::Text(event) => Self::of(policy.evaluate_json(event), policy.revision()),
            Line::NotText => Self::malformed("the line is not UTF-8; write JSON in UTF-8", policy.revision()),
            Line::TooLong => {
                let message = format!("the line is longer than {MAX_LINE_BYTES} bytes; split the event");
                Self::malformed(&message, policy.revision())
            }
        }
    }

    fn of(answer: Result<String, CallError>, revision: u64) -> Self {
        match answer.map(|decision| (Verdict::of(&decision), decision)) {
            Ok((Some(Verdict { allowed, malformed }), decision)) => {
                Self { decision, allowed, malformed, failure: None }
            }
            Ok((None, _)) => Self::unavailable(CallError::Answer(Settings::default().max_answer_bytes), revision),
            Err(failure) => Self::unavailable(failure, revision),
        }
    }

    fn malformed(message: &str, revision: u64) -> Self {
        let decision = written(&malformed(message, revision));
        Self { decision, allowed: false, malformed: true, failure: None }
    }

    fn unavailable(failure: CallError, revision: u64) -> Self {
        let decision = written(&failure.deny(revision));
        Self { decision, allowed: false, malformed: false, failure: Some(failure) }
    }

    /// Whether the line was not a valid event.
    pub(crate) fn is_malformed(&self) -> bool {
        self.malformed
    }
}

/// The denial of a line that no component can be asked about.
fn malformed(message: &str, revision: u64) -> Decision {
    Decision {
        outcome: Outcome::Deny,
        code: "malformed".into(),
        rule: None,
        namespace: None,
        pair: None,
        revision,
        message: format!("malformed event: {message}"),
        tags: Vec::new(),
    }
}

/// A denial that the component did not make, in the shape of those that it makes.
fn written(denial: &Decision) -> String {
    to_line(&DecisionText::from(denial))
}

/// What is read of a decision in JSON.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    allowed: bool,
    malformed: bool,
}

impl Verdict {
    /// Reads a decision. `None` if the text is not a valid decision on one line.
    fn of(decision: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            outcome: Cow<'a, str>,
            #[serde(borrow, default)]
            code: Cow<'a, str>,
        }
        let Fields { outcome, code } = serde_json::from_str(decision).ok()?;
        let malformed = code == "malformed";
        match outcome.as_ref() {
            _ if decision.contains('\n') => None,
            "allow" => Some(Self { allowed: true, malformed }),
            "deny" => Some(Self { allowed: false, malformed }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, malformed, written};

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
            let allowed = Verdict::of(decision).map(|verdict| verdict.allowed);
            assert_eq!(allowed, expected, "{decision}");
        }
    }

    #[test]
    fn a_denial_of_our_own_is_one_line_of_json() {
        let denial = written(&malformed("a \"quote\"\nand a line", 7));
        assert_eq!(Verdict::of(&denial), Some(Verdict { allowed: false, malformed: true }), "{denial}");
    }
}
