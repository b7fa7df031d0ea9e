//! What the component's allocator promises to everything that allocates. `cargo +nightly miri test -p tagseal-allocator`
//! runs the same tests under Miri, which also finds reads of memory that is not initialised, not owned or not aligned.
#![expect(unsafe_code, reason = "an allocator is asked for raw memory")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails so")]

mod parent;

use parent::Parent;
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeSet;
use tagseal_allocator::Blocks;

/// The largest size that has a class.
const LARGEST: usize = 512;
/// What the allocator takes from its parent at once.
const CHUNK: usize = 32 << 10;

/// A block in use, filled with one byte.
struct InUse {
    address: *mut u8,
    layout: Layout,
    byte: u8,
}

impl InUse {
    #[track_caller]
    fn new(blocks: &Blocks<&Parent>, size: usize, align: usize, byte: u8) -> Self {
        let layout = Layout::from_size_align(size, align).unwrap();
        // SAFETY: no size here is zero.
        let address = unsafe { blocks.alloc(layout) };
        assert!(!address.is_null(), "no memory for {layout:?}");
        assert_eq!(address.addr() % align, 0, "{layout:?} is not aligned");
        // SAFETY: the block is as large as was asked for.
        unsafe { address.write_bytes(byte, size) };
        Self { address, layout, byte }
    }

    /// Asserts that nobody else has written into the first bytes of the block.
    #[track_caller]
    fn assert_filled(&self, count: usize) {
        // SAFETY: the block is in use, and was filled.
        let bytes = unsafe { std::slice::from_raw_parts(self.address, count) };
        assert!(bytes == vec![self.byte; count], "{:?} holds {bytes:?}, not {}", self.layout, self.byte);
    }

    #[track_caller]
    fn free(self, blocks: &Blocks<&Parent>) -> usize {
        self.assert_filled(self.layout.size());
        // SAFETY: the block came from this allocator with this layout, and is given back once.
        unsafe { blocks.dealloc(self.address, self.layout) };
        self.address.addr()
    }

    /// The block with another size, filled to its end.
    #[track_caller]
    fn resize(self, blocks: &Blocks<&Parent>, size: usize) -> Self {
        // SAFETY: the block came from this allocator with this layout, and no size here is zero.
        let address = unsafe { blocks.realloc(self.address, self.layout, size) };
        assert!(!address.is_null(), "no memory for {size} bytes");
        assert_eq!(address.addr() % self.layout.align(), 0, "{size} bytes are not aligned");
        let layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        let resized = Self { address, layout, byte: self.byte };
        resized.assert_filled(self.layout.size().min(size));
        // SAFETY: the block is as large as was asked for.
        unsafe { address.write_bytes(self.byte, size) };
        resized
    }
}

#[test]
fn blocks_of_every_size_are_apart_from_each_other_and_aligned() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    // Miri is a thousand times slower, so it gets a part of the sizes: among them are all classes and both ends of some.
    let step = if cfg!(miri) { 15 } else { 1 };
    let in_use: Vec<_> = (1..=LARGEST)
        .step_by(step)
        .zip((1..=u8::MAX).cycle())
        .flat_map(|(size, byte)| [1, 2, 4, 8, 16].map(|align| InUse::new(&blocks, size, align, byte)))
        .collect();
    for block in in_use {
        block.free(&blocks);
    }
    let chunks = parent.live();
    assert!(chunks.iter().all(|layout| layout.size() == CHUNK), "{chunks:?}");
}

#[test]
fn a_freed_block_is_the_next_one_of_its_size_class() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    for (freed, asked, reused) in [(1, 16, true), (16, 1, true), (17, 32, true), (16, 17, false), (512, 497, true)] {
        let address = InUse::new(&blocks, freed, 8, 1).free(&blocks);
        let next = InUse::new(&blocks, asked, 8, 2);
        assert_eq!(next.address.addr() == address, reused, "{freed} bytes freed, {asked} bytes asked for");
        next.free(&blocks);
    }
}

#[test]
fn freed_blocks_come_back_last_first_and_none_comes_twice() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let in_use: Vec<_> = (1..=9).map(|byte| InUse::new(&blocks, 48, 8, byte)).collect();
    let mut freed: Vec<_> = in_use.into_iter().map(|block| block.free(&blocks)).collect();
    freed.reverse();
    let again: Vec<_> = (1..=9).map(|byte| InUse::new(&blocks, 48, 8, byte)).collect();
    assert_eq!(again.iter().map(|block| block.address.addr()).collect::<Vec<_>>(), freed);
    let fresh = InUse::new(&blocks, 48, 8, 10);
    assert!(!freed.contains(&fresh.address.addr()), "a block that is in use was given out again");
}

#[test]
fn a_block_stays_where_it_is_while_its_class_is_the_same() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let mut block = InUse::new(&blocks, 33, 8, 7);
    let address = block.address;
    for size in [48, 33, 40] {
        block = block.resize(&blocks, size);
        assert_eq!(block.address, address, "{size} bytes");
    }
}

