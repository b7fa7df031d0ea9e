//! The gateway before a registry in memory: what passes, what is refused, and what happens when things go wrong.
#![cfg(test)]

mod client;
mod deletes;
mod faults;
mod look_ups;
mod passage;
mod process;
mod pushes;
mod races;
mod rules;
mod serving;
mod stack;
