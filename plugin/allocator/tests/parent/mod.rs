//! The allocator that stands in for std's in tests: it knows what it has handed out, and can run out of memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};

/// An allocator that keeps account. What is still in use when it is dropped is freed: chunks are never given back.
#[derive(Debug, Default)]
pub(crate) struct Parent {
    live: RefCell<Vec<(*mut u8, Layout)>>,
    refusing: Cell<bool>,
}

impl Parent {
    /// What was handed out and not given back.
    pub(crate) fn live(&self) -> Vec<Layout> {
        self.live.borrow().iter().map(|(_, layout)| *layout).collect()
    }

    /// Whether there is no memory from now on.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.refusing.set(refusing);
    }

    #[track_caller]
    fn forget(&self, address: *mut u8, layout: Layout) {
        let mut live = self.live.borrow_mut();
        let place = live.iter().position(|block| *block == (address, layout));
        live.remove(place.expect("only what was handed out is given back, with the layout that it was asked for"));
    }
}

// SAFETY: all memory is that of std.
unsafe impl GlobalAlloc for &Parent {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.refusing.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the layout is the caller's.
        let address = unsafe { System.alloc(layout) };
        self.live.borrow_mut().push((address, layout));
        address
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        self.forget(address, layout);
        // SAFETY: it was handed out with this layout.
        unsafe { System.dealloc(address, layout) };
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        for (address, layout) in self.live.get_mut().drain(..) {
            // SAFETY: it was handed out with this layout, and not given back.
            unsafe { System.dealloc(address, layout) };
        }
    }
}
