//! The fields of a rule, given by flags.

use clap::Args;

use crate::command::request::Request;

/// The fields of a rule. Each command decides which of them are required.
#[derive(Args, Default, PartialEq, Eq)]
#[command(next_help_heading = "The rule")]
pub(super) struct RuleFlags {
    /// Protect every tag except `latest`, in every repository
    #[arg(long, conflicts_with_all = ["repositories", "repositories_regex", "repositories_except", "tags", "tags_regex", "tags_except", "protects"])]
    latest: bool,
    /// Only in repositories that match; several patterns have commas between, or a flag each
    #[arg(long, value_name = "PATTERN")]
    repositories: Vec<String>,
    /// Only in repositories that match a regular expression as a whole; give it again for one more
    #[arg(long, value_name = "REGEX")]
    repositories_regex: Vec<String>,
    /// Not in repositories that match
    #[arg(long, value_name = "PATTERN")]
    repositories_except: Vec<String>,
    /// Protect tags that match; several patterns have commas between, or a flag each
    #[arg(long, value_name = "PATTERN")]
    tags: Vec<String>,
    /// Protect tags that match a regular expression as a whole; give it again for one more
    #[arg(long, value_name = "REGEX")]
    tags_regex: Vec<String>,
    /// Do not protect tags that match. Without `--tags`, every other tag is protected
    #[arg(long, value_name = "PATTERN")]
    tags_except: Vec<String>,
    /// A selector pair as documents have it, for a rule that needs several pairs; give it again for each
    #[arg(long, value_name = "JSON", conflicts_with_all = ["repositories", "repositories_regex", "repositories_except", "tags", "tags_regex", "tags_except"])]
    protects: Vec<String>,
    /// Enable the rule. A new rule is enabled unless it says otherwise
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Disable the rule: it decides nothing
    #[arg(long)]
    disabled: bool,
    /// Whether protected tags may be deleted: `deny` (the default), `allow`, or `retire`, which lets a tag be deleted, but
    /// not used again for another image
    #[arg(long, value_name = "deny|allow|retire", conflicts_with_all = ["allow_deletion", "deny_deletion"])]
    deletion: Option<String>,
    /// The same as `--deletion allow`
    #[arg(long, conflicts_with = "deny_deletion")]
    allow_deletion: bool,
    /// The same as `--deletion deny`
    #[arg(long)]
    deny_deletion: bool,
    /// Exempt sets of tags from the rule: `signatures`, `referrers`, `cache`; `--exempt=` for none
    #[arg(long, value_name = "SET,SET", value_delimiter = ',')]
    exempt: Option<Vec<String>>,
    /// A note for people; `--note=` removes it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// One half of a selector pair, as flags give it.
struct HalfPair<'a> {
    /// `repositories` or `tags`.
    name: &'static str,
    globs: &'a [String],
    regexes: &'a [String],
    excludes: &'a [String],
}

/// How a half of a pair that no flag gives is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingHalf {
    /// As everything, in a new rule.
    Everything,
    /// Not at all, so that the half of the rule stays.
    Stays,
}

/// Whether flags say which tags a rule protects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    Given,
    NotGiven,
}

impl RuleFlags {
    pub(super) fn protection(&self) -> Protection {
        let is_given = self.latest || !self.protects.is_empty() || self.halves().iter().any(HalfPair::is_given);
        if is_given { Protection::Given } else { Protection::NotGiven }
    }

    /// Adds the fields that the flags give to an object.
    pub(super) fn write(&self, request: &mut Request, object: &str, missing: MissingHalf) {
        if self.enabled || self.disabled {
            request.add_name("enabled");
            request.add(if self.enabled { "true" } else { "false" });
        }
        if let Some(deletion) = &self.deletion {
            request.add_name("deletion");
            request.add_text(&format!("{object}/deletion"), "--deletion", deletion);
        } else if self.allow_deletion || self.deny_deletion {
            request.add_name("deletion");
            request.add(if self.allow_deletion { "\"allow\"" } else { "\"deny\"" });
        }
        if let Some(names) = &self.exempt {
            request.add_name("exempt");
            // `--exempt=` is no set. An empty name among others stays, and the component refuses it.
            let names = if names.iter().all(String::is_empty) && names.len() == 1 { &[][..] } else { names };
            request.add_texts(&format!("{object}/exempt"), "--exempt", names);
        }
        if let Some(note) = &self.note {
            request.add_name("note");
            request.add_text(&format!("{object}/note"), "--note", note);
        }
        self.write_protection(request, object, missing);
    }

