//! How messages repeat texts and names.

/// How many characters of a text a message repeats.
const MAX_SHOWN_CHARACTERS: usize = 64;

/// A text of the document as a message repeats it: cut, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_SHOWN_CHARACTERS)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if shown.len() < text.len() && text.chars().nth(MAX_SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

/// Names in backticks, with commas and an `or`.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("`{name}`"),
        [names @ .., last] => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", names.join(", "))
        }
    }
}
