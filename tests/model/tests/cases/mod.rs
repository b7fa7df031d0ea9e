//! Cases for the tests.

use tagseal_model::{
    Case, Deletion,
    Digest::{A, B},
    Request::{self, DeleteManifest, DeleteTag, Override, Push},
    explore,
};

const REQUESTS: [Request; 6] = [Push(A), Push(B), Override(B), DeleteTag, DeleteManifest(A), DeleteManifest(B)];

/// Every set of up to this many requests, with every rule and every start.
pub(crate) fn all(most: usize) -> Vec<Case> {
    let starts: [fn(Case) -> Case; 4] =
        [|case| case, |case| case.with_tag(A), Case::with_later_rule, |case| case.with_tag(A).with_later_rule()];
    let mut cases = Vec::new();
    for requests in sets(most).into_iter().filter(|requests| is_of_interest(requests)) {
        for deletion in [Deletion::Deny, Deletion::Allow, Deletion::Retire] {
            cases.extend(starts.iter().map(|start| start(Case::new(&requests, deletion))));
        }
    }
    cases
}

/// Every set of so many requests about a protected tag that is absent at first, with one thing that may go wrong.
pub(crate) fn with_one_trouble(count: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for requests in sets(count).into_iter().filter(|requests| requests.len() == count && is_of_interest(requests)) {
        for deletion in [Deletion::Deny, Deletion::Allow, Deletion::Retire] {
            for (kills, lost_locks) in [(1, 0), (0, 1)] {
                cases.push(Case { kills, lost_locks, ..Case::new(&requests, deletion) });
            }
        }
    }
    cases
}

/// The same cases with one gateway, which may be killed but loses no locks.
pub(crate) fn alone(cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().filter(|case| case.kills > 0).map(Case::alone).collect()
}

/// Whether it has something to break, and is not another one with the names of the images exchanged.
fn is_of_interest(requests: &[Request]) -> bool {
    let has = |request| requests.contains(&request);
    has(Push(A)) && (has(Push(B)) || has(Override(B)) || !has(DeleteManifest(B)))
}

/// Sets in which a request may be more than once, in order.
fn sets(most: usize) -> Vec<Vec<Request>> {
    let mut sets: Vec<Vec<Request>> = REQUESTS.iter().map(|request| vec![*request]).collect();
    let mut last = sets.clone();
    for _ in 1..most {
        last = last.iter().flat_map(|set| longer(set)).collect();
        sets.extend(last.clone());
    }
    sets
}

fn longer(set: &[Request]) -> Vec<Vec<Request>> {
    let following = REQUESTS.iter().filter(|request| set.last().is_none_or(|last| *request >= last));
    following.map(|request| set.iter().copied().chain([*request]).collect()).collect()
}

/// Explores a case in which no promise may break, and returns how many worlds it has.
#[track_caller]
pub(crate) fn keeps(case: &Case) -> usize {
    let explored = explore(case);
    let shown = explored.finding.map_or_else(String::new, |finding| finding.to_string());
    assert!(shown.is_empty(), "{case}\n{shown}");
    explored.worlds
}
