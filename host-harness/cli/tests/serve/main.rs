//! The program itself: `tagseal serve` and `tagseal demo`.
#![cfg(test)]

mod attack;
mod audit;
mod certificates;
mod configuration;
mod gateway;
mod hanging_mount;
mod kills;
mod ledger;
mod log;
mod memory;
mod policy_in_ledger;
mod replaced;
mod request_id;
mod rules;
mod server;
mod signals;
mod status;
mod traces;

use tagseal_test_support::program::Program;

const TAGSEAL: Program = Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"));
