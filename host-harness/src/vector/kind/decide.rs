//! `decide`: what is decided of an event by a document.

use super::{Kind, Question};
use crate::failure::Failure;
use crate::in_json::{all, json};
use crate::vector::event::Event;
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::{Subject, Way};
use crate::vector::written::Written;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    name: String,
    document: Option<Recipe>,
    event: Option<Recipe>,
    text: Option<Text>,
    decision: Recipe,
}

impl Kind for Decide {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        let document = self.document.or_else(|| document.cloned());
        let document = document.ok_or("neither the vector nor its file has a `document`; write one")?;
        let event = Written::new(self.event, self.text, ["event", "text"])?;
        let is_typed = Event::new(event.text()).typed().is_some();
        Ok((Box::new(Push { document, event, is_typed }), self.decision))
    }
}

struct Push {
    document: Recipe,
    event: Written,
    is_typed: bool,
}

impl Question for Push {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        match subject.compile(&self.document.json())? {
            Ok(judge) => judge.decide(&Event::new(self.event.text())),
            Err(problems) => Ok(json(&json!({ "problems": all(&problems) }))),
        }
    }

    fn ways(&self) -> &'static [Way] {
        if self.is_typed { &[Way::Json, Way::Typed, Way::Batch] } else { &[Way::Json] }
    }

    fn told(&self) -> String {
        format!("event {}\ndocument {}", self.event.told(), self.document)
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.event.size())
    }

    /// A message is one line of printable ASCII, at most 600 characters, and there is one where something is denied.
    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let field = |name| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let (outcome, message) = (field("outcome"), field("message"));
        let mut faults = law::line("/message", message);
        if message.is_empty() != (outcome == "allow") {
            faults.push("/message: expected one where something is denied, and none where all is allowed".to_owned());
        }
        faults
    }
}
