//! The shape of a policy document: what a good one is read into, in one pass and without copies.
//!
//! Words (`deny`, `latest`) are read as text and judged later: a derived enum would take `{"deny": null}` for one.

use crate::json::{Object, Text, Texts, present};
use serde::Deserialize;

/// A policy document. Its rules are what the reader makes of their list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "R: Deserialize<'de>, 'de: 'a"))]
pub(crate) struct Document<'a, R> {
    pub(crate) version: u64,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) instance: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) revision: Option<u64>,
    #[serde(default, rename = "next-id", deserialize_with = "present")]
    pub(crate) next_id: Option<u64>,
    pub(crate) rules: R,
}

/// What a namespace keeps immutable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule<'a> {
    pub(crate) id: u64,
    #[serde(borrow)]
    pub(crate) namespace: Text<'a>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) enabled: Option<bool>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) deletion: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) exempt: Option<Vec<Text<'a>>>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) note: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) preset: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) protects: Option<Vec<Object<Pair<'a>>>>,
}

/// A selector pair: which tags of which repositories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair<'a> {
    #[serde(borrow)]
    pub(crate) repositories: Object<Selector<'a>>,
    #[serde(borrow)]
    pub(crate) tags: Object<Selector<'a>>,
}

/// Which of something: what patterns match, or what none of them does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selector<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) matches: Option<Texts<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    pub(crate) excludes: Option<Texts<'a>>,
}
