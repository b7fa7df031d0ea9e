//! An object as it is written: its members, and what is between them.

use crate::document::located_json::members::{Members, offset};
use crate::document::strict_json::Text;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// An object as it is written.
#[derive(Debug)]
pub(super) struct RawObject<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// What is between the last member and the `}`.
    pub(super) close: &'a str,
}

/// A member of an object as it is written.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) name: Cow<'a, str>,
    /// What is before it: after the `{`, or after the last member, with the comma.
    pub(super) lead: &'a str,
    /// Its name as it is written, and the colon.
    pub(super) label: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
    /// Where its value is.
    pub(super) place: Range<usize>,
}

impl<'a> RawObject<'a> {
    /// Reads an object. Returns `None` for anything else, and for an object without members.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let Members(raw) = serde_json::from_str(text).ok()?;
        let mut end = text.find('{')? + 1;
        let mut members = Vec::with_capacity(raw.len());
        for (name, value) in raw {
            let (at, start) = (offset(text, name), offset(text, value));
            let Text(name) = serde_json::from_str(name.get()).ok()?;
            let (lead, label) = (text.get(end..at)?, text.get(at..start)?.into());
            end = start + value.get().len();
            members.push(Member { name, lead, label, value: value.get().into(), place: start..end });
        }
        let close = text.get(end..text.rfind('}')?)?;
        (!members.is_empty()).then_some(Self { members, close })
    }

    /// The member with a name.
    pub(super) fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.name == name)
    }

    /// What is before its first member.
    pub(super) fn open(&self) -> &'a str {
        self.members.first().map_or("", |member| member.lead)
    }

    /// What is before its second member, the comma included.
    pub(super) fn comma(&self) -> &'a str {
        self.members.get(1).map_or(",", |member| member.lead)
    }

    /// What is between the name and the value of its first member.
    pub(super) fn colon(&self) -> &str {
        let label = self.members.first().map_or(":", |member| &member.label);
        label.rfind('"').and_then(|at| label.get(at + 1..)).unwrap_or(":")
    }

    /// Gives the member `old` another name and value. Does nothing where there is no such member.
    pub(super) fn replace(&mut self, old: &str, name: &str, value: String) {
        let label = self.label(name);
        let Some(member) = self.members.iter_mut().find(|member| member.name == old) else { return };
        if old != name {
            (member.name, member.label) = (name.to_owned().into(), label.into());
        }
        member.value = value.into();
    }

    /// Adds a member at an index, which is not the first.
    pub(super) fn insert(&mut self, index: usize, name: &str, value: String) {
        let (lead, label) = (self.comma(), self.label(name).into());
        let member = Member { name: name.to_owned().into(), lead, label, value: value.into(), place: 0..0 };
        self.members.insert(index.min(self.members.len()), member);
    }

    /// Removes a member. What was before the first one is before the next one then.
    pub(super) fn remove(&mut self, name: &str) {
        let open = self.open();
        self.members.retain(|member| member.name != name);
        if let Some(first) = self.members.first_mut() {
            first.lead = open;
        }
    }

    /// A name as it is written before its value.
    fn label(&self, name: &str) -> String {
        [&*Value::from(name).to_string(), self.colon()].concat()
    }

    /// The text of it.
    pub(super) fn text(&self) -> String {
        let members = self.members.iter().flat_map(|member| [member.lead, &*member.label, &*member.value]);
        let parts: Vec<&str> = ["{"].into_iter().chain(members).chain([self.close, "}"]).collect();
        parts.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for text in [
            r#"{"a":1}"#,
            r#"{ "a" : {"b": "}"} , "c\"" :[ ]  }"#,
            "{\n\t\"a\": 1,\n\t\"b\": \"{\"\n}",
            "{\"a\"\r\n:\r\n1}",
        ] {
            assert_eq!(RawObject::read(text).unwrap().text(), text);
        }
        for text in ["", "{}", "[1]", "1", r#"{"a"}"#] {
            assert!(RawObject::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_stands_between_members_is_known() {
        let written = RawObject::read("{ \"a\\\"\" : 1 ,\n  \"b\":\"x\"}").unwrap();
        assert_eq!((written.open(), written.colon(), written.comma(), written.close), (" ", " : ", " ,\n  ", ""));
        assert_eq!(written.member("b").map(|member| (&*member.value, member.place.clone())), Some(("\"x\"", 20..23)));
        assert!(written.member("c").is_none());
        assert_eq!(written.members.len(), 2);
        let single = RawObject::read(r#"{"a":1}"#).unwrap();
        assert_eq!((single.open(), single.colon(), single.comma(), single.close), ("", ":", ",", ""));
    }
}
