//! A value of a document, and where it stands.

use super::report::{Report, shown};
use crate::json::Text;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

/// Where something stands: its first byte, and its JSON pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) pointer: String,
}

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) place: Place,
    raw: &'a RawValue,
    document: &'a str,
}

impl<'a> Node<'a> {
    /// The value that is the whole document.
    pub(crate) fn root(document: &'a str, raw: &'a RawValue) -> Self {
        Self::new(document, raw, String::new())
    }

    fn new(document: &'a str, raw: &'a RawValue, pointer: String) -> Self {
        Self { place: Place { at: offset(document, raw), pointer }, raw, document }
    }

    /// The fields of an object. None, and a problem, where it is none. Unknown fields and those given twice are problems.
    pub(crate) fn fields(&self, known: &[&str], report: &mut Report) -> Option<Fields<'a>> {
        let members = self.members(report)?;
        for Member { name, at, .. } in members.iter().filter(|member| !known.contains(&&*member.name)) {
            let place = Place { at: *at, pointer: self.pointer(name) };
            let mend = format!("write one of {}", list(known));
            report.problem(&place, format!("unknown field `{}`", shown(name)), &mend);
        }
        Some(self.known(members, known, report))
    }

    /// Some fields of an object of another program, whose other fields are its own business. None, and a problem, where it
    /// is none. Those given twice are problems.
    pub(crate) fn some_fields(&self, asked: &[&str], report: &mut Report) -> Option<Fields<'a>> {
        let members = self.members(report)?;
        Some(self.known(members, asked, report))
    }

    /// The members of an object. None, and a problem, where it is none.
    fn members(&self, report: &mut Report) -> Option<Vec<Member<'a>>> {
        let Ok(Members(members)) = serde_json::from_str(self.raw.get()) else {
            return self.wrong("an object", report);
        };
        let mut named = Vec::with_capacity(members.len());
        for (raw_name, value) in members {
            let at = offset(self.document, raw_name);
            match serde_json::from_str::<Text<'a>>(raw_name.get()) {
                Ok(Text(name)) => named.push(Member { name, at, value }),
                Err(_) => {
                    let place = Place { at, pointer: self.place.pointer.clone() };
                    report.problem(
                        &place,
                        "the name of a field is no Unicode text".into(),
                        "remove the lone surrogate",
                    );
                }
            }
        }
        Some(named)
    }

    /// The members with these names, the first of each.
    fn known(&self, members: Vec<Member<'a>>, names: &[&str], report: &mut Report) -> Fields<'a> {
        let mut fields: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        for Member { name, at, value } in members.into_iter().filter(|member| names.contains(&&*member.name)) {
            let pointer = self.pointer(&name);
            if fields.iter().any(|(other, _)| *other == name) {
                report.problem(&Place { at, pointer }, format!("field `{name}` is given twice"), "keep one of them");
            } else {
                fields.push((name, Self::new(self.document, value, pointer)));
            }
        }
        Fields { owner: self.place.clone(), fields }
    }

    /// The JSON pointer of a member.
    fn pointer(&self, name: &str) -> String {
        format!("{}/{}", self.place.pointer, escape(name))
    }

    /// The elements of a list. None, and a problem, where it is none.
    pub(crate) fn elements(&self, report: &mut Report) -> Option<Vec<Node<'a>>> {
        let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(self.raw.get()) else {
            return self.wrong("a list", report);
        };
        let node = |(index, raw): (usize, _)| Self::new(self.document, raw, format!("{}/{index}", self.place.pointer));
        Some(elements.into_iter().enumerate().map(node).collect())
    }

    /// The value as it is written.
    pub(crate) fn written(&self) -> &'a str {
        self.raw.get()
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        self.raw.get() == "null"
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.raw.get().starts_with('[')
    }

    /// A string. None, and a problem, where it is none.
    pub(crate) fn text(&self, report: &mut Report) -> Option<Cow<'a, str>> {
        match serde_json::from_str::<Text<'a>>(self.raw.get()) {
            Ok(Text(text)) => Some(text),
            Err(_) if self.raw.get().starts_with('"') => {
                report.problem(&self.place, "the string is no Unicode text".into(), "remove the lone surrogate");
                None
            }
            Err(_) => self.wrong("a string", report),
        }
    }

    /// A truth value. None, and a problem, where it is none.
    pub(crate) fn truth(&self, report: &mut Report) -> Option<bool> {
        serde_json::from_str(self.raw.get()).ok().or_else(|| self.wrong("`true` or `false`", report))
    }

    /// A whole number. None, and a problem, where it is none or out of range.
    pub(crate) fn integer(&self, range: RangeInclusive<u64>, report: &mut Report) -> Option<u64> {
        let number = serde_json::from_str::<u64>(self.raw.get()).ok().filter(|number| range.contains(number));
        number.or_else(|| self.wrong(&format!("a whole number from {} to {}", range.start(), range.end()), report))
    }

    fn wrong<T>(&self, expected: &str, report: &mut Report) -> Option<T> {
        let found = match self.raw.get().as_bytes().first() {
            Some(b'{') => "an object".into(),
            Some(b'[') => "a list".into(),
            _ => format!("`{}`", shown(self.raw.get())),
        };
        report.problem(&self.place, format!("expected {expected}, found {found}"), &format!("write {expected}"));
        None
    }
}

