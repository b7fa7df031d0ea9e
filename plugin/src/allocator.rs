//! Memory for small things in a few instructions.
//!
//! A decision allocates a dozen strings and short lists and frees them all before the next one. std's allocator would
//! spend more instructions on that than the engine on the decision. Here each size has a list of free blocks:
//! to allocate is to take the first, to free is to put it back. Large blocks are std's business.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull, null_mut};

#[global_allocator]
static ALLOCATOR: Blocks = Blocks { free: [const { Cell::new(None) }; CLASSES], chunk: Cell::new((0, 0)) };

/// Sizes of blocks are multiples of this, which is also how they are aligned.
const GRAIN: usize = 16;
/// How many sizes there are. Larger blocks are std's.
const CLASSES: usize = 32;
/// How much is taken from std at once.
const CHUNK: usize = 32 << 10;

/// Free blocks by size, and what is left of the chunk that new ones are cut from: where it begins and ends.
struct Blocks {
    free: [Cell<Option<NonNull<Block>>>; CLASSES],
    chunk: Cell<(usize, usize)>,
}

/// A free block.
struct Block {
    next: Option<NonNull<Block>>,
}

// SAFETY: a component has one thread, and nothing here calls back into it.
unsafe impl Sync for Blocks {}

// SAFETY: a block is in one list or in use, never both; it is as large as its class says, and aligned to the grain.
unsafe impl GlobalAlloc for Blocks {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, list)) = self.class(layout) else {
            // SAFETY: the layout is the caller's.
            return unsafe { System.alloc(layout) };
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
                // SAFETY: the block is the caller's no more, and every block is large enough and aligned for a pointer.
                unsafe { block.write(Block { next: list.get() }) };
                list.set(Some(block));
            }
            // SAFETY: what is of no class came from std.
            _ => unsafe { System.dealloc(address, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps size and alignment legal together.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.class(layout), self.class(wanted)) {
            (Some((old, _)), Some((new, _))) if old == new => address,
            // SAFETY: both are of no class, so the block is std's and stays so.
            (None, None) => unsafe { System.realloc(address, layout, size) },
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

impl Blocks {
    /// The class of a layout and the list of its free blocks. None for what is std's.
    #[inline]
    fn class(&self, layout: Layout) -> Option<(usize, &Cell<Option<NonNull<Block>>>)> {
        let class = layout.size().wrapping_sub(1) / GRAIN;
        let list = self.free.get(class)?;
        (layout.align() <= GRAIN).then_some((class, list))
    }

    /// A new block, from the chunk or from a new one. What is left of the old one is less than a block, and is lost.
    #[cold]
    fn cut(&self, size: usize) -> *mut u8 {
        let (mut start, mut end) = self.chunk.get();
        if end - start < size {
            // SAFETY: the chunk is not empty, and the grain is a power of two.
            let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, GRAIN)) };
            if chunk.is_null() {
                return null_mut();
            }
            (start, end) = (chunk.expose_provenance(), chunk.expose_provenance() + CHUNK);
        }
        self.chunk.set((start + size, end));
        ptr::with_exposed_provenance_mut(start)
    }
}
