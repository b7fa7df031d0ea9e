//! Writers at the same time, over HTTP and on the file: an accepted change is there in the end, and a refused one is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tagseal::RulesError;
use tagseal_gateway::{ActivePolicy, DocumentFile, DocumentFileError};

use super::managed::{DOCUMENT, Managed, RULES};
use tagseal_test_support::stack::component;

/// The number of sequences of changes by each writer.
const SEQUENCES: u64 = 1000;
/// The greatest number of changes of a writer in a sequence.
const LONGEST: u64 = 4;

/// Numbers that look random, the same ones for each seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }
}

/// A change, which may be invalid.
#[derive(Clone, Debug)]
enum Step {
    Create(Value),
    Configure(u64, Value),
    Delete(u64),
}

impl Step {
    /// Makes a change that may be possible or not: of one of six namespaces, and of an id that exists or may exist soon. No two
    /// changes set the same value.
    fn random(dice: &mut Dice, ids: &[u64], number: u64) -> Self {
        let id = ids[dice.roll(ids.len() as u64) as usize];
        match dice.roll(10) {
            0..4 => {
                let namespace = format!("n{}", dice.roll(6));
                Self::Create(json!({"namespace": namespace, "preset": "latest", "note": number.to_string()}))
            }
            4..7 => Self::Configure(id, json!({"enabled": dice.roll(2) == 0, "note": number.to_string()})),
            7 => Self::Configure(id, json!({"deletion": "forbid"})),
            8 => Self::Create(json!({"namespace": "n/n", "preset": "latest"})),
            _ => Self::Delete(id),
        }
    }

    /// Writes it as a change of the contract.
    fn change(&self) -> String {
        let change = match self {
            Self::Create(rule) => json!({"create": rule}),
            Self::Configure(id, set) => json!({"configure": {"id": id, "set": set}}),
            Self::Delete(id) => json!({"delete": {"id": id}}),
        };
        change.to_string()
    }
}

/// The accepted changes of a writer, in its order, each with its revision if the answer has it.
type Accepted = Vec<(Option<u64>, Step)>;

async fn over_http(managed: &Managed, steps: Vec<Step>, mut dice: Dice) -> Accepted {
    let mut accepted = Accepted::new();
    for step in steps {
        let json = ("content-type", "application/json");
        // Some changes name the version that was read, which may have changed since.
        let tag = if dice.roll(2) == 0 { None } else { Some(managed.get(RULES).await.header("etag").to_owned()) };
        let headers: Vec<_> = [json].into_iter().chain(tag.as_deref().map(|tag| ("if-match", tag))).collect();
        let (method, path, body) = match &step {
            Step::Create(rule) => (Method::POST, RULES.to_owned(), rule.to_string()),
            Step::Configure(id, set) => (Method::PATCH, format!("{RULES}/{id}"), set.to_string()),
            Step::Delete(id) => (Method::DELETE, format!("{RULES}/{id}"), String::new()),
        };
        let answer = managed.ask(method, &path, &headers, &body).await;
        match answer.status.as_u16() {
            200 | 201 => {
                let revision =
                    answer.header("etag").trim_start_matches('"').split('-').next().unwrap().parse().unwrap();
                assert!(managed.revision() >= revision, "it is active before it is answered");
                accepted.push((Some(revision), step));
            }
            204 => accepted.push((None, step)),
            404 | 409 | 412 | 422 => {}
            status => panic!("{status}: {answer:?}"),
        }
    }
    accepted
}

/// A refusal, or a file that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotDone(String);

impl From<DocumentFileError> for NotDone {
    fn from(error: DocumentFileError) -> Self {
        panic!("{error}");
    }
}

impl From<RulesError> for NotDone {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Refused(refusal) => Self(refusal.code),
            failure => panic!("{failure}"),
        }
    }
}

/// Changes the file as the command line does, in a process of its own.
fn on_the_file(path: &Path, steps: Vec<Step>) -> Accepted {
    let file = DocumentFile::at(path);
    let mut accepted = Accepted::new();
    for step in steps {
        let revision = file.change(|old| {
            let changed = component().change_rules(old, &step.change())?;
            Ok::<_, NotDone>((Some(changed.document), changed.revision))
        });
        accepted.extend(revision.ok().map(|revision| (Some(revision), step)));
    }
    accepted
}

/// Returns all accepted changes in the order of their revisions. Changes with an unknown revision get the remaining
/// revisions, in their own order.
#[track_caller]
fn in_order(before: u64, writers: [Accepted; 2]) -> Vec<Step> {
    let mut order = BTreeMap::new();
    let mut untold = Vec::new();
    for (revision, step) in writers.into_iter().flatten() {
        match revision {
            Some(revision) => {
                let other = order.insert(revision, step);
                assert!(other.is_none(), "two changes made revision {revision}");
            }
            None => untold.push(step),
        }
    }
    let count = (order.len() + untold.len()) as u64;
    let mut untold = untold.into_iter();
    for revision in before + 1..=before + count {
        order.entry(revision).or_insert_with(|| untold.next().expect("each change makes one revision"));
    }
    assert_eq!(order.last_key_value().map_or(before, |(last, _)| *last), before + count, "a revision is nobody's");
    order.into_values().collect()
}

