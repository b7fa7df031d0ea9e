//! The ledger by itself: claims, what settles them, and what it remembers.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};
use tagseal_distribution::reference::{Digest, Repository, Tag};
use tagseal_gateway::{
    AuditFilter, BindingState, Effect, Ledger, LedgerError, LedgerSettings, NewWrite, OpenWrite, Origin, Parts, Place,
    Released, State, Subject,
};

fn repository() -> Repository {
    Repository::parse("prod/app").unwrap()
}

fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

fn digests(content: &str) -> [Digest; 2] {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [format!("sha256:{}", hex(&Sha256::digest(content))), format!("sha512:{}", hex(&Sha512::digest(content)))]
        .map(|digest| Digest::parse(&digest).unwrap())
}

fn digest(content: &str) -> Digest {
    let [digest, _] = digests(content);
    digest
}

fn push(name: &str, content: &str) -> NewWrite {
    let effect = Effect::Push { tag: tag(name), digests: digests(content), parts: Parts::Listed(Vec::new()) };
    NewWrite { repository: repository(), effect, is_protected: true, actor: "alice".to_owned() }
}

fn delete(name: &str) -> NewWrite {
    NewWrite { effect: Effect::DeleteTag(tag(name)), ..push(name, "") }
}

async fn in_file(path: &Path, limit: Option<Duration>) -> Ledger {
    let settings = LedgerSettings { late_write_limit: limit, ..LedgerSettings::default() };
    Ledger::open(&Place::File(path.to_owned()), settings).await.unwrap()
}

async fn open(ledger: &Ledger) -> Vec<OpenWrite> {
    ledger.open_writes(&repository(), Some(&BTreeSet::from([tag("v1")]))).await.unwrap()
}

async fn settle(ledger: &Ledger, found: State) -> usize {
    let open = open(ledger).await;
    ledger.settle(open, |_| found.clone(), |_| (0, 0)).await.unwrap().len()
}

#[tokio::test]
async fn protected_writes_of_one_tag_have_one_digest() {
    let ledger = Ledger::in_memory().await.unwrap();
    let first = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_none(), "another digest");
    assert!(ledger.claim(vec![delete("v1")]).await.unwrap().is_none(), "a delete");
    assert!(ledger.claim(vec![push("v2", "b"), push("v1", "b")]).await.unwrap().is_none(), "all or none");
    let other = ledger.claim(vec![push("v2", "c")]).await.unwrap();
    assert!(other.is_some(), "what was not admitted left nothing");
    let again = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
    first.end(true, &[]).await;
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_none(), "the second one is still open");
    again.end(false, &[]).await;
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_some());
}

#[tokio::test]
async fn what_no_rule_protects_keeps_nobody_away_but_is_remembered() {
    let ledger = Ledger::in_memory().await.unwrap();
    let unprotected = NewWrite { is_protected: false, ..push("v1", "a") };
    let _first = ledger.claim(vec![unprotected.clone()]).await.unwrap().unwrap();
    let _other = ledger.claim(vec![NewWrite { is_protected: false, ..push("v1", "b") }]).await.unwrap().unwrap();
    assert_eq!(open(&ledger).await.len(), 2);
}

#[tokio::test]
async fn a_claim_that_is_dropped_is_taken_back_until_it_is_forwarded() {
    let ledger = Ledger::in_memory().await.unwrap();
    drop(ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap());
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_some(), "nothing was forwarded");
    let mut claim = ledger.claim(vec![push("v1", "c")]).await.unwrap().unwrap();
    claim.forward(&[State::Absent]);
    drop(claim);
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_none());
    let [write] = open(&ledger).await.try_into().unwrap();
    assert_eq!((write.before, write.answer.is_empty()), (State::Absent, false));
}

#[tokio::test]
async fn c1_claims_outlive_the_gateway_and_settle_by_what_came_from_them_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    {
        let ledger = in_file(&path, None).await;
        let mut claim = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
        claim.forward(&[State::Absent]);
        claim.leave("503 Service Unavailable").await;
        assert_eq!(open(&ledger).await.len(), 1);
        std::mem::forget(ledger);
    }
    let ledger = Ledger::open_beside(&Place::File(path)).await.unwrap();
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_none());
    assert_eq!(settle(&ledger, State::Absent).await, 1, "it may come yet");
    assert_eq!(settle(&ledger, State::Digest(digest("b"))).await, 1, "that is another one");
    assert_eq!(settle(&ledger, State::Digest(digest("a"))).await, 0);
    let binding = ledger.binding(&repository(), &tag("v1")).await.unwrap().unwrap();
    assert_eq!((binding.digest, binding.state), (digest("a"), BindingState::Bound));
}

#[tokio::test]
async fn two_pushes_of_one_digest_are_not_told_apart_by_a_read() {
    let ledger = Ledger::in_memory().await.unwrap();
    for _ in 0..2 {
        let mut claim = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
        claim.forward(&[State::Absent]);
        claim.leave("").await;
    }
    assert_eq!(settle(&ledger, State::Digest(digest("a"))).await, 2);
}

