//! The audit of all gateways that share a ledger: a row for each line, numbered in the order in which they came.

use std::time::Duration;

use super::change::Change;
use super::error::{DatabaseError, LedgerError};
use super::statement::{Row, Value};
use super::store::Ledger;
use crate::audit_facts::{AuditFilter, AuditRow};

/// The most lines that are deleted in one transaction.
const MAX_EXPIRED: u64 = 1000;

/// Lines of an audit, the newest first, each with its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The lines.
    pub lines: Vec<(u64, String)>,
    /// Whether there are older ones.
    pub has_more: bool,
}

impl AuditPage {
    /// The number to ask before for older lines. `None` at the end.
    pub fn next(&self) -> Option<u64> {
        self.lines.last().map(|(number, _)| *number).filter(|_| self.has_more)
    }
}

impl Ledger {
    /// Adds lines to the audit.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub(crate) async fn add_audit(&self, rows: Vec<AuditRow>) -> Result<(), LedgerError> {
        self.change(Change::Audit(rows)).await.map(drop)
    }

    /// Reads the newest lines of the audit that a filter admits and that have a lower number, newest first.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, LedgerError> {
        let mut values = vec![number(before.unwrap_or(u64::MAX)), number(limit as u64 + 1)];
        let mut conditions = String::new();
        let mut add = |condition: &str, value: Value| {
            values.push(value);
            conditions.push_str(&format!(" AND {}", condition.replace('#', &format!("${}", values.len()))));
        };
        if let Some(kind) = &filter.kind {
            add("kind = #", kind.as_str().into());
        }
        if let Some(rule) = filter.rule {
            add("rule = #", number(rule));
        }
        if let Some(actor) = &filter.actor {
            add("actor = #", actor.as_str().into());
        }
        if let Some(subject) = filter.subject() {
            // Both databases can search a text in this way, and take no letter of it for a wildcard.
            add("REPLACE(subjects, #, '') <> subjects", subject.as_str().into());
        }
        let text = format!("SELECT id, line FROM audit WHERE id < $1{conditions} ORDER BY id DESC LIMIT $2");
        let rows = self.rows_of(&text, values).await?;
        let line = |row: &Row| Ok((row.number(0)?.unsigned_abs(), row.text(1)?.to_owned()));
        let lines: Result<Vec<_>, DatabaseError> = rows.iter().take(limit).map(line).collect();
        Ok(AuditPage { lines: lines?, has_more: rows.len() > limit })
    }

    /// Deletes lines of the audit that are older than this. The newest one stays, so that no number is used twice.
    pub(crate) async fn expire_audit(&self, age: Duration) -> Result<(), LedgerError> {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        while self.change(Change::ExpireAudit(age, MAX_EXPIRED)).await? == MAX_EXPIRED {}
        Ok(())
    }
}

/// A number as the databases have it.
fn number(number: u64) -> Value {
    Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
}
