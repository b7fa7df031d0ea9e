//! Legal patterns of every shape.

use proptest::prelude::*;
use proptest::sample::select;

const REPOSITORY_LITERALS: [&str; 9] = ["a", "b", "ab", "app", "a/b", "app/a", "prod/app", "a-b", "b/a/b"];
const TAG_LITERALS: [&str; 10] = ["v1", "v", "1", "latest", "dev-1", "1.2.3", "v1.2.3", "a", "ab", "sha256-"];
const CLASSES: [&str; 10] = ["[ab]", "[!a]", "[^b]", "[a-c]", "[!-]", "[]a]", "[a-]", "[0-9]", "[!0-9]", "[a-cv0-2]"];

/// A pattern for repositories.
pub fn repository() -> BoxedStrategy<String> {
    prop_oneof![
        3 => simple_repository(),
        2 => composed(repository_atom().boxed()),
        1 => escaped(literal(&REPOSITORY_LITERALS)),
    ]
    .boxed()
}

/// A pattern for tags: a version class too.
pub fn tag() -> BoxedStrategy<String> {
    let class = select(&["@release", "@prerelease", "@version", "@rolling", "@commit"][..]).prop_map(str::to_owned);
    prop_oneof![
        3 => simple_tag(),
        2 => class,
        2 => composed(tag_atom().boxed()),
        1 => escaped(literal(&TAG_LITERALS)),
    ]
    .boxed()
}

/// A pattern for repositories that needs no regular expression, or nearly so.
pub fn simple_repository() -> impl Strategy<Value = String> {
    simple(literal(&REPOSITORY_LITERALS))
}

/// A pattern for tags that needs no regular expression, or nearly so.
pub fn simple_tag() -> impl Strategy<Value = String> {
    simple(literal(&TAG_LITERALS))
}

fn literal(literals: &'static [&'static str]) -> impl Strategy<Value = String> + Clone + 'static {
    select(literals).prop_map(str::to_owned)
}

/// The shapes that need no regular expression, and their nearest neighbours that do. Each `L` is a literal.
const SHAPES: [&str; 24] = [
    "**", "*", "L", "L*", "*L", "L*L", "L/**", "**/L", "L**", "**L", "**/*L", "**/L*", "L/*", "*/L", "**/L/**",
    "L/**/L", "L?", "{L,L}", "{L/**,L}", "{**/L,L}", "**/", "**/**", "L/**/", "/**",
];

fn simple(literal: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    // No literal holds a capital: what is filled in is not filled again.
    (select(&SHAPES[..]), literal.clone(), literal)
        .prop_map(|(shape, first, second)| shape.replacen('L', &first, 1).replacen('L', &second, 1))
}

/// A literal with one character escaped.
fn escaped(literal: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (literal, any::<prop::sample::Index>()).prop_map(|(mut literal, index)| {
        let place = index.index(literal.len());
        literal.insert(place, '\\');
        literal
    })
}

fn repository_atom() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => select(&["a", "b", "ab", "-", "/", "/", "a/"][..]).prop_map(str::to_owned),
        4 => select(&["*", "**", "?", "**/", "/**", "/**/", "***"][..]).prop_map(str::to_owned),
        2 => select(&CLASSES[..]).prop_map(str::to_owned),
        1 => select(&[r"\a", r"\*", r"\,", r"\{", r"\/"][..]).prop_map(str::to_owned),
    ]
}

fn tag_atom() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => select(&["v", "1", "2", "a", "b", ".", "-", "latest"][..]).prop_map(str::to_owned),
        3 => select(&["*", "**", "?", "*.", "v*"][..]).prop_map(str::to_owned),
        2 => select(&CLASSES[..]).prop_map(str::to_owned),
        1 => select(&[r"\v", r"\1", r"\.", r"\*"][..]).prop_map(str::to_owned),
    ]
}

/// Up to five parts one after another, with braces up to three deep. What is in the atoms makes no illegal pattern
/// in any order.
fn composed(atom: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let parts = atom.prop_recursive(3, 16, 4, |part| {
        let sequence = prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
        prop::collection::vec(sequence, 1..4).prop_map(|alternatives| format!("{{{}}}", alternatives.join(",")))
    });
    prop::collection::vec(parts, 1..5).prop_map(|parts| parts.concat())
}

/// Text of the letters that patterns are made of: most of it legal, much of it not.
pub fn scribble() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        6 => select(&["a", "b", "/", "*", "**", "**/", "/**"][..]),
        5 => select(&["[", "]", "[ab]", "[!a]", "[a-c]", "!", "^", "-", "{", "}", ",", "?"][..]),
        1 => select(&[r"\", "@", "9", "+", " ", "A", "[+-9]", "[a-c-b]"][..]),
    ];
    prop::collection::vec(letter, 0..12).prop_map(|letters| letters.concat())
}

/// The texts that patterns are tried on: every legal repository and tag of few letters, and some that are neither.
pub fn subject() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ab]{1,3}(/[ab]{1,2}){0,3}",
        1 => select(&REPOSITORY_LITERALS[..]).prop_map(str::to_owned),
        1 => select(&TAG_LITERALS[..]).prop_map(str::to_owned),
    ]
}
