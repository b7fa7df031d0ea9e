//! The policies that all subjects are given: as rules, and as the document that Tagseal reads.

use serde_json::{Value, json};

/// The pattern that stands for semantic versions without pre-release.
pub(crate) const RELEASE: &str = "@release";
/// The same as a regular expression, for those that have it by no name.
pub(crate) const RELEASE_EXPRESSION: &str =
    r"^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(_[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$";

/// A policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) rules: Vec<Rule>,
}

/// What a namespace keeps immutable.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) namespace: String,
    pub(crate) deletion_allowed: bool,
    pub(crate) protection: Protection,
}

/// How a rule is written.
#[derive(Clone, Debug)]
pub(crate) enum Protection {
    Latest,
    Custom(Vec<Pair>),
}

/// A selector pair.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) repositories: Selector,
    pub(crate) tags: Selector,
}

/// What patterns match, or what none of them does.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    Matches(Vec<&'static str>),
    Excludes(Vec<&'static str>),
}

impl Policy {
    /// So many rules: one for `*` where there are several, the others in turn by the preset, by exclusion, by two pairs, and
    /// by patterns that need a regular expression.
    pub(crate) fn of(count: u64) -> Self {
        let instance = (count > 1).then(|| Rule {
            id: count,
            namespace: "*".to_owned(),
            deletion_allowed: false,
            protection: Protection::Custom(vec![Pair::new(Matches(vec!["**"]), Matches(vec![RELEASE]))]),
        });
        let named = count.saturating_sub(instance.iter().len() as u64);
        Self { rules: (0..named).map(Rule::of).chain(instance).collect() }
    }

    /// The document.
    pub(crate) fn document(&self) -> String {
        let rules: Vec<String> = self.rules.iter().map(|rule| rule.json().to_string()).collect();
        format!(r#"{{"version":1,"instance":"peers","revision":1,"rules":[{}]}}"#, rules.join(","))
    }
}

use Selector::{Excludes, Matches};

impl Rule {
    fn of(index: u64) -> Self {
        let protection = match index % 4 {
            0 => Protection::Latest,
            1 => Protection::Custom(vec![Pair::new(Matches(vec!["**"]), Excludes(vec!["latest", "dev-*"]))]),
            2 => Protection::Custom(vec![
                Pair::new(Matches(vec!["base/*", "team/**"]), Matches(vec!["stable", "v*"])),
                Pair::new(Excludes(vec!["scratch/**"]), Matches(vec!["prod-*"])),
            ]),
            _ => Protection::Custom(vec![Pair::new(
                Matches(vec!["{base,team}/app-*"]),
                Excludes(vec!["*-snapshot", "{dev,test}-*"]),
            )]),
        };
        Self { id: index + 1, namespace: format!("n{index}"), deletion_allowed: index % 4 == 3, protection }
    }

    /// Its pairs, the preset's too.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        match &self.protection {
            Protection::Latest => vec![Pair::new(Matches(vec!["**"]), Excludes(vec!["latest"]))],
            Protection::Custom(pairs) => pairs.clone(),
        }
    }

    fn json(&self) -> Value {
        let deletion = if self.deletion_allowed { "allow" } else { "deny" };
        match &self.protection {
            Protection::Latest => {
                json!({ "id": self.id, "namespace": self.namespace, "deletion": deletion, "preset": "latest" })
            }
            Protection::Custom(pairs) => {
                let pairs: Vec<Value> = pairs.iter().map(Pair::json).collect();
                json!({ "id": self.id, "namespace": self.namespace, "deletion": deletion, "protects": pairs })
            }
        }
    }
}

impl Pair {
    fn new(repositories: Selector, tags: Selector) -> Self {
        Self { repositories, tags }
    }

    fn json(&self) -> Value {
        json!({ "repositories": self.repositories.json(), "tags": self.tags.json() })
    }
}

impl Selector {
    fn json(&self) -> Value {
        match self {
            Matches(patterns) => json!({ "matches": patterns }),
            Excludes(patterns) => json!({ "excludes": patterns }),
        }
    }

    /// Its patterns.
    pub(crate) fn patterns(&self) -> &[&'static str] {
        match self {
            Matches(patterns) | Excludes(patterns) => patterns,
        }
    }

    /// Whether it selects what none of its patterns matches.
    pub(crate) fn excludes(&self) -> bool {
        matches!(self, Excludes(_))
    }
}
