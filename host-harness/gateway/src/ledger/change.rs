//! Changes of the ledger, each as the statements that make it.
//!
//! A change is applied in a transaction, with others of the same moment, and may be applied again when that failed.

use tagseal_distribution::reference::{Digest, Repository, Tag};

use super::binding::BindingState;
use super::error::DatabaseError;
use super::row::{ANY_PARTS, EffectColumns, state_text};
use super::statement::{Statements, Value};
use super::write::{Effect, NewWrite, State};
use crate::audit_facts::{AuditFacts, AuditRow};

/// The most lines of the audit. With more, the oldest ones go, so that a flood of denials does not fill the disk.
const MAX_AUDIT_LINES: i64 = 1_000_000;

/// A change of the ledger.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Adds writes that are about to be forwarded, all or none, each with its number.
    Claim(Vec<(i64, NewWrite)>, i64),
    /// Adds writes that were forwarded without a claim, and whose gateway does not wait any more, after this answer.
    Abandoned(Vec<(i64, NewWrite)>, i64, String),
    /// Says what the tag of a write was when it was forwarded.
    Before(Vec<(i64, State)>),
    /// Ends a write.
    End(Vec<Ended>),
    /// The gateway has stopped waiting for these writes, after this answer.
    Leave(Vec<i64>, String),
    /// Binds a tag, or says that it was.
    Bind(Vec<NewBinding>),
    /// Binds tags of which nothing is known yet.
    BindNew(Vec<NewBinding>),
    /// Says that these manifests of a repository refer to no others.
    Plain(Repository, Vec<Digest>),
    /// Says that every tag of a repository has a binding.
    Adopt(Repository),
    /// Keeps what was learned about the registry.
    Learn(&'static str, String),
    /// A gateway is there, or still there.
    Beat(i64, String),
    /// Adds lines of the audit.
    Audit(Vec<AuditRow>),
    /// Deletes lines of the audit that are older than so many milliseconds, so many at most.
    ExpireAudit(i64, u64),
    /// Ends open writes of a tag or manifest, makes the name of a deleted tag free, and adds a line of the audit.
    Release {
        /// The writes.
        ended: Vec<Ended>,
        /// The tag.
        free: Option<(Repository, Tag)>,
        /// The line.
        row: AuditRow,
    },
}

/// A write that is over.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// Its number.
    pub(crate) id: i64,
    /// Whether it was carried out.
    pub(crate) is_done: bool,
    /// It ends only if it has had no more rivals than these.
    pub(crate) most_rivals: i64,
    /// The tags that a delete of a manifest removed, and whether a rule protects each.
    pub(crate) removed: Vec<(Tag, bool)>,
}

/// A binding that is to be kept.
#[derive(Clone, Debug)]
pub struct NewBinding {
    /// Where.
    pub repository: Repository,
    /// The tag.
    pub tag: Tag,
    /// What it is bound to, or was.
    pub digest: Digest,
    /// Which of both.
    pub state: BindingState,
    /// By whom.
    pub actor: String,
}

/// Applies a change, and returns how many rows it changed. A claim that was not admitted changes none.
pub(crate) async fn apply(change: &Change, statements: &mut impl Statements) -> Result<u64, DatabaseError> {
    let mut table = Tables(statements);
    match change {
        Change::Claim(writes, gateway) => table.claim(writes, *gateway).await,
        Change::Abandoned(writes, gateway, answer) => {
            let ids: Vec<i64> = writes.iter().map(|(id, _)| *id).collect();
            table.claim(writes, *gateway).await?;
            table.leave(&ids, answer).await
        }
        Change::Before(states) => table.before(states).await,
        Change::End(ended) => table.end_all(ended).await,
        Change::Leave(ids, answer) => table.leave(ids, answer).await,
        Change::Bind(bindings) => table.bind_all(bindings).await,
        Change::BindNew(bindings) => table.bind_new(bindings).await,
        Change::Plain(repository, digests) => table.plain(repository.as_str(), digests).await,
        Change::Adopt(repository) => {
            let text = "INSERT INTO adopted_repositories (repository, since) VALUES ($1, NOW()) \
                        ON CONFLICT (repository) DO NOTHING";
            table.run(text, &[repository.as_str().into()]).await
        }
        Change::Learn(name, value) => {
            let text = "INSERT INTO facts (name, value, since) VALUES ($1, $2, NOW()) ON CONFLICT (name) \
                        DO UPDATE SET value = excluded.value, since = excluded.since WHERE facts.value <> excluded.value";
            table.run(text, &[(*name).into(), value.as_str().into()]).await
        }
        Change::Beat(id, name) => {
            let text = "INSERT INTO gateways (id, name, started, seen) VALUES ($1, $2, NOW(), NOW()) \
                        ON CONFLICT (id) DO UPDATE SET seen = excluded.seen";
            table.run(text, &[(*id).into(), name.as_str().into()]).await
        }
        Change::Audit(rows) => table.audit(rows).await,
        Change::ExpireAudit(age, most) => table.expire_audit(*age, *most).await,
        Change::Release { ended, free, row } => {
            if let Some((repository, tag)) = free {
                let text = "DELETE FROM bindings WHERE repository = $1 AND tag = $2 AND state = 'retired'";
                table.run(text, &[repository.as_str().into(), tag.as_str().into()]).await?;
            }
            table.audit(std::slice::from_ref(row)).await?;
            table.end_all(ended).await
        }
    }
}

