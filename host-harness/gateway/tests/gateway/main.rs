//! The gateway in front of a registry in memory: what it forwards, what it refuses, and what happens when something fails.
#![cfg(test)]

mod attacks;
mod callers;
mod connections;
mod deletes;
mod faults;
mod http2;
mod late_writes;
mod ledger;
mod logins;
mod look_ups;
mod many_tags;
mod monitor;
mod outages;
mod passage;
mod policy_in_ledger;
mod postgres;
mod pushes;
mod races;
mod redirects;
mod rules;
mod settling;
mod waiting;
