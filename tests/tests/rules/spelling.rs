//! How a document is spelled: what changes must leave as it was, byte for byte.

use crate::ledger::Made;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// A document as it is spelled.
pub(crate) struct Spelling<'a> {
    text: &'a str,
    members: Vec<Member<'a>>,
    /// The text of each rule, by its id.
    rules: Vec<(u64, &'a str)>,
}

/// A member of an object as it is spelled.
struct Member<'a> {
    name: String,
    /// What stands before the value: behind the last one, or the brace.
    before: &'a str,
    value: &'a str,
    /// Where the value stands.
    place: Range<usize>,
}

impl<'a> Spelling<'a> {
    /// That of a document that checks.
    pub(crate) fn of(text: &'a str) -> Self {
        let members = members(text);
        let list = members.iter().find(|member| member.name == "rules").expect("a document has rules").value;
        let raw: Vec<&RawValue> = serde_json::from_str(list).expect("a document that checks");
        let id = |rule: &str| serde_json::from_str::<Value>(rule).expect("a rule")["id"].as_u64().expect("an id");
        let rules = raw.iter().map(|rule| (id(rule.get()), rule.get())).collect();
        Self { text, members, rules }
    }

    /// The names of its fields, in their order.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.members.iter().map(|member| member.name.clone()).collect()
    }

    /// The rules as they are spelled.
    pub(crate) fn rules(&self) -> Vec<&'a str> {
        self.rules.iter().map(|(_, text)| *text).collect()
    }

    fn rule(&self, id: u64) -> Option<&'a str> {
        self.rules.iter().find(|(other, _)| *other == id).map(|(_, text)| *text)
    }

    fn list(&self) -> &'a str {
        self.members.iter().find(|member| member.name == "rules").map_or("", |member| member.value)
    }

    /// All but the rules, with the numbers of these fields taken out.
    fn around(&self, numbers: &[&str]) -> String {
        let mut rest = self.text.to_owned();
        for member in self.members.iter().rev().filter(|it| it.name == "rules" || numbers.contains(&&*it.name)) {
            rest.replace_range(member.place.clone(), "");
        }
        rest
    }
}

fn members(text: &str) -> Vec<Member<'_>> {
    let Members(members) = serde_json::from_str(text).expect("an object");
    let mut end = 0;
    let member = |(name, value): (String, &'_ RawValue)| {
        let start = value.get().as_ptr().addr() - text.as_ptr().addr();
        let before = part(text, end..start);
        end = start + value.get().len();
        Member { name, before, value: part(text, start..end), place: start..end }
    };
    members.into_iter().map(member).collect()
}

fn part(text: &str, place: Range<usize>) -> &str {
    text.get(place).expect("values begin and end between characters")
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// That a change left all that it does not touch as it was.
pub(crate) fn check_kept(before: &Spelling<'_>, after: &Spelling<'_>, made: Made) -> Result<(), TestCaseError> {
    check_around(before, after)?;
    check_list(before, after, made)?;
    let kept: BTreeMap<_, _> = after.rules.iter().copied().collect();
    for (id, text) in before.rules.iter().filter(|(id, _)| *id != made.rule) {
        prop_assert_eq!(kept.get(id), Some(text), "rule {}", id);
    }
    if let (Some(was), Some(is)) = (before.rule(made.rule), after.rule(made.rule)) {
        check_fields(was, is)?;
    }
    let (ends, others) = (after.text.matches("\r\n").count(), after.text.matches('\n').count());
    if !before.text.contains('\n') {
        prop_assert_eq!(others, 0, "no line ended before");
    } else if before.text.matches('\n').count() == before.text.matches("\r\n").count() {
        prop_assert_eq!(ends, others, "lines ended otherwise before");
    }
    Ok(())
}

/// Around the rules, numbers may change, and those that were missing are put in at one place.
fn check_around(before: &Spelling<'_>, after: &Spelling<'_>) -> Result<(), TestCaseError> {
    let numbers = ["revision", "next-id"];
    let there: Vec<_> = numbers.into_iter().filter(|name| before.fields().iter().any(|field| field == name)).collect();
    let [was, is] = [before, after].map(|spelling| spelling.around(&there));
    if there.len() == numbers.len() {
        prop_assert_eq!(was, is);
    } else {
        prop_assert!(is_put_in(&was, &is), "{:?} is not {:?} with something put in", is, was);
    }
    Ok(())
}

/// A rule that comes or goes is one piece of the list, and one that is configured a piece that stays where it was.
fn check_list(before: &Spelling<'_>, after: &Spelling<'_>, made: Made) -> Result<(), TestCaseError> {
    let (was, is) = (before.list(), after.list());
    let has = |spelling: &Spelling<'_>| spelling.rules.iter().position(|(id, _)| *id == made.rule);
    match (has(before), has(after)) {
        (None, Some(at)) => {
            prop_assert_eq!(at, before.rules.len(), "a new rule stands behind the others");
            // The first rule's list is written again, since nothing in it could be kept.
            prop_assert!(at == 0 || is_put_in(was, is), "{:?} is not {:?} with a rule put in", is, was);
        }
        (Some(_), None) => prop_assert!(is_put_in(is, was), "{:?} is not {:?} with a rule taken out", is, was),
        (Some(at), Some(now)) => {
            prop_assert_eq!(at, now);
            let cut = |list: &str, rule: &str| list.replacen(rule, "", 1);
            prop_assert_eq!(cut(was, before.rules[at].1), cut(is, after.rules[at].1));
        }
        (None, None) => prop_assert!(false, "rule {} was never there", made.rule),
    }
    Ok(())
}

/// Fields of a configured rule stand in the order in which they stood, with what stood between them, and those that say what
/// they said are spelled as they were.
fn check_fields(was: &str, is: &str) -> Result<(), TestCaseError> {
    let value = |text: &str| serde_json::from_str::<Value>(text).expect("a value");
    let (before, after) = (members(was), members(is));
    let mut last = 0;
    for (index, member) in before.iter().enumerate() {
        let Some(at) = after.iter().position(|other| other.name == member.name) else { continue };
        prop_assert!(last <= at, "`{}` stands elsewhere", member.name);
        last = at;
        if (index == 0) == (at == 0) {
            prop_assert_eq!(member.before, after[at].before);
        }
        if value(member.value) == value(after[at].value) {
            prop_assert_eq!(member.value, after[at].value);
        }
    }
    let rest = |text: &'_ str, members: &[Member<'_>]| {
        let end = members.last().map_or(0, |member| member.place.end);
        part(text, end..text.len()).to_owned()
    };
    prop_assert_eq!(rest(was, &before), rest(is, &after));
    Ok(())
}

/// Whether a text is another one with one piece more.
fn is_put_in(text: &str, longer: &str) -> bool {
    let alike = |one: &mut dyn Iterator<Item = u8>, other: &mut dyn Iterator<Item = u8>| {
        one.zip(other).take_while(|(one, other)| one == other).count()
    };
    let start = alike(&mut text.bytes(), &mut longer.bytes());
    let end = alike(&mut text.bytes().rev(), &mut longer.bytes().rev());
    text.len() <= longer.len() && start + end >= text.len()
}
