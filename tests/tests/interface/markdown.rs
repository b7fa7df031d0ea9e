//! The layouts as tables of Markdown, and their place in a page.

use std::fmt::Write;

use crate::contract::Contract;
use crate::layout::{Layout, Part};
use crate::text;

const BEGIN: &str = "<!-- layouts -->";
const END: &str = "<!-- /layouts -->";

/// One row for each type that has parts: its size and alignment in bytes, and where each part begins.
pub(crate) fn layouts(contract: &Contract) -> String {
    let mut table =
        "| type | size | align | kind | parts, each with the byte at which it begins |\n|---|--:|--:|---|---|\n"
            .to_owned();
    for ty in contract.types() {
        let Layout { kind, size, align, parts } = Layout::of(contract, &ty);
        if kind == "list" {
            continue;
        }
        let parts: Vec<_> = parts.iter().enumerate().map(|(number, part)| row(kind, number, part)).collect();
        let name = text::by_name(&contract.resolve, &ty);
        writeln!(table, "| `{name}` | {size} | {align} | {kind} | {} |", parts.join(", ")).unwrap();
    }
    table
}

/// A field as `tag` 0, a case with its number as 1 `digest(string)` at 4.
fn row(kind: &str, number: usize, part: &Part) -> String {
    match (kind, &part.ty, part.offset) {
        ("record" | "tuple", Some(ty), Some(offset)) => format!("{offset} `{}: {ty}`", part.name),
        (_, Some(ty), Some(offset)) => format!("case {number} `{}({ty})` at {offset}", part.name),
        _ => format!("case {number} `{}`", part.name),
    }
}

/// The page with the layouts between the two marks. `None` if it does not have both, in their order.
pub(crate) fn replace(page: &str, layouts: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{layouts}\n{END}{after}"))
}