/// A member of an object: its name, where that begins, and its value.
struct Member<'a> {
    name: Cow<'a, str>,
    at: usize,
    value: &'a RawValue,
}

/// The known fields of an object.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    owner: Place,
    fields: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Fields<'a> {
    /// A field that may be left out.
    pub(crate) fn optional(&self, name: &str) -> Option<&Node<'a>> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// A field that may be left out, or be null, which is the same.
    pub(crate) fn given(&self, name: &str) -> Option<&Node<'a>> {
        self.optional(name).filter(|node| !node.is_null())
    }

    /// A field that has to be there. None, and a problem, where it is not.
    pub(crate) fn required(&self, name: &str, report: &mut Report) -> Option<&Node<'a>> {
        let found = self.optional(name);
        if found.is_none() {
            report.problem(&self.owner, format!("field `{name}` is missing"), "add it");
        }
        found
    }

    /// The one field of two that is there. None, and a problem, where both or neither are.
    pub(crate) fn either(&self, names: [&str; 2], report: &mut Report) -> Option<(&str, &Node<'a>)> {
        let [one, other] = names;
        match (self.optional(one), self.optional(other)) {
            (Some(node), None) => Some((self.name(one), node)),
            (None, Some(node)) => Some((self.name(other), node)),
            (found, _) => {
                let what = if found.is_some() { "both" } else { "neither" };
                let and = if found.is_some() { "and" } else { "nor" };
                report.problem(&self.owner, format!("{what} `{one}` {and} `{other}`"), "write one of them");
                None
            }
        }
    }

    /// The fields without those of these that are null.
    pub(crate) fn without_nulls(mut self, names: &[&str]) -> Self {
        self.fields.retain(|(key, node)| !node.is_null() || !names.contains(&&**key));
        self
    }

    fn name(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(key, _)| key)
    }
}

/// The members of an object, those that are there twice too.
#[derive(Debug)]
pub(crate) struct Members<'a>(pub(crate) Vec<(&'a RawValue, &'a RawValue)>);

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

/// Where in the document a raw value begins.
pub(crate) fn offset(document: &str, raw: &RawValue) -> usize {
    raw.get().as_ptr().addr().saturating_sub(document.as_ptr().addr())
}

/// A name as JSON pointers write it.
fn escape(name: &str) -> String {
    shown(name).replace('~', "~0").replace('/', "~1")
}

/// Names in backticks, with commas and an `or`.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("`{name}`"),
        [names @ .., last] => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", names.join(", "))
        }
    }
}
