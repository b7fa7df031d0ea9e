//! A core module that is asked as Kubewarden's policies are: by waPC, with the request and the policy's settings in one JSON
//! text, in an instance that lives for one request.
//!
//! Only the crossing is like Kubewarden's. What decides is Tagseal's engine, and the settings are its document.
#![cfg(target_family = "wasm")]
#![expect(unsafe_code, reason = "the export is a raw symbol, and the imports take addresses")]

#[path = "../../../../../plugin/src/sealed.rs"]
mod sealed;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tagseal_engine::Policy;

#[global_allocator]
static ALLOCATOR: tagseal_allocator::Blocks = tagseal_allocator::Blocks::new(std::alloc::System);

#[link(wasm_import_module = "wapc")]
unsafe extern "C" {
    fn __guest_request(operation: *mut u8, payload: *mut u8);
    fn __guest_response(address: *const u8, size: usize);
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    settings: &'a RawValue,
    #[serde(borrow)]
    request: &'a RawValue,
}

#[derive(Serialize)]
struct Response {
    accepted: bool,
    message: String,
}

/// Answers the request that the host has for it. 0 if it could not be read.
#[unsafe(no_mangle)]
pub extern "C" fn __guest_call(operation_size: usize, payload_size: usize) -> i32 {
    let mut operation = vec![0; operation_size];
    let mut payload = vec![0; payload_size];
    // SAFETY: the host writes as much as it said.
    unsafe { __guest_request(operation.as_mut_ptr(), payload.as_mut_ptr()) };
    let Some(response) = validate(&payload).filter(|_| operation == b"validate") else { return 0 };
    // SAFETY: the host reads it before it returns.
    unsafe { __guest_response(response.as_ptr(), response.len()) };
    1
}

fn validate(payload: &[u8]) -> Option<String> {
    let Payload { settings, request } = serde_json::from_slice(payload).ok()?;
    let policy = Policy::compile(settings.get().to_owned()).ok()?;
    let answer = policy.evaluate_json(request.get());
    let accepted = answer.starts_with(r#"{"outcome":"allow""#);
    serde_json::to_string(&Response { accepted, message: answer }).ok()
}
