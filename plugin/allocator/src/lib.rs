//! Memory for small things in a few instructions.
//!
//! A decision allocates a dozen strings and short lists, and frees them all before the next one. The allocator of std would
//! spend more instructions on that than the engine spends on the decision. Here each size has a list of free blocks: to
//! allocate is to take the first one, and to free is to put it back. Large blocks are left to the parent, which is the
//! allocator of std in the component.
//!
//! This is the one piece of unsafe code that the component's safety depends on. It is a crate of its own without
//! dependencies, so that its tests run natively and under Miri, which finds what breaks the rules of memory.
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull, null_mut};

/// The sizes of blocks are multiples of this, and blocks are aligned to it.
const GRAIN: usize = 16;
/// The number of sizes. Larger blocks are left to the parent.
const CLASSES: usize = 32;
/// The number of bytes that are taken from the parent at once.
const CHUNK: usize = 32 << 10;

/// An allocator for a program with one thread.
#[derive(Debug)]
pub struct Blocks<P = System> {
    /// The first free block of each size.
    free: [Cell<Option<NonNull<Block>>>; CLASSES],
    /// Where the unused part of the chunk begins that new blocks are cut from.
    unused: Cell<*mut u8>,
    /// How many bytes of the chunk are unused.
    unused_bytes: Cell<usize>,
    parent: P,
}

/// A free block.
#[derive(Debug)]
struct Block {
    next: Option<NonNull<Block>>,
}

// SAFETY: WebAssembly without atomics has one thread, and nothing here calls back into this code. No other target has this
// line, so elsewhere the compiler refuses a static of this type.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
unsafe impl<P> Sync for Blocks<P> {}

// SAFETY: a block is in one list or in use, never both. It is as large as its class says, and aligned to the grain.
unsafe impl<P: GlobalAlloc> GlobalAlloc for Blocks<P> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, list)) = self.class(layout) else {
            // SAFETY: the layout is the caller's.
            return unsafe { self.parent.alloc(layout) };
        };
        match list.get() {
            Some(block) => {
                // SAFETY: a block in a list is free, and holds where the next one is.
                list.set(unsafe { block.as_ref() }.next);
                block.as_ptr().cast()
            }
            None => self.cut((class + 1) * GRAIN),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        match (self.class(layout), NonNull::new(address.cast::<Block>())) {
            (Some((_, list)), Some(block)) => {
                // SAFETY: the caller has given the block back, and every block is large enough and aligned for a pointer.
                unsafe { block.write(Block { next: list.get() }) };
                list.set(Some(block));
            }
            // SAFETY: what has no class came from the parent.
            _ => unsafe { self.parent.dealloc(address, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid together with the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.class(layout), self.class(wanted)) {
            (Some((old, _)), Some((new, _))) if old == new => address,
            // SAFETY: neither layout has a class, so the block is the parent's and stays so.
            (None, None) => unsafe { self.parent.realloc(address, layout, size) },
            // SAFETY: the new block is another one, and both are at least as large as what is copied.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(address, moved, layout.size().min(size));
                    self.dealloc(address, layout);
                }
                moved
            },
        }
    }
}

impl<P> Blocks<P> {
    /// Returns an allocator without memory. It takes some from the parent when it is first asked.
    pub const fn new(parent: P) -> Self {
        Self {
            free: [const { Cell::new(None) }; CLASSES],
            unused: Cell::new(null_mut()),
            unused_bytes: Cell::new(0),
            parent,
        }
    }

    /// The class of a layout and the list of its free blocks, or `None` for what is left to the parent.
    #[inline]
    fn class(&self, layout: Layout) -> Option<(usize, &Cell<Option<NonNull<Block>>>)> {
        let class = layout.size().wrapping_sub(1) / GRAIN;
        let list = self.free.get(class)?;
        (layout.align() <= GRAIN).then_some((class, list))
    }
}

impl<P: GlobalAlloc> Blocks<P> {
    /// Returns a new block, from the chunk or from a new chunk. What is left of the old chunk is smaller than the block, and
    /// is never used.
    #[cold]
    fn cut(&self, size: usize) -> *mut u8 {
        if self.unused_bytes.get() < size {
            // SAFETY: the chunk is not empty, and the grain is a power of two.
            let chunk = unsafe { self.parent.alloc(Layout::from_size_align_unchecked(CHUNK, GRAIN)) };
            if chunk.is_null() {
                return null_mut();
            }
            self.unused.set(chunk);
            self.unused_bytes.set(CHUNK);
        }
        let block = self.unused.get();
        // SAFETY: at least as many bytes are unused, so the sum is inside the chunk or at its end.
        self.unused.set(unsafe { block.add(size) });
        self.unused_bytes.set(self.unused_bytes.get() - size);
        block
    }
}
