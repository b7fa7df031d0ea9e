//! Patterns of a selector as a document writes them: one, or a list.

use super::object::{ObjectReader, put, read_object};
use super::strict_json::Text;
use crate::pattern::written::{PatternField, WrittenPattern};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A pattern as a document writes it: a string, or an object with `regex`.
#[derive(Debug)]
pub(crate) enum JsonPattern<'a> {
    /// A glob or a version class.
    Text(Text<'a>),
    /// A regular expression.
    Regex(Text<'a>),
}

impl JsonPattern<'_> {
    /// The pattern as it is written.
    pub(crate) fn written(&self) -> WrittenPattern<'_> {
        match self {
            Self::Text(text) => WrittenPattern::Text(&text.0),
            Self::Regex(text) => WrittenPattern::Regex(&text.0),
        }
    }
}

/// One pattern, or a list of them.
#[derive(Debug)]
pub(crate) enum JsonPatterns<'a> {
    One(JsonPattern<'a>),
    Many(Vec<JsonPattern<'a>>),
}

impl<'a> JsonPatterns<'a> {
    /// The patterns, in their order.
    pub(crate) fn as_slice(&self) -> &[JsonPattern<'a>] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Many(patterns) => patterns,
        }
    }
}

#[derive(Default)]
struct RegexReader<'a> {
    regex: Option<Text<'a>>,
}

impl<'de> ObjectReader<'de> for RegexReader<'de> {
    type Field = PatternField;
    type Value = Text<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: PatternField, map: &mut A) -> Result<(), A::Error> {
        match field {
            PatternField::Regex => put(&mut self.regex, map),
        }
    }

    fn finish(self) -> Option<Text<'de>> {
        self.regex
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonPattern<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternVisitor)
    }
}

struct PatternVisitor;

impl<'de> Visitor<'de> for PatternVisitor {
    type Value = JsonPattern<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a pattern")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(JsonPattern::Text(Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonPattern::Text(Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        read_object::<RegexReader<'de>, _>(MapAccessDeserializer::new(map)).map(JsonPattern::Regex)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonPatterns<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternsVisitor)
    }
}

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = JsonPatterns<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a pattern or a list of patterns")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        PatternVisitor.visit_borrowed_str(text).map(JsonPatterns::One)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        PatternVisitor.visit_str(text).map(JsonPatterns::One)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        PatternVisitor.visit_map(map).map(JsonPatterns::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, patterns: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(patterns)).map(JsonPatterns::Many)
    }
}
