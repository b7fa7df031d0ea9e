//! Four functions of libc, defined here so that the component imports nothing.
//!
//! std reaches WASI through its panic path alone: it looks up `RUST_BACKTRACE` and the current folder, writes the
//! message and aborts. libc would serve these four by 13 interfaces of WASI. With a definition of our own the linker never
//! takes libc's, and what is left of the panic path ends in a trap, which every host reads as a denial.

use core::arch::wasm32::unreachable;
use core::ffi::{c_char, c_int, c_void};
use core::ptr::null_mut;

/// Says that all was written: nobody listens to a component's standard error, and a failed write would be retried.
#[unsafe(no_mangle)]
extern "C" fn write(_file: c_int, _bytes: *const c_void, count: usize) -> isize {
    count.cast_signed()
}

/// Traps.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    unreachable()
}

/// Says that there is no current folder.
#[unsafe(no_mangle)]
extern "C" fn getcwd(_buffer: *mut c_char, _size: usize) -> *mut c_char {
    null_mut()
}

/// Says that no variable is set.
#[unsafe(no_mangle)]
extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
    null_mut()
}