/// The tables, in a transaction.
struct Tables<'a, S>(&'a mut S);

impl<S: Statements> Tables<'_, S> {
    async fn run(&mut self, text: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        self.0.run(text, values).await
    }

    /// Adds all writes, or none where another open write holds a tag with another effect.
    async fn claim(&mut self, writes: &[(i64, NewWrite)], gateway: i64) -> Result<u64, DatabaseError> {
        for (held, (id, write)) in writes.iter().enumerate() {
            if self.hold(*id, write).await? == 0 {
                for (id, write) in writes.iter().take(held) {
                    self.let_go(write, *id).await?;
                }
                return Ok(0);
            }
        }
        for (id, write) in writes {
            self.add(*id, write, gateway).await?;
        }
        Ok(writes.len().try_into().unwrap_or(u64::MAX))
    }

    /// Holds the tag of a protected write. Another one with the same effect may hold it too.
    async fn hold(&mut self, id: i64, write: &NewWrite) -> Result<u64, DatabaseError> {
        let Some(tag) = write.effect.tag().filter(|_| write.is_protected) else { return Ok(1) };
        let text = "INSERT INTO held_tags (repository, tag, effect, writes) VALUES ($1, $2, $3, 1) \
                    ON CONFLICT (repository, tag) DO UPDATE SET writes = held_tags.writes + 1 \
                    WHERE held_tags.effect = excluded.effect";
        let effect = held_effect(id, &write.effect);
        self.run(
            text,
            &[Value::from(write.repository.as_str()), Value::from(tag.as_str()), Value::from(effect.as_str())],
        )
        .await
    }

    async fn let_go(&mut self, write: &NewWrite, id: i64) -> Result<(), DatabaseError> {
        let Some(tag) = write.effect.tag().filter(|_| write.is_protected) else { return Ok(()) };
        let effect = held_effect(id, &write.effect);
        let values = [Value::from(write.repository.as_str()), Value::from(tag.as_str()), Value::from(effect.as_str())];
        let is_it = "WHERE repository = $1 AND tag = $2 AND effect = $3";
        self.run(&format!("UPDATE held_tags SET writes = writes - 1 {is_it}"), &values).await?;
        self.run(&format!("DELETE FROM held_tags {is_it} AND writes <= 0"), &values).await?;
        Ok(())
    }

    async fn add(&mut self, id: i64, write: &NewWrite, gateway: i64) -> Result<(), DatabaseError> {
        let EffectColumns { kind, tag, digest, other_digest, parts } = EffectColumns::of(&write.effect);
        let rivals = self.meet_rivals(write).await?;
        let text = "INSERT INTO writes (id, repository, kind, tag, digest, other_digest, parts, state_before, is_protected, \
                    rivals, gateway, actor, begun, left_at, answer) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, $11, NOW(), 0, '')";
        let values = [
            Value::from(id),
            Value::from(write.repository.as_str()),
            Value::from(kind),
            Value::from(tag.as_str()),
            Value::from(digest.as_str()),
            Value::from(other_digest.as_str()),
            Value::from(parts.as_str()),
            Value::from(i64::from(write.is_protected)),
            Value::from(i64::try_from(rivals).unwrap_or(i64::MAX)),
            Value::from(gateway),
            Value::from(write.actor.as_str()),
        ];
        self.run(text, &values).await.map(drop)
    }

    /// Counts the open writes with the same effect, each of which has one rival more from now on. Any two deletes of a
    /// repository are rivals: what a delete of a manifest removes is not known here.
    async fn meet_rivals(&mut self, write: &NewWrite) -> Result<u64, DatabaseError> {
        let EffectColumns { tag, digest, .. } = EffectColumns::of(&write.effect);
        let add = "UPDATE writes SET rivals = rivals + 1 WHERE repository = $1 AND";
        let repository = Value::from(write.repository.as_str());
        match &write.effect {
            Effect::Push { .. } => {
                let text = format!("{add} kind = 'push' AND tag = $2 AND digest = $3");
                self.run(&text, &[repository, Value::from(tag.as_str()), Value::from(digest.as_str())]).await
            }
            Effect::DeleteTag(_) => {
                let text = format!("{add} (kind = 'delete-tag' AND tag = $2 OR kind = 'delete-manifest')");
                self.run(&text, &[repository, Value::from(tag.as_str())]).await
            }
            Effect::DeleteManifest(_) => self.run(&format!("{add} kind <> 'push'"), &[repository]).await,
        }
    }

    async fn before(&mut self, states: &[(i64, State)]) -> Result<u64, DatabaseError> {
        let text = "UPDATE writes SET state_before = $2 WHERE id = $1";
        let mut rows = 0;
        for (id, state) in states {
            rows += self.run(text, &[Value::from(*id), Value::from(state_text(state))]).await?;
        }
        Ok(rows)
    }

    async fn leave(&mut self, ids: &[i64], answer: &str) -> Result<u64, DatabaseError> {
        let text = "UPDATE writes SET left_at = NOW(), answer = $2 WHERE id = $1 AND left_at = 0";
        let mut rows = 0;
        for id in ids {
            rows += self.run(text, &[Value::from(*id), Value::from(answer)]).await?;
        }
        Ok(rows)
    }

    async fn end_all(&mut self, ended: &[Ended]) -> Result<u64, DatabaseError> {
        let mut rows = 0;
        for ended in ended {
            rows += self.end(ended).await?;
        }
        Ok(rows)
    }

    /// Ends a write, unless it has more rivals than it may have.
    async fn end(&mut self, ended: &Ended) -> Result<u64, DatabaseError> {
        let text = "DELETE FROM writes WHERE id = $1 AND rivals <= $2 \
                    RETURNING repository, kind, tag, digest, state_before, is_protected, actor, parts";
        let rows = self.0.rows(text, &[ended.id.into(), ended.most_rivals.into()]).await?;
        let Some(row) = rows.first() else { return Ok(0) };
        let text = |column| row.text(column).map(str::to_owned);
        let (repository, kind, tag, digest) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let (before, is_protected, actor, parts) = (text(4)?, row.number(5)? != 0, text(6)?, text(7)?);
        if is_protected && !tag.is_empty() {
            let values = [Value::from(repository.as_str()), Value::from(tag.as_str())];
            let is_it = "WHERE repository = $1 AND tag = $2";
            self.run(&format!("UPDATE held_tags SET writes = writes - 1 {is_it}"), &values).await?;
            self.run(&format!("DELETE FROM held_tags {is_it} AND writes <= 0"), &values).await?;
        }
        match kind.as_str() {
            _ if !ended.is_done => {}
            "push" => self.bind([&repository, &tag, &digest, "bound", &actor, &parts]).await?,
            "delete-tag" if is_protected => self.retire([&repository, &tag, &before, &actor]).await?,
            "delete-tag" => _ = self.unbind(&repository, &tag).await?,
            _ => self.remove([&repository, &digest, &actor], &ended.removed).await?,
        }
        Ok(1)
    }

    /// Takes in that a manifest is gone, with its tags.
    async fn remove(
        &mut self,
        [repository, digest, actor]: [&str; 3],
        tags: &[(Tag, bool)],
    ) -> Result<(), DatabaseError> {
        for (tag, is_protected) in tags {
            if *is_protected {
                self.retire([repository, tag.as_str(), digest, actor]).await?;
            } else {
                self.unbind(repository, tag.as_str()).await?;
            }
        }
        Ok(())
    }

    /// Retires a tag: under the digest that it had, or the one that it was bound to where that is not known.
    async fn retire(&mut self, [repository, tag, before, actor]: [&str; 4]) -> Result<(), DatabaseError> {
        if Digest::parse(before).is_ok() {
            return self.bind([repository, tag, before, "retired", actor, ANY_PARTS]).await;
        }
        let text =
            "UPDATE bindings SET state = 'retired', since = NOW(), actor = $3 WHERE repository = $1 AND tag = $2";
        self.run(text, &[Value::from(repository), Value::from(tag), Value::from(actor)]).await.map(drop)
    }

    async fn bind_all(&mut self, bindings: &[NewBinding]) -> Result<u64, DatabaseError> {
        for NewBinding { repository, tag, digest, state, actor } in bindings {
            let binding = [repository.as_str(), tag.as_str(), digest.as_str(), state.as_str(), actor, ANY_PARTS];
            self.bind(binding).await?;
        }
        Ok(bindings.len().try_into().unwrap_or(u64::MAX))
    }

    async fn bind_new(&mut self, bindings: &[NewBinding]) -> Result<u64, DatabaseError> {
        let text = "INSERT INTO bindings (repository, tag, digest, state, since, actor, parts) \
                    VALUES ($1, $2, $3, $4, NOW(), $5, $6) ON CONFLICT (repository, tag) DO NOTHING";
        let mut rows = 0;
        for NewBinding { repository, tag, digest, state, actor } in bindings {
            let values = [repository.as_str(), tag.as_str(), digest.as_str(), state.as_str(), actor, ANY_PARTS];
            rows += self.run(text, &values.map(Value::from)).await?;
        }
        Ok(rows)
    }

    async fn plain(&mut self, repository: &str, digests: &[Digest]) -> Result<u64, DatabaseError> {
        let text = "UPDATE bindings SET parts = '' WHERE repository = $1 AND digest = $2 AND parts <> ''";
        let mut rows = 0;
        for digest in digests {
            rows += self.run(text, &[Value::from(repository), Value::from(digest.as_str())]).await?;
        }
        Ok(rows)
    }

    async fn bind(&mut self, values: [&str; 6]) -> Result<(), DatabaseError> {
        let text = "INSERT INTO bindings (repository, tag, digest, state, since, actor, parts) \
                    VALUES ($1, $2, $3, $4, NOW(), $5, $6) \
                    ON CONFLICT (repository, tag) DO UPDATE SET digest = excluded.digest, state = excluded.state, \
                    since = excluded.since, actor = excluded.actor, parts = excluded.parts \
                    WHERE bindings.digest <> excluded.digest OR bindings.state <> excluded.state";
        self.run(text, &values.map(Value::from)).await.map(drop)
    }

    async fn unbind(&mut self, repository: &str, tag: &str) -> Result<u64, DatabaseError> {
        let text = "DELETE FROM bindings WHERE repository = $1 AND tag = $2";
        self.run(text, &[Value::from(repository), Value::from(tag)]).await
    }

    async fn audit(&mut self, rows: &[AuditRow]) -> Result<u64, DatabaseError> {
        // Each transaction has the tables alone, so no number is given twice.
        let text = "INSERT INTO audit (id, happened, kind, rule, actor, subjects, line) \
                    VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM audit), NOW(), $1, $2, $3, $4, $5)";
        for AuditRow { facts: AuditFacts { kind, rule, actor, subjects }, line } in rows {
            let rule = rule.and_then(|rule| i64::try_from(rule).ok()).unwrap_or_default();
            let [kind, actor, subjects, line] = [kind, actor, subjects, line].map(|text| Value::from(text.as_str()));
            self.run(text, &[kind, rule.into(), actor, subjects, line]).await?;
        }
        let oldest = "DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - $1";
        self.run(oldest, &[MAX_AUDIT_LINES.into()]).await?;
        Ok(rows.len().try_into().unwrap_or(u64::MAX))
    }

    async fn expire_audit(&mut self, age: i64, most: u64) -> Result<u64, DatabaseError> {
        let text = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE happened < NOW() - $1 \
                    AND id < (SELECT MAX(id) FROM audit) ORDER BY id LIMIT $2)";
        self.run(text, &[age.into(), i64::try_from(most).unwrap_or(i64::MAX).into()]).await
    }
}

/// Two writes of one effect may hold a tag together. No two deletes may.
fn held_effect(id: i64, effect: &Effect) -> String {
    match effect {
        Effect::Push { digests: [digest, _], .. } => digest.to_string(),
        Effect::DeleteTag(_) | Effect::DeleteManifest(_) => format!("delete {id}"),
    }
}
