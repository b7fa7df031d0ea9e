//! What a single pattern matches, for readers that ask once. A policy packs its patterns and asks those.

use super::matcher::compile;
use super::regex::Regex;
use super::shape::Shape;
use super::text_match::{is_path_suffix, is_prefix_suffix, is_same, text_after};

impl Shape {
    /// Whether it matches each of some subjects. `None` where that could not be found out.
    pub(crate) fn matches(&self, subjects: &[&str]) -> Vec<Option<bool>> {
        let each = |is_match: &dyn Fn(&str) -> bool| subjects.iter().map(|subject| Some(is_match(subject))).collect();
        match self {
            Self::Everything => each(&|_| true),
            Self::Literal(text) => each(&|subject| is_same(text.as_bytes(), subject.as_bytes())),
            Self::Prefix(text) => each(&|subject| text_after(text.as_bytes(), subject.as_bytes()).is_some()),
            Self::PrefixSuffix(start, end) => {
                each(&|subject| is_prefix_suffix(start.as_bytes(), end.as_bytes(), subject.as_bytes()))
            }
            Self::PathSuffix(name) => each(&|subject| is_path_suffix(name.as_bytes(), subject.as_bytes())),
            Self::Version(class) => each(&|subject| class.holds(subject)),
            Self::AnyOf(shapes) => any_matches(shapes, subjects),
            Self::Expression(text) => match compile(text) {
                Some(matcher) => subjects.iter().map(|subject| matcher.is_match(subject)).collect(),
                None => vec![None; subjects.len()],
            },
            Self::Regex(text) => match Regex::compile(text) {
                Ok(regex) => subjects.iter().map(|subject| regex.is_match(subject)).collect(),
                Err(_) => vec![None; subjects.len()],
            },
        }
    }
}

/// Whether one of some shapes matches each of some subjects. `None` where none does, and that of one of them could not be
/// found out.
pub(crate) fn any_matches(shapes: &[Shape], subjects: &[&str]) -> Vec<Option<bool>> {
    let mut found = vec![Some(false); subjects.len()];
    for shape in shapes {
        for (found, is_match) in found.iter_mut().zip(shape.matches(subjects)) {
            *found = match (*found, is_match) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, _) | (_, None) => None,
            };
        }
    }
    found
}
