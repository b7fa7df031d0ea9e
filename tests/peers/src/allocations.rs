//! Counts what is allocated, when asked to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ASKED: AtomicBool = AtomicBool::new(false);
static BLOCKS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system's allocator. While nobody asks, a look at one flag is all that it costs more.
struct Counting;

// SAFETY: everything is the system's allocator's doing.
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's, and came from here.
        unsafe { System.dealloc(address, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the block is the caller's, and came from here.
        unsafe { System.realloc(address, layout, size) }
    }
}

fn count(size: usize) {
    if ASKED.load(Relaxed) {
        BLOCKS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as u64, Relaxed);
    }
}

/// How many blocks some work allocates, and how many bytes in all. Other threads should rest meanwhile.
pub(crate) fn of<T>(work: impl FnOnce() -> T) -> (u64, u64) {
    let before = (BLOCKS.load(Relaxed), BYTES.load(Relaxed));
    ASKED.store(true, Relaxed);
    let done = work();
    ASKED.store(false, Relaxed);
    drop(done);
    (BLOCKS.load(Relaxed) - before.0, BYTES.load(Relaxed) - before.1)
}
