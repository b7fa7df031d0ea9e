//! Which rule is meant.

use std::fmt;

use super::change_error::listed;
use crate::command::fault::Fault;
use crate::command::request::Request;

/// The rule that a verb is about, by its id or by its namespace: there is at most one for a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RuleSelector {
    Id(u64),
    Namespace(String),
}

impl RuleSelector {
    /// Reads what names a rule. Digits alone are an id.
    ///
    /// # Errors
    ///
    /// - `` (empty): nothing is named
    /// - `99999999999999999999`: no id is that great
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty; give the id of a rule, or its namespace".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Namespace(text.to_owned()));
        }
        text.parse().map(Self::Id).map_err(|_| "no id is that great; `tagseal rules list` shows them".to_owned())
    }

    /// The query that selects it.
    pub(super) fn query(&self) -> Request {
        let mut query = Request::new();
        match self {
            Self::Id(id) => {
                query.add("{\"ids\": [");
                query.add_json("/ids/0", "rule", &id.to_string(), &id.to_string());
            }
            Self::Namespace(name) => {
                query.add("{\"namespaces\": [");
                query.add_text("/namespaces/0", "rule", name);
            }
        }
        query.add("]}");
        query
    }

    /// The fault of a document that has no such rule.
    pub(super) fn missing(&self, policy: &str) -> Fault {
        Fault::declined("not-found", format!("there is no {self}")).help(listed(policy))
    }
}

impl fmt::Display for RuleSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(formatter, "rule {id}"),
            Self::Namespace(name) => write!(formatter, "rule for namespace `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RuleSelector;

    #[test]
    fn digits_alone_are_an_id() {
        for (text, expected) in [
            ("3", Some(RuleSelector::Id(3))),
            ("007", Some(RuleSelector::Id(7))),
            ("prod", Some(RuleSelector::Namespace("prod".to_owned()))),
            ("*", Some(RuleSelector::Namespace("*".to_owned()))),
            ("3a", Some(RuleSelector::Namespace("3a".to_owned()))),
            ("", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(RuleSelector::parse(text).ok(), expected, "{text}");
        }
    }
}
