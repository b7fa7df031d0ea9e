//! The component of Tagseal, as bytes.
//!
//! The build script builds it from the packages `tagseal-plugin` and `tagseal-engine`. The same sources, the same
//! `Cargo.lock` and the same compiler give the same bytes on every machine. The component names the crates that it is made
//! of in a section `.dep-v0`, where scanners such as `cargo audit`, Trivy and Syft look for them.

/// The component.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tagseal.wasm"));
