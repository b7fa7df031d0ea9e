//! From a document to a policy, or to what is wrong with it.

use super::builder::build;
use super::compiled::Policy;
use crate::diagnostic::Diagnostic;
use crate::document::check::document::{problems, warnings};

impl Policy {
    /// Validates and compiles a document.
    ///
    /// # Errors
    ///
    /// Every problem of the document, in the order of their places: up to 1,000, then one more that counts the rest.
    #[inline(never)]
    pub fn compile(document: String) -> Result<Self, Vec<Diagnostic>> {
        // A valid document takes this path alone. An invalid one is read again, slowly, for what is wrong and where.
        match build(&document) {
            Some(policy) => Ok(Self { document, ..policy }),
            None => Err(problems(&document)),
        }
    }

    /// Whether a document is valid.
    pub(crate) fn is_valid(document: &str) -> bool {
        build(document).is_some()
    }

    /// Returns what is valid in the document but almost certainly not meant: up to 1,000, then one more that counts the rest.
    #[inline(never)]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        warnings(self.document())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_have_alike_is_packed_once() {
        let protects = r#"[{"repositories":{"matches":"web-*"},"tags":{"excludes":["latest","{dev,x?}[0-9]*"]}},
            {"repositories":{"matches":"**"},"tags":{"matches":"latest"}}]"#;
        let rule = |id| format!(r#"{{"id":{id},"namespace":"n{id}","protects":{protects}}}"#);
        let document = |count| {
            let rules: Vec<_> = (1..=count).map(rule).collect();
            format!(r#"{{"version":1,"rules":[{}]}}"#, rules.join(","))
        };
        let [one, many] = [1, 1_000].map(|count| Policy::compile(document(count)).unwrap());
        assert_eq!(many.pairs, one.pairs);
        assert_eq!(many.rules.len(), 1_000);
        assert!(many.rules.iter().all(|rule| rule.pairs == (0, 2)));
    }
}