    fn write_protection(&self, request: &mut Request, object: &str, missing: MissingHalf) {
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
        } else if self.protection() == Protection::Given {
            request.add_name("protects");
            self.write_pair(request, &protects, missing);
        }
    }

    /// Writes a list of one pair, or an object with the half of a pair that is given.
    fn write_pair(&self, request: &mut Request, protects: &str, missing: MissingHalf) {
        let halves = self.halves();
        let is_whole = missing == MissingHalf::Everything || halves.iter().all(HalfPair::is_given);
        let (start, end, pair) =
            if is_whole { ("[{", "}]", format!("{protects}/0")) } else { ("{", "}", protects.to_owned()) };
        request.add(start);
        for half in halves.iter().filter(|half| is_whole || half.is_given()) {
            request.add_name(half.name);
            half.write(request, &format!("{pair}/{}", half.name));
        }
        request.add(end);
    }

    fn halves(&self) -> [HalfPair<'_>; 2] {
        let Self { repositories, repositories_regex, repositories_except, tags, tags_regex, tags_except, .. } = self;
        let half = |name, globs, regexes, excludes| HalfPair { name, globs, regexes, excludes };
        [
            half("repositories", repositories, repositories_regex, repositories_except),
            half("tags", tags, tags_regex, tags_except),
        ]
    }
}

impl HalfPair<'_> {
    fn is_given(&self) -> bool {
        !(self.globs.is_empty() && self.regexes.is_empty() && self.excludes.is_empty())
    }

    fn write(&self, request: &mut Request, pointer: &str) {
        let Self { name, globs, regexes, excludes } = self;
        if !self.is_given() {
            return request.add(r#"{"matches": "**"}"#);
        }
        let globs = patterns(&format!("--{name}"), globs);
        let regexes = regexes.iter().map(|regex| (format!("--{name}-regex"), Pattern::Regex(regex)));
        let matches: Vec<_> = globs.chain(regexes).collect();
        let excludes: Vec<_> = patterns(&format!("--{name}-except"), excludes).collect();
        request.add("{");
        for (key, patterns) in [("matches", matches), ("excludes", excludes)] {
            if !patterns.is_empty() {
                request.add_name(key);
                write_patterns(request, &format!("{pointer}/{key}"), &patterns);
            }
        }
        request.add("}");
    }
}

/// A pattern of a flag.
enum Pattern<'a> {
    Glob(&'a str),
    Regex(&'a str),
}

/// The patterns in the values of a flag, each with the flag.
fn patterns<'a>(flag: &str, values: &'a [String]) -> impl Iterator<Item = (String, Pattern<'a>)> + use<'a> {
    let flag = flag.to_owned();
    values.iter().flat_map(|value| split_at_commas(value)).map(move |pattern| (flag.clone(), Pattern::Glob(pattern)))
}

/// Writes one pattern by itself, and several as a list.
fn write_patterns(request: &mut Request, pointer: &str, patterns: &[(String, Pattern<'_>)]) {
    if let [(flag, pattern)] = patterns {
        return pattern.write(request, pointer, flag);
    }
    request.add("[");
    for (index, (flag, pattern)) in patterns.iter().enumerate() {
        request.part();
        pattern.write(request, &format!("{pointer}/{index}"), flag);
    }
    request.add("]");
}

impl Pattern<'_> {
    fn write(&self, request: &mut Request, pointer: &str, flag: &str) {
        match self {
            Self::Glob(glob) => request.add_text(pointer, flag, glob),
            Self::Regex(regex) => {
                request.add("{\"regex\": ");
                request.add_text(&format!("{pointer}/regex"), flag, regex);
                request.add("}");
            }
        }
    }
}

/// Splits the value of a flag at its commas, but not within braces and classes: no name has a comma, so it can only stand
/// between patterns there.
fn split_at_commas(value: &str) -> Vec<&str> {
    let (mut parts, mut start, mut braces, mut class) = (Vec::new(), 0, 0_usize, false);
    let mut is_escaped = false;
    for (index, letter) in value.char_indices() {
        match letter {
            _ if is_escaped => {
                is_escaped = false;
                continue;
            }
            '\\' => is_escaped = true,
            '[' if !class => class = true,
            ']' => class = false,
            '{' if !class => braces += 1,
            '}' if !class => braces = braces.saturating_sub(1),
            ',' if !class && braces == 0 => {
                parts.extend(value.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(value.get(start..));
    // An empty pattern stays, and the component refuses it: a variable of a script may have been empty.
    parts
}

#[cfg(test)]
mod tests {
    use super::split_at_commas;

    #[test]
    fn a_comma_splits_outside_braces_and_classes_only() {
        for (value, expected) in [
            ("latest", &["latest"][..]),
            ("latest,dev-*", &["latest", "dev-*"]),
            ("v{1,2},x", &["v{1,2}", "x"]),
            ("{a,{b,c}},d", &["{a,{b,c}}", "d"]),
            ("[a,b],c", &["[a,b]", "c"]),
            ("[{],a,{b,c}", &["[{]", "a", "{b,c}"]),
            ("a\\,b,c", &["a\\,b", "c"]),
            ("a,,b,", &["a", "", "b", ""]),
            ("", &[""]),
        ] {
            assert_eq!(split_at_commas(value), expected, "{value}");
        }
    }
}
