//! Statements, their values and their rows, in the few types that the ledger needs.

use super::error::DatabaseError;

/// A value of a statement or of a row. Nothing is ever null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number: a key, a count, a flag, or milliseconds of the database's clock.
    Number(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A row, by the order of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Reads a number.
    pub(crate) fn number(&self, column: usize) -> Result<i64, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Number(number)) => Ok(*number),
            _ => Err(DatabaseError::unreadable(column)),
        }
    }

    /// Reads a text.
    pub(crate) fn text(&self, column: usize) -> Result<&str, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(DatabaseError::unreadable(column)),
        }
    }
}

/// Runs statements in a transaction. In them, `$1` is the first value, and `NOW()` the time of the database's own clock in
/// milliseconds.
pub(crate) trait Statements: Send {
    /// Runs a statement, and returns how many rows it changed.
    fn run(&mut self, text: &str, values: &[Value]) -> impl Future<Output = Result<u64, DatabaseError>> + Send;

    /// Runs a statement, and returns its rows.
    fn rows(&mut self, text: &str, values: &[Value]) -> impl Future<Output = Result<Vec<Row>, DatabaseError>> + Send;
}
