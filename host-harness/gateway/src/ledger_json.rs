//! What a ledger knows, in JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ledger::{Binding, Effect, OpenWrite, State, Waiting};
use super::utc_time;

/// Writes a time of a ledger, to the second.
pub fn ledger_time(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds);
    time.map(utc_time::write).unwrap_or_default()
}

/// Writes what a tag was bound to last.
pub fn binding_json(binding: &Binding) -> Value {
    json!({
        "repository": binding.repository.as_str(),
        "tag": binding.tag.as_str(),
        "digest": binding.digest.as_str(),
        "state": binding.state.as_str(),
        "since": ledger_time(binding.since),
        "actor": binding.actor,
    })
}

/// Writes a write whose outcome is not known.
pub fn open_write_json(open: &OpenWrite) -> Value {
    let (kind, digest) = match &open.write.effect {
        Effect::Push { digests: [digest, _], .. } => ("push", Some(digest.as_str())),
        Effect::DeleteTag(_) => ("delete-tag", None),
        Effect::DeleteManifest(digest) => ("delete-manifest", Some(digest.as_str())),
    };
    let before = match &open.before {
        State::Absent => "absent",
        State::Digest(digest) => digest.as_str(),
        State::Unknown => "unknown",
    };
    let (waiting, seconds) = match open.waiting {
        Waiting::Here => ("here", None),
        Waiting::Elsewhere(since) => ("elsewhere", Some(since.as_secs())),
        Waiting::Left(since) => ("left", Some(since.as_secs())),
    };
    json!({
        "kind": kind,
        "repository": open.write.repository.as_str(),
        "tag": open.write.effect.tag().map(|tag| tag.as_str()),
        "digest": digest,
        "protected": open.write.is_protected,
        "actor": open.write.actor,
        "begun": ledger_time(open.begun),
        "before": before,
        "waiting": waiting,
        "seconds": seconds,
        "answer": open.answer,
    })
}
