//! Gives the linker the answer to the one import that std can't be talked out of: see `seed.wat`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=seed.wat");
    if let Ok("wasm") = env::var("CARGO_CFG_TARGET_FAMILY").as_deref()
        && let Ok(folder) = env::var("CARGO_MANIFEST_DIR")
    {
        println!("cargo:rustc-link-arg=--adapt=wasi:random/insecure-seed@0.2.4={folder}/seed.wat");
    }
}
