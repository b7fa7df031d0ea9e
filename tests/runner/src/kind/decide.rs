//! `decide`: the decision of an event by a document.

use super::form::Kind;
use crate::event::Event;
use crate::input_text::InputText;
use crate::invariants;
use crate::question::Question;
use crate::subject::{Subject, Way};
use crate::template::{Template, Text};
use serde::Deserialize;
use serde_json::{Value, json};
use tagseal::CallError;
use tagseal::json::{diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    name: String,
    document: Option<Template>,
    event: Option<Template>,
    text: Option<Text>,
    decision: Template,
}

impl Kind for Decide {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        let document = self.document.or_else(|| document.cloned());
        let document = document.ok_or("neither the vector nor its file has a `document`; write one")?;
        let event = InputText::new(self.event, self.text, ["event", "text"])?;
        let is_typed = Event::new(event.text()).typed().is_some();
        Ok((Box::new(Decision { document, event, is_typed }), self.decision))
    }
}

struct Decision {
    document: Template,
    event: InputText,
    is_typed: bool,
}

impl Question for Decision {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        match subject.compile(&self.document.json())? {
            Ok(policy) => policy.decide(&Event::new(self.event.text())),
            Err(problems) => Ok(to_line(&json!({ "problems": diagnostics(&problems) }))),
        }
    }

    fn ways(&self) -> &'static [Way] {
        if self.is_typed { &[Way::Json, Way::Typed, Way::Batch] } else { &[Way::Json] }
    }

    fn describe(&self) -> String {
        format!("event {}\ndocument {}", self.event.describe(), self.document)
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.event.size())
    }

    fn violations(&self, answer: &Value) -> Vec<String> {
        let field = |name| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let (outcome, message) = (field("outcome"), field("message"));
        let mut violations = invariants::line("/message", message);
        // Otherwise a new kind of event, which the runner does not know yet, would be asked in JSON alone.
        if !self.is_typed && field("code") != "malformed" {
            violations.push("the runner can't ask this event typed: its kind is missing in the runner".to_owned());
        }
        if message.is_empty() != (outcome == "allow") {
            violations.push("/message: expected one if something is denied, and none if all is allowed".to_owned());
        }
        violations
    }
}
