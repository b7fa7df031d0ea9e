//! Documents, printed as people write them.

use super::draft::{Draft, Pair, Pattern, Rule, Selector};
use crate::document::head::VERSION;
use crate::pattern::written::{PatternField, WrittenPattern};
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::{DocumentField, ENABLED_BY_DEFAULT, PairField, RuleField, SelectorField};
use crate::words::Word;
use serde_json::Value;

/// How many characters a list of patterns has on one line.
const MAX_LINE_CHARACTERS: usize = 100;

/// Returns the document of a draft all of whose rules have ids.
pub(super) fn document(draft: &Draft, instance: Option<&str>) -> String {
    let fields = DocumentField::ALL.iter().filter_map(|field| {
        let value = match field {
            DocumentField::Version => VERSION.to_string(),
            DocumentField::Instance => quoted(instance?),
            // A new document has none of them.
            DocumentField::Revision | DocumentField::NextId | DocumentField::Overrides => return None,
            DocumentField::Rules => rules(&draft.rules),
        };
        Some(format!("  \"{}\": {value}", field.text()))
    });
    format!("{{\n{}\n}}\n", fields.collect::<Vec<_>>().join(",\n"))
}

fn rules(rules: &[Rule]) -> String {
    let rules: Vec<_> = rules.iter().map(rule).collect();
    if rules.is_empty() { String::from("[]") } else { format!("[\n    {}\n  ]", rules.join(",\n    ")) }
}

fn rule(rule: &Rule) -> String {
    let mut text = String::from("{");
    for field in RuleField::ALL {
        let Some(value) = value(rule, *field) else { continue };
        let gap = match (text.as_str(), field) {
            ("{", _) => " ",
            (_, RuleField::Protects) => ",\n      ",
            _ => ", ",
        };
        text.extend([gap, "\"", field.text(), "\": ", &value]);
    }
    text + " }"
}

/// The value of a field. `None` where the field is not written: it is missing, or has its default.
fn value(rule: &Rule, field: RuleField) -> Option<String> {
    let preset = rule.preset();
    match field {
        RuleField::Id => Some(rule.id.unwrap_or_default().to_string()),
        RuleField::Namespace => Some(quoted(&rule.namespace)),
        RuleField::Enabled => (rule.enabled != ENABLED_BY_DEFAULT).then(|| rule.enabled.to_string()),
        RuleField::Deletion => {
            let deletion = rule.deletion.value;
            (deletion != Deletion::default()).then(|| quoted(deletion.text()))
        }
        RuleField::Exempt => {
            let sets: Vec<_> = rule.exempt.value.iter().map(|set| quoted(set.text())).collect();
            (rule.exempt.value != ExemptSets::default()).then(|| format!("[{}]", sets.join(", ")))
        }
        // No other registry has notes.
        RuleField::Note => None,
        RuleField::Preset => preset.map(|preset| quoted(preset.text())),
        RuleField::Protects => preset.is_none().then(|| pairs(&rule.pairs)),
    }
}

fn pairs(pairs: &[Pair]) -> String {
    match &*pairs.iter().map(pair).collect::<Vec<_>>() {
        [pair] => format!("[{pair}]"),
        pairs => format!("[\n        {}\n      ]", pairs.join(",\n        ")),
    }
}

fn pair(pair: &Pair) -> String {
    let fields = PairField::ALL.iter().map(|field| {
        let value = match field {
            PairField::Repositories => selector(&pair.repositories),
            PairField::Tags => selector(&pair.tags),
        };
        format!("\"{}\": {value}", field.text())
    });
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
}

fn selector(selector: &Selector) -> String {
    let sides = SelectorField::ALL.iter().filter_map(|side| {
        let patterns = selector.side(*side);
        (!patterns.is_empty()).then(|| format!("\"{}\": {}", side.text(), list(patterns)))
    });
    format!("{{ {} }}", sides.collect::<Vec<_>>().join(", "))
}

/// The patterns of a side: one alone, or a list.
fn list(patterns: &[Pattern]) -> String {
    match &*patterns.iter().map(|pattern| written(pattern.text.written())).collect::<Vec<_>>() {
        [pattern] => pattern.clone(),
        patterns if patterns.iter().map(|pattern| pattern.len() + 2).sum::<usize>() <= MAX_LINE_CHARACTERS => {
            format!("[{}]", patterns.join(", "))
        }
        patterns => format!("[\n          {}\n        ]", patterns.join(",\n          ")),
    }
}

/// A pattern as a document writes it.
fn written(pattern: WrittenPattern<'_>) -> String {
    match pattern {
        WrittenPattern::Text(text) => quoted(text),
        WrittenPattern::Regex(text) => format!("{{ \"{}\": {} }}", PatternField::Regex.text(), quoted(text)),
    }
}

/// A text as JSON writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