fn number(document: &str, field: &str) -> u64 {
    serde_json::from_str::<Value>(document).unwrap()[field].as_u64().unwrap_or_default()
}

/// Returns the ids of the rules that come and go, and the next two.
fn ids(document: &str) -> Vec<u64> {
    let rules = serde_json::from_str::<Value>(document).unwrap()["rules"].clone();
    let there = rules.as_array().unwrap().iter().map(|rule| rule["id"].as_u64().unwrap()).filter(|id| *id != 4);
    let next = number(document, "next-id").max(5);
    there.chain([next, next + 1]).collect()
}

/// Stops the work in the background when the test ends in any way.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// The active policy never becomes an older one, whoever changes it.
fn watch(active_policy: ActivePolicy, stop: Arc<AtomicBool>) {
    let mut last = 0;
    while !stop.load(SeqCst) {
        let now = active_policy.policy().unwrap().revision();
        assert!(now >= last, "revision {now} came into force after {last}");
        last = now;
        std::thread::sleep(Duration::from_micros(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_at_the_same_time_lose_nothing() {
    let managed = Arc::new(Managed::new(DOCUMENT).await);
    let stop = Stop::default();
    let watcher = {
        let (active_policy, stop) = (managed.stack.active_policy.clone(), Arc::clone(&stop.0));
        tokio::task::spawn_blocking(move || watch(active_policy, stop))
    };
    // Reads look at the file too, at any time between the writes.
    let reader = {
        let (managed, stop) = (Arc::clone(&managed), Arc::clone(&stop.0));
        tokio::spawn(async move {
            while !stop.load(SeqCst) {
                managed.get(RULES).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    let (mut dice, mut made, mut tried) = (Dice::new(1), [0, 0], 0);
    for sequence in 0..SEQUENCES {
        let before = managed.document();
        let ids = ids(&before);
        let mut steps = || -> Vec<Step> {
            let count = 1 + dice.roll(LONGEST);
            (0..count)
                .map(|_| {
                    tried += 1;
                    Step::random(&mut dice, &ids, tried)
                })
                .collect()
        };
        let (ours, theirs) = (steps(), steps());
        let path = managed.path.clone();
        let theirs = tokio::task::spawn_blocking(move || on_the_file(&path, theirs));
        let ours = over_http(&managed, ours, Dice::new(sequence + 7)).await;
        let writers = [ours, theirs.await.unwrap()];
        made = [made[0] + writers[0].len(), made[1] + writers[1].len()];
        let steps = in_order(number(&before, "revision"), writers);
        let expected = steps.iter().fold(before, |document, step| {
            component()
                .change_rules(&document, &step.change())
                .unwrap_or_else(|error| panic!("{step:?}: {error}"))
                .document
        });
        assert_eq!(managed.document(), expected, "sequence {sequence}: {steps:?}");
    }
    let listed = managed.get(RULES).await.json();
    let document: Value = serde_json::from_str(&managed.document()).unwrap();
    assert_eq!((&listed["revision"], &listed["rules"]), (&document["revision"], &document["rules"]));
    assert_eq!(managed.revision(), number(&managed.document(), "revision"));
    drop(stop);
    reader.await.unwrap();
    watcher.await.unwrap();
    assert!(made.iter().all(|made| *made > 300), "{made:?} of {tried} were accepted");
    assert!(
        managed.document().contains(r#"{ "id": 4,   "namespace": "kept", "note": "by \u0068and","#),
        "nobody asked for it"
    );
}

/// An editor takes no lock, so it may write in the middle of a change. The document that was written last is active.
#[tokio::test(flavor = "multi_thread")]
async fn after_edits_by_hand_during_changes_file_and_policy_agree() {
    let managed = Managed::new(DOCUMENT).await;
    for round in 0..100 {
        let edited = DOCUMENT
            .replace("\"test\"", &format!("\"round {round}\""))
            .replace("\"revision\": 7", &format!("\"revision\": {}", 1000 + round * 10));
        let edit = async {
            tokio::time::sleep(Duration::from_micros(300 * (round % 10))).await;
            managed.edit(&edited);
        };
        let change = async {
            let body = json!({"note": format!("round {round}")}).to_string();
            managed.patch(4, &body).await
        };
        let ((), changed) = tokio::join!(edit, change);
        // It may report that the file was changed in the meantime.
        assert!(matches!(changed.status.as_u16(), 200 | 503), "{changed:?}");
        let listed = managed.get(RULES).await.json();
        let document: Value = serde_json::from_str(&managed.document()).unwrap();
        assert_eq!((&listed["revision"], &listed["rules"]), (&document["revision"], &document["rules"]));
        assert_eq!(managed.revision(), document["revision"].as_u64().unwrap());
    }
}
