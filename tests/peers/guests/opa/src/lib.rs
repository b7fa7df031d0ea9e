//! A core module that is asked as policies are which `opa build -t wasm` makes: the host takes memory from the guest's own
//! heap, writes JSON into it, calls, and reads JSON from where the answer says. The document is loaded once.
//!
//! Only the crossing is like OPA's. What decides is Tagseal's engine, which spares it the interpretation of values that
//! OPA's own modules go through.
#![cfg(target_family = "wasm")]
#![expect(unsafe_code, reason = "the exports are raw symbols, and take addresses from the host")]

#[path = "../../../../../plugin/src/sealed.rs"]
mod sealed;

use std::cell::OnceCell;
use tagseal_engine::Policy;

#[global_allocator]
static ALLOCATOR: tagseal_allocator::Blocks = tagseal_allocator::Blocks::new(std::alloc::System);

thread_local! {
    static POLICY: OnceCell<Policy> = const { OnceCell::new() };
}

/// Memory for the host to write a text into.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(size: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; size].into_boxed_slice()).cast()
}

/// Takes back the memory of a text.
///
/// # Safety
///
/// It is a text of [`allocate`] or [`evaluate`], and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn release(address: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    drop(unsafe { take(address, size) });
}

/// Loads the document. 0 if it is not a valid document.
///
/// # Safety
///
/// It is a text of [`allocate`], and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn load(address: *mut u8, size: usize) -> u32 {
    // SAFETY: the caller's promise.
    let document = unsafe { take(address, size) };
    match Policy::compile(document) {
        Ok(policy) => POLICY.with(|loaded| loaded.set(policy).is_ok().into()),
        Err(_) => 0,
    }
}

/// Decides an event. The answer's address in the upper half, its size in the lower.
///
/// # Safety
///
/// It is a text of [`allocate`], and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evaluate(address: *mut u8, size: usize) -> u64 {
    // SAFETY: the caller's promise.
    let event = unsafe { take(address, size) };
    let answer = POLICY.with(|loaded| loaded.get().map(|policy| policy.evaluate_json(&event)).unwrap_or_default());
    let answer: *mut [u8] = Box::into_raw(answer.into_bytes().into_boxed_slice());
    ((answer.cast::<u8>().expose_provenance() as u64) << 32) | answer.len() as u64
}

/// The text at an address.
unsafe fn take(address: *mut u8, size: usize) -> String {
    // SAFETY: the caller's promise. It was allocated as a slice of this size.
    let bytes = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, size)) };
    String::from_utf8(bytes.into_vec()).unwrap_or_default()
}
