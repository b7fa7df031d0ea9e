//! `explain`: what is told of one tag.

use super::{Kind, Question, given};
use crate::failure::Failure;
use crate::in_json::{all, json};
use crate::vector::difference::differences;
use crate::vector::event::Event;
use crate::vector::law;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::subject::{Judge, Subject};
use crate::vector::written::Written;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explain {
    name: String,
    document: Option<Recipe>,
    question: Option<Recipe>,
    text: Option<Text>,
    explained: Recipe,
}

impl Kind for Explain {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String> {
        let document = Written::document(self.document, None, document)?;
        let question = Written::new(self.question, self.text, ["question", "text"])?;
        let expected = given([("explained", Some(self.explained.into_value()))])?;
        Ok((Box::new(Tag { document, question }), expected))
    }
}

struct Tag {
    document: Written,
    question: Written,
}

/// The explanation as it came, and what is decided when each thing that it tells of happens.
#[derive(Serialize)]
struct Answer<'a> {
    explained: &'a RawValue,
    decided: BTreeMap<&'static str, Value>,
}

/// Where the tag is, as the question has it.
#[derive(Deserialize)]
struct Place {
    repository: String,
    tag: String,
}

impl Question for Tag {
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure> {
        let judge = match subject.compile(&self.document.text())? {
            Ok(judge) => judge,
            Err(problems) => return Ok(json(&json!({ "problems": all(&problems) }))),
        };
        let question = self.question.text();
        let explained = judge.explain(&question)?;
        let decided = match serde_json::from_str(&question) {
            Ok(place) => decided(&*judge, &place)?,
            Err(_) => BTreeMap::new(),
        };
        Ok(match serde_json::from_str(&explained) {
            Ok(explained) => json(&Answer { explained, decided }),
            Err(_) => json(&json!({ "explained": explained })),
        })
    }

    fn told(&self) -> String {
        format!("question {}\ndocument {}", self.question.told(), self.document.told())
    }

    fn size(&self) -> u64 {
        self.document.size().saturating_add(self.question.size())
    }

    fn unlawful(&self, answer: &Value) -> Vec<String> {
        let explained = answer.get("explained").unwrap_or(&Value::Null);
        if let Some(message) = explained.get("malformed") {
            let mut faults = law::line("/explained/malformed", message.as_str().unwrap_or("\n"));
            if explained.as_object().is_none_or(|fields| fields.len() != 1) {
                faults.push("/explained: expected nothing beside `malformed`".to_owned());
            }
            return faults;
        }
        let [decided, outcomes] =
            [answer.get("decided"), explained.get("outcomes")].map(|it| it.unwrap_or(&Value::Null));
        let told = differences(decided, outcomes).into_iter();
        let mut faults: Vec<_> = told.map(|told| format!("/explained/outcomes, and what is decided: {told}")).collect();
        for (index, rule) in list(explained, "rules").iter().enumerate() {
            faults.extend(unlawful_rule(rule).map(|what| format!("/explained/rules/{index}: expected {what}")));
        }
        faults
    }
}

/// What is decided of the tag when it is written while absent, with the digest that it has, with another one, and when it
/// is deleted: as much of it as explanations tell.
fn decided(judge: &dyn Judge, place: &Place) -> Result<BTreeMap<&'static str, Value>, Failure> {
    let Place { repository, tag } = place;
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
    let decide = |(name, event): (_, Value)| {
        let decision: Value = serde_json::from_str(&judge.decide(&Event::new(event.to_string()))?).unwrap_or_default();
        let told = ["outcome", "code", "rule", "pair"].map(|field| (field, decision.get(field)));
        Ok((name, json!(BTreeMap::from(told))))
    };
    events.into_iter().map(decide).collect()
}

/// What a rule of an explanation lacks: it protects the tag where it is enabled, the tag is not exempt, and a pair holds; and
/// a pair holds where both of its selectors do.
fn unlawful_rule(rule: &Value) -> impl Iterator<Item = &'static str> {
    let is = |value: &Value, field| value.get(field) == Some(&true.into());
    let pairs = list(rule, "pairs");
    let is_exempt = rule.get("exempt") != Some(&Value::Null);
    let protects = is(rule, "enabled") && !is_exempt && pairs.iter().any(|pair| is(pair, "holds"));
    let selectors = |pair: &Value| ["repositories", "tags"].map(|side| pair.get(side).cloned().unwrap_or_default());
    let holds = |pair: &Value| is(pair, "holds") == selectors(pair).iter().all(|selector| is(selector, "holds"));
    let is_listed = |selector: &Value| list(selector, "matches").is_empty() != list(selector, "excludes").is_empty();
    let due = [
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
    due.into_iter().filter(|(holds, _)| !holds).map(|(_, fault)| fault)
}

/// A list of an object, empty where it is not there.
fn list<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
