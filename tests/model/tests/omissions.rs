//! The protocol with one step left out: some order of steps breaks a promise, and the model finds it.

use tagseal_model::{
    Case,
    Deletion::{Allow, Deny, Retire},
    Digest::{A, B},
    Omission,
    Promise::{self, NeverLost, NeverMoves, NeverStuck, NeverVanishes},
    Request::{DeleteManifest, DeleteTag, Override, Push},
    explore,
};

/// Explores a case with a step left out, in which this promise must break, and without anything left out, in which none may.
#[track_caller]
fn breaks(case: Case, omission: Omission, promise: Promise) {
    let found = explore(&case).finding;
    assert!(found.is_none(), "with nothing left out, {case}\n{found:?}");
    let case = case.without(omission);
    let found = explore(&case).finding;
    assert_eq!(found.as_ref().map(|found| found.promise), Some(promise), "{case}\n{found:?}");
}

#[test]
fn a_claim_that_is_written_after_the_answer_is_lost_with_its_gateway() {
    breaks(Case::new(&[Push(A), Push(B)], Deny), Omission::ClaimBeforeForward, NeverMoves);
}

#[test]
fn a_write_that_is_decided_before_its_claim_may_miss_a_rule() {
    breaks(Case::new(&[Push(A), Push(B)], Deny).with_later_rule(), Omission::RulesAfterClaim, NeverMoves);
}

#[test]
fn a_read_before_the_claim_is_too_early() {
    breaks(Case::new(&[Push(A), DeleteManifest(A)], Deny), Omission::ReadAfterClaim, NeverLost);
}

#[test]
fn a_read_before_the_locks_misses_a_push_that_came_meanwhile() {
    breaks(Case::new(&[Push(A), Push(B)], Allow).alone(), Omission::EarlyReadConfirmed, NeverMoves);
}

#[test]
fn a_read_before_the_locks_misses_an_open_push_that_is_carried_out_meanwhile() {
    let case = Case::new(&[Push(A), Push(B), DeleteManifest(A)], Allow).alone();
    breaks(case, Omission::EarlyReadAsksLedger, NeverMoves);
}

#[test]
fn a_read_that_shows_a_digest_does_not_settle_every_push_of_it() {
    breaks(Case::new(&[Push(A), Override(B)], Deny).with_tag(A), Omission::CarefulReads, NeverMoves);
}

#[test]
fn a_read_that_shows_what_was_there_before_settles_nothing() {
    breaks(Case::new(&[Push(A), DeleteTag], Allow), Omission::StateBefore, NeverVanishes);
}

#[test]
fn a_read_can_not_tell_two_pushes_of_one_digest_apart() {
    breaks(Case::new(&[Push(A), Push(A), Override(B)], Deny), Omission::Rivals, NeverMoves);
}

#[test]
fn a_read_says_nothing_of_writes_that_came_after_it() {
    breaks(Case::new(&[Push(A), Push(A), DeleteManifest(A)], Allow), Omission::ReadAfterWrite, NeverVanishes);
}

#[test]
fn c5_a_push_of_the_same_digest_may_come_late_too() {
    breaks(Case::new(&[Push(A), Override(B)], Deny).with_tag(A), Omission::ClaimOfSameDigest, NeverMoves);
}

#[test]
fn c6_a_delete_may_come_late_too() {
    breaks(Case::new(&[Push(A), DeleteTag], Allow), Omission::ClaimOfDelete, NeverVanishes);
}

#[test]
fn c7_a_write_from_before_the_rule_may_come_late_too() {
    breaks(Case::new(&[Push(A), Push(B)], Deny).with_later_rule(), Omission::ClaimOfUnprotected, NeverMoves);
}

#[test]
fn c3_an_unclear_answer_settles_nothing() {
    breaks(Case::new(&[Push(A), Push(B)], Deny), Omission::UnclearStaysOpen, NeverMoves);
}

#[test]
fn c5_an_answer_settles_its_own_write_only() {
    breaks(Case::new(&[Push(A), Push(A), Override(B)], Deny), Omission::OwnAnswerOnly, NeverMoves);
}

#[test]
fn c1_a_restart_that_forgets_claims_lets_another_push_in() {
    breaks(Case::new(&[Push(A), Push(B)], Deny), Omission::ClaimSurvivesRestart, NeverMoves);
}

#[test]
fn a_limit_that_counts_from_the_start_passes_too_early() {
    breaks(Case::new(&[Push(A), Push(B)], Deny), Omission::LimitFromTheEnd, NeverMoves);
}

#[test]
fn an_override_that_ignores_open_writes_is_undone_by_them() {
    breaks(Case::new(&[Push(A), Override(B)], Deny), Omission::OverrideWaits, NeverMoves);
}

#[test]
fn a_delete_that_ignores_open_pushes_may_remove_one_that_is_acknowledged_later() {
    breaks(Case::new(&[Push(A), DeleteTag], Allow), Omission::DeleteWaits, NeverVanishes);
}

#[test]
fn a_delete_of_a_manifest_that_ignores_open_pushes_takes_their_tags() {
    breaks(Case::new(&[Push(A), DeleteManifest(A)], Deny), Omission::ManifestDeleteSeesPushes, NeverLost);
}

#[test]
fn a_delete_of_a_manifest_that_looks_at_open_pushes_too_late_misses_one() {
    breaks(Case::new(&[Push(A), DeleteManifest(A)], Deny), Omission::PushesSeenAtClaim, NeverLost);
}

#[test]
fn a_push_that_ignores_an_open_delete_vanishes() {
    breaks(Case::new(&[Push(A), DeleteTag], Allow), Omission::PushSeesDeletes, NeverVanishes);
}

#[test]
fn c2_a_push_that_ignores_an_open_delete_of_its_manifest_vanishes() {
    breaks(Case::new(&[Push(A), DeleteManifest(A)], Allow), Omission::PushSeesManifestDeletes, NeverVanishes);
}

#[test]
fn a_retired_tag_that_is_forgotten_comes_back_as_another_image() {
    breaks(Case::new(&[Push(A), Push(B), DeleteTag], Retire), Omission::Memory, NeverMoves);
}

#[test]
fn a_write_without_a_limit_stays_open_for_ever() {
    breaks(Case::new(&[Push(A)], Deny), Omission::Limit, NeverStuck);
}

#[test]
fn an_answer_that_comes_after_its_write_was_settled_binds_nothing() {
    let case = Case::new(&[Push(A), Push(A), Override(B), DeleteTag], Retire);
    breaks(Case { kills: 0, ..case }, Omission::SettledByOthers, NeverMoves);
}
