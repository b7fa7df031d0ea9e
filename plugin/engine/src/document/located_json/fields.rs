//! The fields of an object that a reader knows.

use super::members::{Members, offset};
use super::node::Node;
use super::place::Place;
use super::quote::{list, shown};
use super::report::Report;
use crate::document::strict_json::Text;
use crate::words::Word;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The known fields of an object.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    owner: Place,
    fields: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Node<'a> {
    /// Reads an object that has the fields of a list of words, and no others. Reports unknown fields, and those given twice.
    pub(crate) fn fields<F: Word>(&self, report: &mut Report) -> Option<Fields<'a>> {
        let members = self.named_members(report)?;
        for NamedMember { name, at, .. } in members.iter().filter(|member| F::parse(&member.name).is_none()) {
            let place = Place { at: *at, pointer: self.place.member(name) };
            let help = format!("write one of {}", list(F::TEXTS));
            report.problem(&place, format!("unknown field `{}`", shown(name)), &help);
        }
        Some(self.known_fields(members, F::TEXTS, report))
    }

    /// Reads some fields of an object of another program, and ignores all others. Reports those given twice.
    pub(crate) fn some_fields(&self, names: &[&str], report: &mut Report) -> Option<Fields<'a>> {
        let members = self.named_members(report)?;
        Some(self.known_fields(members, names, report))
    }

    /// Reads an object whose members have any names. Reports names that are given twice.
    pub(crate) fn entries(&self, report: &mut Report) -> Option<Vec<(Cow<'a, str>, Node<'a>)>> {
        let members = self.named_members(report)?;
        let names: Vec<_> = members.iter().map(|member| member.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        Some(self.known_fields(members, &names, report).fields)
    }

    fn named_members(&self, report: &mut Report) -> Option<Vec<NamedMember<'a>>> {
        let Ok(Members(members)) = serde_json::from_str(self.raw.get()) else {
            return self.wrong("an object", report);
        };
        let mut named = Vec::with_capacity(members.len());
        for (raw_name, value) in members {
            let at = offset(self.text, raw_name);
            let Ok(Text(name)) = serde_json::from_str(raw_name.get()) else {
                let place = Place { at, pointer: self.place.pointer.clone() };
                report.problem(&place, "the name of a field is not valid Unicode".into(), "remove the lone surrogate");
                continue;
            };
            named.push(NamedMember { name, at, value });
        }
        Some(named)
    }

    /// The members with these names, the first of each.
    fn known_fields(&self, members: Vec<NamedMember<'a>>, names: &[&str], report: &mut Report) -> Fields<'a> {
        let mut fields: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        for NamedMember { name, at, value } in members.into_iter().filter(|member| names.contains(&&*member.name)) {
            let pointer = self.place.member(&name);
            if fields.iter().any(|(other, _)| *other == name) {
                report.problem(&Place { at, pointer }, format!("field `{name}` is given twice"), "keep one of them");
            } else {
                fields.push((name, Self::new(self.text, value, pointer)));
            }
        }
        Fields { owner: self.place.clone(), fields }
    }
}

/// A member of an object: its name, where that begins, and its value.
struct NamedMember<'a> {
    name: Cow<'a, str>,
    at: usize,
    value: &'a RawValue,
}

impl<'a> Fields<'a> {
    /// A field that may be missing.
    pub(crate) fn optional(&self, name: &str) -> Option<&Node<'a>> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// A field that may be missing, or be null, which means the same.
    pub(crate) fn given(&self, name: &str) -> Option<&Node<'a>> {
        self.optional(name).filter(|node| !node.is_null())
    }

    /// A field that has to be there. Reports one that is missing.
    pub(crate) fn required(&self, name: &str, report: &mut Report) -> Option<&Node<'a>> {
        let found = self.optional(name);
        if found.is_none() {
            report.problem(&self.owner, format!("field `{name}` is missing"), "add it");
        }
        found
    }

    /// The one field of two that is there. Reports it where both are there, or neither is.
    pub(crate) fn either<F: Word>(&self, [one, other]: [F; 2], report: &mut Report) -> Option<(F, &Node<'a>)> {
        let (what, and) = match (self.optional(one.text()), self.optional(other.text())) {
            (Some(node), None) => return Some((one, node)),
            (None, Some(node)) => return Some((other, node)),
            (Some(_), Some(_)) => ("both", "and"),
            (None, None) => ("neither", "nor"),
        };
        let message = format!("{what} `{}` {and} `{}`", one.text(), other.text());
        report.problem(&self.owner, message, "write one of them");
        None
    }
}
