//! `explain`: the explanation of what a policy does to one tag.

use super::form::{Kind, given};
use crate::difference::differences;
use crate::event::Event;
use crate::input_text::InputText;
use crate::invariants;
use crate::question::Question;
use crate::subject::{Subject, SubjectPolicy};
use crate::template::{Template, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tagseal::CallError;
use tagseal::json::{diagnostics, to_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explain {
    name: String,
    document: Option<Template>,
    question: Option<Template>,
    text: Option<Text>,
    explained: Template,
}

impl Kind for Explain {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String> {
        let document = InputText::document(self.document, None, document)?;
        let question = InputText::new(self.question, self.text, ["question", "text"])?;
        let expected = given([("explained", Some(self.explained.into_value()))])?;
        Ok((Box::new(Tag { document, question }), expected))
    }
}

struct Tag {
    document: InputText,
    question: InputText,
}

/// The explanation as it came, and the decision of each event that it explains.
#[derive(Serialize)]
struct Answer<'a> {
    explained: &'a RawValue,
    decided: BTreeMap<&'static str, Value>,
}

/// The tag, and the context if there is one, as the question has them.
#[derive(Deserialize)]
struct Place {
    repository: String,
    tag: String,
    #[serde(default)]
    context: Option<Value>,
}

impl Question for Tag {
    fn ask(&self, subject: &dyn Subject) -> Result<String, CallError> {
        let policy = match subject.compile(&self.document.text())? {
            Ok(policy) => policy,
            Err(problems) => return Ok(to_line(&json!({ "problems": diagnostics(&problems) }))),
        };
        let question = self.question.text();
        let explained = policy.explain(&question)?;
        let decided = match serde_json::from_str(&question) {
            Ok(place) => decided(&*policy, &place)?,
            Err(_) => BTreeMap::new(),
        };
        Ok(match serde_json::from_str(&explained) {
            Ok(explained) => to_line(&Answer { explained, decided }),
            Err(_) => to_line(&json!({ "explained": explained })),
        })
    }

    fn describe(&self) -> String {
        format!("question {}\ndocument {}", self.question.describe(), self.document.describe())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.question.size())
    }

    fn violations(&self, answer: &Value) -> Vec<String> {
        let explained = answer.get("explained").unwrap_or(&Value::Null);
        if let Some(message) = explained.get("malformed") {
            let mut violations = invariants::line("/explained/malformed", message.as_str().unwrap_or("\n"));
            if explained.as_object().is_none_or(|fields| fields.len() != 1) {
                violations.push("/explained: expected nothing besides `malformed`".to_owned());
            }
            return violations;
        }
        let [decided, outcomes] =
            [answer.get("decided"), explained.get("outcomes")].map(|it| it.unwrap_or(&Value::Null));
        let differences = differences(decided, outcomes).into_iter();
        let report = |difference| format!("/explained/outcomes, compared with the decisions: {difference}");
        let mut violations: Vec<_> = differences.map(report).collect();
        for (index, rule) in list(explained, "rules").iter().enumerate() {
            violations.extend(rule_violations(rule).map(|what| format!("/explained/rules/{index}: expected {what}")));
        }
        violations
    }
}

/// Returns the decisions when the tag is written while it is absent, with the digest that it has, with another digest, and when
/// it is deleted. They have only the fields that explanations have.
fn decided(policy: &dyn SubjectPolicy, place: &Place) -> Result<BTreeMap<&'static str, Value>, CallError> {
    let Place { repository, tag, context } = place;
    let [digest, other] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let write = |current: &str| {
        let tags = json!([{ "tag": tag, "current": current }]);
        json!({ "write": { "repository": repository, "digest": digest, "tags": tags } })
    };
    let events = [
        ("push", write("absent")),
        ("push-again", write(&digest)),
        ("push-other", write(&other)),
        ("delete", json!({ "delete-tag": { "repository": repository, "tag": tag } })),
    ];
    let decide = |(name, mut event): (_, Value)| {
        if let (Some(fields), Some(context)) = (event.as_object_mut(), context) {
            fields.insert("context".to_owned(), context.clone());
        }
        let decision: Value = serde_json::from_str(&policy.decide(&Event::new(event.to_string()))?).unwrap_or_default();
        let fields = ["outcome", "code", "rule", "namespace", "pair"].map(|field| (field, decision.get(field)));
        Ok((name, json!(BTreeMap::from(fields))))
    };
    events.into_iter().map(decide).collect()
}

/// Checks a rule of an explanation: it protects the tag if it is enabled, the tag is not exempt and a pair holds, and a pair
/// holds if both of its selectors do.
fn rule_violations(rule: &Value) -> impl Iterator<Item = &'static str> {
    let is = |value: &Value, field| value.get(field) == Some(&true.into());
    let pairs = list(rule, "pairs");
    let is_exempt = rule.get("exempt") != Some(&Value::Null);
    let protects = is(rule, "enabled") && !is_exempt && pairs.iter().any(|pair| is(pair, "holds"));
    let selectors = |pair: &Value| ["repositories", "tags"].map(|side| pair.get(side).cloned().unwrap_or_default());
    let holds = |pair: &Value| is(pair, "holds") == selectors(pair).iter().all(|selector| is(selector, "holds"));
    let is_listed = |selector: &Value| !list(selector, "matches").is_empty() || !list(selector, "excludes").is_empty();
    let required = [
        (
            protects == is(rule, "protects"),
            "`protects` of a rule that is enabled, a tag that is not exempt and a pair that holds",
        ),
        (pairs.iter().all(holds), "`holds` of pairs whose selectors both hold"),
        (pairs.iter().flat_map(selectors).all(|selector| is_listed(&selector)), "a list of patterns in each selector"),
        (
            pairs.iter().zip(0_u64..).all(|(pair, index)| pair.get("pair") == Some(&index.into())),
            "all pairs in their order",
        ),
    ];
    required.into_iter().filter(|(holds, _)| !holds).map(|(_, fault)| fault)
}

/// Returns a list of an object, or an empty list if it has no such list.
fn list<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