#[tokio::test]
async fn once_the_limit_has_passed_any_read_settles() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LedgerSettings { late_write_limit: Some(Duration::ZERO), ..LedgerSettings::default() };
    let ledger = Ledger::open(&Place::Memory, settings).await.unwrap();
    let mut claim = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
    claim.forward(&[State::Unknown]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(settle(&ledger, State::Absent).await, 1, "this gateway still waits");
    claim.leave("").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(settle(&ledger, State::Unknown).await, 1, "nothing was read");
    assert_eq!(settle(&ledger, State::Absent).await, 0);
    drop(folder);
}

#[tokio::test]
async fn a_second_gateway_on_the_same_file_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let _first = in_file(&path, None).await;
    let second = Ledger::open(&Place::File(path.clone()), LedgerSettings::default()).await;
    assert!(matches!(&second, Err(LedgerError::InUse(_))), "{second:?}");
    assert!(Ledger::open_beside(&Place::File(path)).await.is_ok(), "an operator may look");
}

#[tokio::test]
async fn a_deleted_tag_is_retired_if_a_rule_protects_it_and_forgotten_if_not() {
    let ledger = Ledger::in_memory().await.unwrap();
    for (is_protected, expected) in [(true, Some((digest("a"), BindingState::Retired))), (false, None)] {
        ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap().end(true, &[]).await;
        let mut claim = ledger.claim(vec![NewWrite { is_protected, ..delete("v1") }]).await.unwrap().unwrap();
        claim.forward(&[State::Digest(digest("a"))]);
        claim.end(true, &[]).await;
        // The next claim comes after it.
        drop(ledger.claim(vec![push("v9", "x")]).await.unwrap());
        let binding = ledger.binding(&repository(), &tag("v1")).await.unwrap();
        assert_eq!(binding.map(|binding| (binding.digest, binding.state)), expected, "{is_protected}");
    }
}

#[tokio::test]
async fn the_tags_of_a_deleted_manifest_go_with_it() {
    let ledger = Ledger::in_memory().await.unwrap();
    for name in ["v1", "latest"] {
        ledger.claim(vec![push(name, "a")]).await.unwrap().unwrap().end(true, &[]).await;
    }
    let delete = NewWrite { effect: Effect::DeleteManifest(digest("a")), ..push("v1", "") };
    let claim = ledger.claim(vec![delete]).await.unwrap().unwrap();
    claim.end(true, &[(tag("v1"), true), (tag("latest"), false)]).await;
    drop(ledger.claim(vec![push("v9", "x")]).await.unwrap());
    let bindings = ledger.bindings_of(&repository()).await.unwrap();
    let bindings: Vec<_> = bindings.iter().map(|binding| (binding.tag.as_str(), binding.state)).collect();
    assert_eq!(bindings, [("v1", BindingState::Retired)]);
}

#[tokio::test]
async fn a_release_is_audited_and_frees_the_tag() {
    let ledger = Ledger::in_memory().await.unwrap();
    let mut claim = ledger.claim(vec![push("v1", "a")]).await.unwrap().unwrap();
    claim.forward(&[State::Absent]);
    claim.leave("no answer").await;
    let (v1, bob) = (Subject::Tag(repository(), tag("v1")), Origin::operator("bob"));
    let released = ledger.release(&v1, &bob, "the registry was restored").await.unwrap();
    assert_eq!((released.writes, released.is_free), (1, false));
    assert!(ledger.claim(vec![push("v1", "b")]).await.unwrap().is_some());
    let page = ledger.audit_page(&AuditFilter::default(), None, 10).await.unwrap();
    let [(1, line)] = page.lines.as_slice() else { panic!("{page:?}") };
    assert_eq!(Some(line), released.line.as_ref());
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["kind"], &line["actor"]["name"]), (&"release".into(), &"bob".into()), "{line}");
    assert_eq!((&line["tags"][0]["tag"], &line["reason"]), (&"v1".into(), &"the registry was restored".into()));
    let v9 = Subject::Tag(repository(), tag("v9"));
    assert_eq!(ledger.release(&v9, &bob, "nothing is there").await.unwrap(), Released::default());
    assert_eq!(ledger.audit_page(&AuditFilter::default(), None, 10).await.unwrap(), page, "so there is no line");
}

#[tokio::test]
async fn many_claims_at_once_are_all_written() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = in_file(&folder.path().join("ledger.db"), None).await;
    let claims: Vec<_> = (0..200)
        .map(|number| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.claim(vec![push(&format!("v{number}"), "a")]).await.unwrap().unwrap() })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.push(claim.await.unwrap());
    }
    assert_eq!(ledger.all_writes().await.unwrap().len(), 200);
    for claim in claimed {
        claim.end(true, &[]).await;
    }
    drop(ledger.claim(vec![push("last", "a")]).await.unwrap());
    assert_eq!(ledger.all_bindings().await.unwrap().len(), 200);
}
