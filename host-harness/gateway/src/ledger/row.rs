//! How writes are kept in rows, and read from them.

use std::time::Duration;

use tagseal_distribution::reference::{Digest, Repository, Tag};

use super::error::DatabaseError;
use super::statement::Row;
use super::write::{Effect, NewWrite, OpenWrite, Parts, State, Waiting};

/// The most bytes of listed parts that a row keeps. Longer lists are kept as any.
const MAX_PARTS_BYTES: usize = 16 << 10;
/// How parts are kept that are not listed.
pub(crate) const ANY_PARTS: &str = "*";

/// The columns that [`open_write`] reads. `NOW()` is the database's clock.
pub(crate) const COLUMNS: &str = "w.id, w.repository, w.kind, w.tag, w.digest, w.other_digest, w.parts, w.state_before, \
    w.is_protected, w.rivals, w.gateway, w.actor, w.begun, w.left_at, w.answer, \
    CAST(COALESCE(g.seen, 0) AS BIGINT), NOW()";

/// What a write does, as columns.
#[derive(Debug)]
pub(crate) struct EffectColumns {
    pub(crate) kind: &'static str,
    pub(crate) tag: String,
    pub(crate) digest: String,
    pub(crate) other_digest: String,
    pub(crate) parts: String,
}

impl EffectColumns {
    /// The columns of an effect.
    pub(crate) fn of(effect: &Effect) -> Self {
        let columns = |kind, tag: &str, [digest, other_digest]: [&str; 2], parts| {
            let (tag, digest, other_digest) = (tag.to_owned(), digest.to_owned(), other_digest.to_owned());
            Self { kind, tag, digest, other_digest, parts }
        };
        match effect {
            Effect::Push { tag, digests: [first, second], parts } => {
                columns("push", tag.as_str(), [first.as_str(), second.as_str()], parts_text(parts))
            }
            Effect::DeleteTag(tag) => columns("delete-tag", tag.as_str(), ["", ""], String::new()),
            Effect::DeleteManifest(digest) => columns("delete-manifest", "", [digest.as_str(), ""], String::new()),
        }
    }
}

fn parts_text(parts: &Parts) -> String {
    match parts {
        Parts::Listed(parts) => Some(parts.join(" ")).filter(|text| text.len() <= MAX_PARTS_BYTES),
        Parts::Any => None,
    }
    .unwrap_or_else(|| ANY_PARTS.to_owned())
}

/// A state, as text.
pub(crate) fn state_text(state: &State) -> &str {
    match state {
        State::Absent => "absent",
        State::Digest(digest) => digest.as_str(),
        State::Unknown => "",
    }
}

/// Reads a state.
pub(crate) fn state(text: &str) -> State {
    match (text, Digest::parse(text)) {
        ("absent", _) => State::Absent,
        (_, Ok(digest)) => State::Digest(digest),
        (_, Err(_)) => State::Unknown,
    }
}

/// Reads an open write.
///
/// # Errors
///
/// A row that this program can't have written.
pub(crate) fn open_write(row: &Row, gateway: i64) -> Result<OpenWrite, DatabaseError> {
    let (begun, left_at, seen, now) = (row.number(12)?, row.number(13)?, row.number(15)?, row.number(16)?);
    let since = |then: i64| Duration::from_millis(u64::try_from(now.saturating_sub(then)).unwrap_or(0));
    let waiting = match left_at {
        0 if row.number(10)? == gateway => Waiting::Here,
        0 => Waiting::Elsewhere(since(begun.max(seen))),
        left_at => Waiting::Left(since(left_at)),
    };
    let repository = Repository::parse(row.text(1)?).map_err(|_| DatabaseError::invalid("repository"))?;
    let (is_protected, actor) = (row.number(8)? != 0, row.text(11)?.to_owned());
    Ok(OpenWrite {
        id: row.number(0)?,
        write: NewWrite { repository, effect: effect(row)?, is_protected, actor },
        before: state(row.text(7)?),
        rivals: row.number(9)?,
        waiting,
        begun,
        answer: row.text(14)?.to_owned(),
    })
}

fn effect(row: &Row) -> Result<Effect, DatabaseError> {
    let tag = || Tag::parse(row.text(3)?).map_err(|_| DatabaseError::invalid("tag"));
    let digest = |column| Digest::parse(row.text(column)?).map_err(|_| DatabaseError::invalid("digest"));
    match row.text(2)? {
        "push" => Ok(Effect::Push { tag: tag()?, digests: [digest(4)?, digest(5)?], parts: parts(row.text(6)?) }),
        "delete-tag" => Ok(Effect::DeleteTag(tag()?)),
        "delete-manifest" => Ok(Effect::DeleteManifest(digest(4)?)),
        _ => Err(DatabaseError::invalid("kind")),
    }
}

/// Reads parts.
pub(crate) fn parts(text: &str) -> Parts {
    match text {
        ANY_PARTS => Parts::Any,
        listed => Parts::Listed(listed.split(' ').filter(|part| !part.is_empty()).map(str::to_owned).collect()),
    }
}
