//! The globs of Go's doublestar, which Harbor and those that took its rules from it have, in terms of ours.
//!
//! Harbor had doublestar 1.1 up to its release 2.10, and has 1.3 since. Most patterns mean the same in both and here. What
//! does not is translated where its meaning can be kept, and reported in every case.

mod class;
pub(super) mod difference;
mod endings;
mod fault;
pub(super) mod pattern;
mod piece;
pub(super) mod translate;
mod translation;
