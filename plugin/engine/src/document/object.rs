//! Objects whose fields are words: read field by field, each at most once, and no field that is not a word.

use crate::words::Word;
use serde::de::{self, Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What is known of an object so far, while it is read.
pub(crate) trait ObjectReader<'de>: Default {
    /// The names of its fields.
    type Field: Word;
    /// What it is when it is whole.
    type Value;

    /// Reads the value of a field.
    fn read<A: MapAccess<'de>>(&mut self, field: Self::Field, map: &mut A) -> Result<(), A::Error>;

    /// Returns the value, or `None` where a field is missing or two do not go together.
    fn finish(self) -> Option<Self::Value>;
}

/// Reads an object. An array is not one, though types that are derived would take their fields from it.
pub(crate) fn read_object<'de, R: ObjectReader<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<R::Value, D::Error> {
    deserializer.deserialize_map(ObjectVisitor::<R>(PhantomData))
}

/// Reads the value of a field. A field that is there twice is an error.
pub(crate) fn put<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    slot: &mut Option<T>,
    map: &mut A,
) -> Result<(), A::Error> {
    let value = map.next_value()?;
    set(slot, value)
}

/// Takes the value of a field. A field that is there twice is an error.
pub(crate) fn set<T, E: Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom("a field is given twice")),
    }
}

struct ObjectVisitor<R>(PhantomData<R>);

impl<'de, R: ObjectReader<'de>> Visitor<'de> for ObjectVisitor<R> {
    type Value = R::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<R::Value, A::Error> {
        let mut reader = R::default();
        while let Some(Name(field)) = map.next_key()? {
            reader.read(field, &mut map)?;
        }
        reader.finish().ok_or_else(|| A::Error::custom("a field is missing, or excludes another"))
    }
}

/// The name of a field.
struct Name<F>(F);

impl<'de, F: Word> Deserialize<'de> for Name<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(NameVisitor(PhantomData))
    }
}

struct NameVisitor<F>(PhantomData<F>);

impl<F: Word> Visitor<'_> for NameVisitor<F> {
    type Value = Name<F>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Name<F>, E> {
        F::parse(text).map(Name).ok_or_else(|| E::custom("unknown field"))
    }
}
