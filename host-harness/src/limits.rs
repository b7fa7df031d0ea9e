//! How much an instance may hold, and how much it does.

use wasmtime::{ResourceLimiter, Result};

/// Bytes that an element of a table takes.
const ELEMENT: usize = size_of::<usize>();

/// Keeps the memory of one instance under a cap: all its memories and tables together.
#[derive(Debug)]
pub(crate) struct Limits {
    cap: usize,
    held: usize,
}

/// An instance asked for more than its cap.
#[derive(Debug, thiserror::Error)]
#[error("the instance asked for more memory than it may hold")]
pub(crate) struct OverCap;

impl Limits {
    /// Nothing is held yet.
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, held: 0 }
    }

    /// Bytes that are held. It never falls.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Counts a growth, or fails. A guest that was merely told no would go on in an error path of its own, and what came
    /// of that would not be known to be the cap's doing.
    fn grow(&mut self, bytes: usize) -> Result<bool> {
        match self.held.checked_add(bytes) {
            Some(held) if held <= self.cap => self.held = held,
            _ => return Err(OverCap.into()),
        }
        Ok(true)
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.grow(desired.saturating_sub(current))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.grow(desired.saturating_sub(current).saturating_mul(ELEMENT))
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
