//! Regular expressions that are meant to cost as much as they can: to compile, and to match against the longest names.

use serde_json::{Value, json};

/// Nested repetition, huge counts, alternations, classes and wild mixes of them, each of at most 512 bytes. Some are refused.
/// The last ones are the worst that the search in `tests/regular_expressions.rs` found.
pub const HOSTILE: [&str; 40] = [
    "(a*)*b",
    "(a+)+b",
    "((a+)+)+b",
    "(a|aa)+b",
    "(a|a?)+b",
    "(?:a|b|ab)*c",
    "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
    "(?:a?){64}a{64}",
    "(?:a?){120}a{120}",
    "(?:.?){900}",
    "a{1000}",
    "[a-z0-9._/-]{1,512}x",
    "(((a{100}){100}){100}){100}",
    "(?:(?:(?:a{1,9}){1,9}){1,9}){1,2}b",
    "(a|b)*a(a|b){8}",
    "(a|b)*a(a|b){9}",
    "(a|b)*a(a|b){10}",
    "(a|b)*a(a|b){20}",
    "[ab]*a[ab]{9}(?i)x",
    "(?i)(a|b)*a(a|b){9}",
    "(?i)([a-z]+[0-9]+)*!",
    ".*a.{8}b",
    ".*a.{9}",
    ".{0,60}a.{0,60}b.{0,60}c.{0,60}",
    ".*a.*b.*c.*d.*e.*f.*g.*h.*i.*j.*k.*l.*x",
    ".*(?:a.*b|b.*c|c.*d|d.*e|e.*f|f.*g|g.*h|h.*i|i.*j)x",
    "(?:.*a|.*b|.*c|.*d|.*e|.*f|.*g|.*h|.*i|.*j|.*k|.*l)x",
    "([a-z0-9]+[.-])*[a-z]{2,64}[0-9]{2,64}x.{1,80}y.{1,80}",
    "(?:[a-d]{3}|[b-e]{4}|[c-f]{5}|[d-g]{6}|[e-h]{7})*x",
    "(?:aaa|aaaaa|aaaaaaa|aaaaaaaaaaa)*x",
    "(?:a{7}|a{11}|a{13}|a{17})*x",
    "(?:a{2}|a{3}|a{5})*(?:b{7}|b{11})*(?:c{13}|c{17})*x",
    r"(?:\w|\d|\s|[[:alnum:]]|[[:punct:]])*\b\B\w+x",
    r"(?:\b\w+\b[.-]?)*x",
    "(?sU)(?:.+.+.+.+)+x",
    ".*a|.*b.|.*c..|.*d...|.*e....|.*f.....|.*g......",
    "(?:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|0|1|2|3|4|5|6|7|8|9){1,50}_",
    ".{0,430}(?:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|0|1|2|3|4|5|6|7|8|9)_",
    ".*.{0,430}(?:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|0|1|2|3|4|5|6|7|8|9)_",
    ".*(?:.?){600}|.{300}(?:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|0|1|2|3|4|5|6|7|8|9)_",
];

/// The selector of a pair that an expression stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The selector of repositories, whose longest name has 255 bytes.
    Repositories,
    /// The selector of tags, whose longest one has 128 bytes.
    Tags,
}

/// A document of one rule for the whole instance, of which one selector has these patterns and the other matches everything.
pub fn document(side: Side, patterns: &Value) -> String {
    let all = json!({ "matches": "**" });
    let pair = match side {
        Side::Repositories => json!({ "repositories": { "matches": patterns }, "tags": all }),
        Side::Tags => json!({ "repositories": all, "tags": { "matches": patterns } }),
    };
    json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [pair] }] }).to_string()
}

/// Returns an expression as a pattern.
pub fn pattern(regex: &str) -> Value {
    json!({ "regex": regex })
}
