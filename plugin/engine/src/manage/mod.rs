//! Rules as their operators manage them: queries and changes, both in JSON.
//!
//! A change is made in the text of the document, so that everything that it does not touch keeps its bytes.

mod change;
mod change_text;
mod changed;
mod edit;
mod edit_list;
mod edit_override;
mod edit_rule;
mod free_ids;
mod invalid;
mod list;
mod operation;
mod query;
mod raw_document;
mod raw_list;
mod raw_object;
mod splice;
mod style;

pub use change::change;
pub use changed::{Changed, ChangedRule};
pub use list::list;
