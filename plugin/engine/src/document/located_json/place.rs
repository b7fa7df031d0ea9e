//! Where something is in a text.

use super::quote::shown;

/// Where something is: its first byte, and its JSON pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) pointer: String,
}

impl Place {
    /// The JSON pointer of a member of the object at this place.
    pub(super) fn member(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, shown(name).replace('~', "~0").replace('/', "~1"))
    }
}
