//! The protocol as it is: no order of steps breaks a promise.

mod cases;

use std::collections::HashSet;

use tagseal_model::{
    Answer, Case, Deletion, Digest::A, Gateway, Outcome, Request::Push, Sent, Step, World, explore, steps,
};

use cases::{all, alone, keeps, with_one_trouble};

#[test]
fn no_promise_breaks_with_one_or_two_requests() {
    all(2).iter().for_each(|case| _ = keeps(case));
}

#[test]
fn no_promise_breaks_with_three_requests_and_one_trouble() {
    with_one_trouble(3).iter().for_each(|case| _ = keeps(case));
}

#[test]
fn no_promise_breaks_in_one_gateway_with_one_or_two_requests() {
    alone(all(2)).iter().for_each(|case| _ = keeps(case));
}

#[test]
fn no_promise_breaks_in_one_gateway_with_three_requests_and_one_trouble() {
    alone(with_one_trouble(3)).iter().for_each(|case| _ = keeps(case));
}

/// Takes half a minute: `cargo test --release -p tagseal-model -- --ignored --nocapture`.
#[test]
#[ignore = "takes half a minute"]
fn no_promise_breaks_in_one_gateway_with_three_requests_and_every_start() {
    println!("{} worlds", alone(all(3)).iter().map(keeps).sum::<usize>());
}

/// Takes minutes: `cargo test --release -p tagseal-model -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn no_promise_breaks_in_one_gateway_with_four_requests_and_one_trouble() {
    println!("{} worlds", alone(with_one_trouble(4)).iter().map(keeps).sum::<usize>());
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

#[test]
fn a_push_is_forwarded_by_what_was_read_before_its_locks() {
    let case = Case::new(&[Push(A)], Deletion::Deny).alone();
    let early = [Step::Watch(0), Step::AskLedger(0), Step::Read(0)];
    // It only settles after its claim: it does not read again.
    let late = [Step::Take(0, Gateway::One), Step::Claim(0), Step::Settle(0), Step::Decide(0)];
    let mut world = World::new(&case);
    for step in early.into_iter().chain(late) {
        let possible = steps(&world, &case).into_iter().find(|(it, _)| *it == step);
        world = possible.unwrap_or_else(|| panic!("{step} is not possible in {world:?}")).1;
    }
    assert_eq!(world.attempts[0].sent, Sent::Pending);
}
