//! What a registry holds: its repositories and their tags, read page by page.
//!
//! Only the current page is kept, and no page is larger than 16 MiB, so a registry of any size is read in the same memory.
//! A [`List`] is read to its end or ends in an error: a name that was not read is never taken for a name that is not there.

mod access;
mod challenge;
mod credential;
mod error;
mod list;

pub use access::Login;
pub(crate) use access::{Access, Question, SentContent, refusal};
pub use challenge::token_realm;
pub use credential::LoginError;
pub use error::InventoryError;
pub use list::{Inventory, List, Page};
