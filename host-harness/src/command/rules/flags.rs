//! The fields of a rule, told by flags.

use clap::Args;

use crate::command::request::Request;

/// What a rule does. Who reads the flags decides which of them are due.
#[derive(Args, Default, PartialEq, Eq)]
#[command(next_help_heading = "The rule")]
pub(super) struct RuleFlags {
    /// Protect every tag but `latest`, in every repository
    #[arg(long, conflicts_with_all = ["repositories", "repositories_except", "tags", "tags_except", "protects"])]
    latest: bool,
    /// In repositories that match; give it again for one more pattern
    #[arg(long, value_name = "PATTERN", conflicts_with_all = ["repositories_except", "protects"])]
    repositories: Vec<String>,
    /// In every repository but those that match
    #[arg(long, value_name = "PATTERN", conflicts_with = "protects")]
    repositories_except: Vec<String>,
    /// Protect tags that match; give it again for one more pattern
    #[arg(long, value_name = "PATTERN", conflicts_with_all = ["tags_except", "protects"])]
    tags: Vec<String>,
    /// Protect every tag but those that match
    #[arg(long, value_name = "PATTERN", conflicts_with = "protects")]
    tags_except: Vec<String>,
    /// A selector pair as documents have it, for a rule that needs several; give it again for each
    #[arg(long, value_name = "JSON")]
    protects: Vec<String>,
    /// Switch it on, as a rule is from its creation
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Switch it off: it decides nothing
    #[arg(long)]
    disabled: bool,
    /// Let protected tags be deleted
    #[arg(long, conflicts_with = "deny_deletion")]
    allow_deletion: bool,
    /// Keep protected tags from being deleted, as a rule does unless it says otherwise
    #[arg(long)]
    deny_deletion: bool,
    /// Leave sets of tags alone: `signatures`, `referrers`; `--exempt=` for none
    #[arg(long, value_name = "SET,SET", value_delimiter = ',')]
    exempt: Option<Vec<String>>,
    /// What people should know of it; `--note=` for nothing
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// A pair of selectors in JSON, for what flags leave open.
pub(super) struct Pair {
    pub(super) repositories: String,
    pub(super) tags: String,
}

impl Pair {
    /// Everything.
    pub(super) fn whole() -> Self {
        let everything = r#"{"matches": "**"}"#.to_owned();
        Self { repositories: everything.clone(), tags: everything }
    }
}

/// What flags say of the tags that a rule protects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    Nothing,
    /// One selector of a pair, not the other.
    Half,
    Whole,
}

impl RuleFlags {
    pub(super) fn protection(&self) -> Protection {
        let repositories = !self.repositories.is_empty() || !self.repositories_except.is_empty();
        let tags = !self.tags.is_empty() || !self.tags_except.is_empty();
        match (repositories, tags) {
            _ if self.latest || !self.protects.is_empty() => Protection::Whole,
            (true, true) => Protection::Whole,
            (false, false) => Protection::Nothing,
            _ => Protection::Half,
        }
    }

    /// Adds the fields that the flags tell to an object. Where they tell one selector of a pair, the other is that of `rest`.
    pub(super) fn write(&self, request: &mut Request, object: &str, rest: &Pair) {
        if self.enabled || self.disabled {
            request.add_name("enabled");
            request.add(if self.enabled { "true" } else { "false" });
        }
        if self.allow_deletion || self.deny_deletion {
            request.add_name("deletion");
            request.add(if self.allow_deletion { "\"allow\"" } else { "\"deny\"" });
        }
        if let Some(names) = &self.exempt {
            request.add_name("exempt");
            let names: Vec<_> = names.iter().filter(|name| !name.is_empty()).collect();
            request.add_texts(&format!("{object}/exempt"), "--exempt", &names);
        }
        if let Some(note) = &self.note {
            request.add_name("note");
            request.add_text(&format!("{object}/note"), "--note", note);
        }
        self.write_protection(request, object, rest);
    }

    fn write_protection(&self, request: &mut Request, object: &str, rest: &Pair) {
        let protects = format!("{object}/protects");
        if self.latest {
            request.add_name("preset");
            request.add("\"latest\"");
        } else if !self.protects.is_empty() {
            request.add_name("protects");
            request.add("[");
            for (index, pair) in self.protects.iter().enumerate() {
                request.part();
                request.add_json(&format!("{protects}/{index}"), "--protects", pair, pair);
            }
            request.add("]");
        } else if self.protection() != Protection::Nothing {
            request.add_name("protects");
            request.add("[{");
            let selectors = [
                ("repositories", &self.repositories, &self.repositories_except, &rest.repositories),
                ("tags", &self.tags, &self.tags_except, &rest.tags),
            ];
            for (name, matches, excludes, rest) in selectors {
                request.add_name(name);
                write_selector(request, &format!("{protects}/0/{name}"), name, [matches, excludes], rest);
            }
            request.add("}]");
        }
    }
}

/// Writes the patterns that are given, else what stands for them.
fn write_selector(
    request: &mut Request,
    pointer: &str,
    name: &str,
    [matches, excludes]: [&[String]; 2],
    otherwise: &str,
) {
    let (key, flag, patterns) = match (matches, excludes) {
        ([], []) => return request.add(otherwise),
        ([], excludes) => ("excludes", format!("--{name}-except"), excludes),
        (matches, _) => ("matches", format!("--{name}"), matches),
    };
    let pointer = format!("{pointer}/{key}");
    request.add("{");
    request.add_name(key);
    match patterns {
        [pattern] => request.add_text(&pointer, &flag, pattern),
        patterns => request.add_texts(&pointer, &flag, patterns),
    }
    request.add("}");
}
