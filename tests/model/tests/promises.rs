//! The protocol as it is: no order of steps breaks a promise.

mod cases;

use std::collections::HashSet;

use tagseal_model::{Answer, Case, Deletion, Digest::A, Outcome, Request::Push, explore};

use cases::{all, keeps, with_one_trouble};

#[test]
fn no_promise_breaks_with_one_or_two_requests() {
    all(2).iter().for_each(|case| _ = keeps(case));
}

#[test]
fn no_promise_breaks_with_three_requests_and_one_trouble() {
    with_one_trouble(3).iter().for_each(|case| _ = keeps(case));
}

/// Takes minutes: `cargo test --release -p tagseal-model -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn no_promise_breaks_with_three_requests_and_two_troubles() {
    println!("{} worlds", all(3).iter().map(keeps).sum::<usize>());
}

/// Takes minutes: `cargo test --release -p tagseal-model -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn no_promise_breaks_with_four_requests_and_one_trouble() {
    println!("{} worlds", with_one_trouble(4).iter().map(keeps).sum::<usize>());
}

#[test]
fn the_model_lets_requests_through_so_that_its_promises_mean_something() {
    let endings = explore(&Case::new(&[Push(A), Push(A)], Deletion::Deny)).endings;
    let done = Outcome::Answered(Answer::Done);
    let expected = [
        vec![done, done],
        vec![Outcome::Answered(Answer::Unclear), done],
        vec![Outcome::Killed, done],
        vec![Outcome::Answered(Answer::Refused), done],
    ];
    let missing: HashSet<_> = expected.iter().filter(|ending| !endings.contains(*ending)).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {endings:?}");
}
