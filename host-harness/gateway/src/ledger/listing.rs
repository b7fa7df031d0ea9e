//! What a ledger knows, page by page.

use tagseal_distribution::reference::Repository;

use super::binding::Binding;
use super::error::{DatabaseError, LedgerError};
use super::row::COLUMNS;
use super::statement::{Row, Value};
use super::store::Ledger;
use super::write::OpenWrite;

/// A repository of which a ledger knows tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownRepository {
    pub(crate) repository: Repository,
    /// How many of its tags are bound, and how many are used up.
    pub(crate) bound: i64,
    pub(crate) retired: i64,
    /// Whether every tag of it is known.
    pub(crate) is_complete: bool,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) entries: Vec<T>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl<T> Page<T> {
    /// Makes a page of one entry more than fits, if there are so many.
    fn of(mut entries: Vec<T>, limit: usize) -> Self {
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        Self { entries, has_more }
    }

    /// Returns the last entry, if there are more after it.
    pub(crate) fn last(&self) -> Option<&T> {
        self.entries.last().filter(|_| self.has_more)
    }
}

impl Ledger {
    /// Lists the repositories with a later name.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub(crate) async fn repositories(&self, after: &str, limit: usize) -> Result<Page<KnownRepository>, LedgerError> {
        let text = "SELECT b.repository, SUM(CASE WHEN b.state = 'bound' THEN 1 ELSE 0 END), \
                    SUM(CASE WHEN b.state = 'retired' THEN 1 ELSE 0 END), \
                    MAX(CASE WHEN a.repository IS NULL THEN 0 ELSE 1 END) \
                    FROM bindings b LEFT JOIN adopted_repositories a ON a.repository = b.repository \
                    WHERE b.repository > $1 GROUP BY b.repository ORDER BY b.repository LIMIT $2";
        let rows = self.rows_of(text, vec![after.into(), one_more(limit)]).await?;
        let repositories: Result<_, DatabaseError> = rows.iter().map(repository).collect();
        Ok(Page::of(repositories?, limit))
    }

    /// Lists what the tags of a repository with a later name were bound to last.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub(crate) async fn tags(
        &self,
        repository: &Repository,
        after: &str,
        limit: usize,
    ) -> Result<Page<Binding>, LedgerError> {
        let values = vec![repository.as_str().into(), after.into(), one_more(limit)];
        let bindings = self.bindings("WHERE repository = $1 AND tag > $2 ORDER BY tag LIMIT $3", values).await?;
        Ok(Page::of(bindings, limit))
    }

    /// Lists the open writes that were begun later than one, or at the same time with a greater number.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub(crate) async fn open_writes_after(
        &self,
        (begun, id): (i64, i64),
        limit: usize,
    ) -> Result<Page<OpenWrite>, LedgerError> {
        let text = format!(
            "SELECT {COLUMNS} FROM writes w LEFT JOIN gateways g ON g.id = w.gateway \
             WHERE w.begun > $1 OR w.begun = $1 AND w.id > $2 ORDER BY w.begun, w.id LIMIT $3"
        );
        let writes = self.writes(&text, vec![begun.into(), id.into(), one_more(limit)]).await?;
        Ok(Page::of(writes, limit))
    }
}

fn repository(row: &Row) -> Result<KnownRepository, DatabaseError> {
    Ok(KnownRepository {
        repository: Repository::parse(row.text(0)?).map_err(|_| DatabaseError::invalid("repository"))?,
        bound: row.number(1)?,
        retired: row.number(2)?,
        is_complete: row.number(3)? != 0,
    })
}

fn one_more(limit: usize) -> Value {
    Value::Number(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))
}
