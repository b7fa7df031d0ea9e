//! Measures Tagseal against what people would pick instead: the same policies, the same events, one run.
//!
//! - without a word: outcomes are proven equal, then everything is timed, and one table is printed
//! - `growth`: what each thing costs as there is more of it; writes `growth.json`, plots and all
//! - `profile`: where the time of a decision goes
//! - `size`: what the component is made of, by crate

mod allocations;
mod children;
mod compare;
mod event;
mod growth;
mod measure;
mod policy;
mod profile;
mod size;
mod subject;
mod table;

use anyhow::{Result, bail};
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        [] => compare::run(),
        ["growth"] => growth::run(),
        ["profile"] => profile::run(),
        ["size"] => size::run(),
        // What the program asks of itself, in processes of their own.
        ["child", subject, rules] => children::answer(subject, rules.parse()?),
        ["cached", folder] => children::answer_from_cache(folder),
        ["load", form, rules] => growth::answer(form, rules.parse()?),
        ["native", rules, rounds] => profile::answer(rules.parse()?, rounds.parse()?),
        _ => bail!("unknown words `{}`; write nothing, `growth`, `profile` or `size`", words.join(" ")),
    }
}