#[test]
fn a_block_that_changes_its_class_keeps_its_bytes_and_frees_its_old_place() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let sizes = [1, 16, 17, 100, 496, 512, 513, 4096, 100_000, 513, 512, 15, 700, 3];
    let block = sizes.into_iter().fold(InUse::new(&blocks, 8, 8, 9), |block, size| block.resize(&blocks, size));
    let old = block.address.addr();
    let moved = block.resize(&blocks, 64);
    assert_ne!(moved.address.addr(), old);
    assert_eq!(InUse::new(&blocks, 16, 8, 1).address.addr(), old, "the old place is free");
    moved.free(&blocks);
    assert!(parent.live().iter().all(|layout| layout.size() == CHUNK), "{:?}", parent.live());
}

#[test]
fn large_blocks_and_large_alignments_are_left_to_the_parent() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    for (size, align) in [(LARGEST + 1, 8), (CHUNK, 16), (1 << 20, 1), (8, 32), (64, 4096), (LARGEST, 64)] {
        let block = InUse::new(&blocks, size, align, 3);
        assert_eq!(parent.live(), [block.layout], "{size} bytes, aligned to {align}");
        let block = block.resize(&blocks, size + 1000);
        assert_eq!(parent.live(), [block.layout], "{size} bytes, aligned to {align}, and resized");
        block.free(&blocks);
        assert_eq!(parent.live(), [], "{size} bytes, aligned to {align}, and freed");
    }
}

#[test]
fn a_used_up_chunk_is_followed_by_another_and_no_block_crosses_its_end() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    // 32 KiB hold 68 blocks of 480 bytes and 128 bytes more, which are too few for another.
    let in_use: Vec<_> = (0..137).map(|byte| InUse::new(&blocks, 480, 16, byte)).collect();
    assert_eq!(parent.live().len(), 3, "{:?}", parent.live());
    let addresses: BTreeSet<_> = in_use.iter().map(|block| block.address.addr()).collect();
    assert_eq!(addresses.len(), 137);
    for block in in_use {
        block.free(&blocks);
    }
    assert_eq!(InUse::new(&blocks, 465, 8, 1).address.addr() % 16, 0);
    assert_eq!(parent.live().len(), 3, "freed blocks are used before a new chunk");
}

#[test]
fn a_chunk_that_is_used_to_its_last_byte_is_not_left() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    for _ in 0..CHUNK / LARGEST {
        InUse::new(&blocks, LARGEST, 16, 1);
    }
    assert_eq!(parent.live().len(), 1);
    InUse::new(&blocks, 1, 1, 1);
    assert_eq!(parent.live().len(), 2);
}

#[test]
fn without_memory_the_answer_is_null_and_what_is_in_use_stays() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let block = InUse::new(&blocks, 480, 8, 5);
    let others: Vec<_> = (0..67).map(|byte| InUse::new(&blocks, 480, 8, byte)).collect();
    parent.refuse(true);
    // SAFETY: no size is zero, and the block came from this allocator.
    unsafe {
        assert!(blocks.alloc(Layout::from_size_align(480, 8).unwrap()).is_null(), "the chunk has no room for it");
        assert!(blocks.alloc(Layout::from_size_align(9000, 8).unwrap()).is_null(), "the parent has none");
        assert!(blocks.realloc(block.address, block.layout, 512).is_null(), "to another class");
        assert!(blocks.realloc(block.address, block.layout, 9000).is_null(), "to no class");
    }
    block.assert_filled(480);
    let small = InUse::new(&blocks, 128, 8, 6);
    assert_eq!(parent.live().len(), 1, "what is left of the chunk is used");
    parent.refuse(false);
    let block = block.resize(&blocks, 9000);
    for block in others.into_iter().chain([small, block]) {
        block.free(&blocks);
    }
}

#[test]
fn zeroed_memory_is_zero_where_a_freed_block_was_not() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let address = InUse::new(&blocks, 40, 8, 0xff).free(&blocks);
    let layout = Layout::from_size_align(40, 8).unwrap();
    // SAFETY: the size is not zero, and the block is as large as that.
    let bytes = unsafe {
        let zeroed = blocks.alloc_zeroed(layout);
        assert_eq!(zeroed.addr(), address);
        std::slice::from_raw_parts(zeroed, 40)
    };
    assert_eq!(bytes, [0; 40]);
}

/// Thousands of steps in an order that nobody chose, where every byte that is in use is checked.
#[test]
fn any_order_of_requests_leaves_what_is_in_use_alone() {
    let parent = Parent::default();
    let blocks = Blocks::new(&parent);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut in_use = Vec::new();
    for step in 0..if cfg!(miri) { 1_000 } else { 100_000 } {
        let size = 1 + if random(8) == 0 { random(3_000) } else { random(LARGEST + 40) };
        match (random(3), in_use.len()) {
            (0, _) | (_, 0) => in_use.push(InUse::new(&blocks, size, 1 << random(7), (step % 251) as u8)),
            (1, count) => drop(in_use.swap_remove(random(count)).free(&blocks)),
            (_, count) => {
                let block = in_use.swap_remove(random(count));
                in_use.push(block.resize(&blocks, size));
            }
        }
    }
    for block in in_use {
        block.free(&blocks);
    }
    assert!(parent.live().iter().all(|layout| layout.size() == CHUNK), "{:?}", parent.live());
}
