//! Whether a tag that a rule protects may be deleted.

use crate::words::words;

words! {
    /// Whether a tag that a rule protects may be deleted.
    #[derive(Default)]
    pub(crate) enum Deletion {
        /// It may not.
        #[default]
        Deny = "deny",
        /// It may, and its name is free again.
        Allow = "allow",
        /// It may, but its name is used up: only the digest that it had comes back under it. A host that does not remember
        /// deleted tags can't hold that promise, so for it this counts as `deny`.
        Retire = "retire",
    }
}
