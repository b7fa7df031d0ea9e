//! Documents and events made up at random, of so few letters that they collide.

pub mod document;
pub mod event;
pub mod exchange;
pub mod extreme;
pub mod pattern;
pub mod text;
mod tries;

pub use tries::tries;
