//! The memory that an instance holds, and its limit.

use wasmtime::{ResourceLimiter, Result};

/// The bytes that an element of a table takes.
const ELEMENT_BYTES: usize = size_of::<usize>();

/// Keeps the memory of one instance within a limit: all its memories and tables together.
#[derive(Debug)]
pub(crate) struct Limits {
    max_bytes: usize,
    held: usize,
}

/// An instance asked for more memory than its limit.
#[derive(Debug, thiserror::Error)]
#[error("the instance asked for more memory than it may hold")]
pub(crate) struct MemoryExceeded;

impl Limits {
    /// Starts with no memory held.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, held: 0 }
    }

    /// Returns the bytes that are held. This number never falls.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Counts a growth, or fails. A component whose growth is merely refused would continue with its own handling of that error,
    /// and the host could not know that the limit was the cause of its answer.
    fn grow(&mut self, bytes: usize) -> Result<bool> {
        match self.held.checked_add(bytes) {
            Some(held) if held <= self.max_bytes => self.held = held,
            _ => return Err(MemoryExceeded.into()),
        }
        Ok(true)
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.grow(desired.saturating_sub(current))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.grow(desired.saturating_sub(current).saturating_mul(ELEMENT_BYTES))
    }

    fn instances(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        10
    }

    fn tables(&self) -> usize {
        100
    }
}
