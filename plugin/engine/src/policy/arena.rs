//! The texts of a policy, in one piece of memory.

/// A text in the arena of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    offset: u32,
    length: u16,
}

/// The texts of a policy's patterns and namespaces, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Arena(Vec<u8>);

impl Arena {
    /// Adds a text. Returns `None` where there are more texts than a document can hold.
    pub(crate) fn add(&mut self, text: &str) -> Option<Span> {
        let span = Span { offset: u32::try_from(self.0.len()).ok()?, length: u16::try_from(text.len()).ok()? };
        self.0.extend_from_slice(text.as_bytes());
        Some(span)
    }

    /// Returns a text that was added.
    #[inline]
    pub(crate) fn text(&self, span: Span) -> &[u8] {
        let start = span.offset as usize;
        self.0.get(start..start + usize::from(span.length)).unwrap_or_default()
    }

    /// Gives back the memory that it does not need.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }
}
