//! A look at a ledger that changes nothing: whether it can be used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use tokio::task::spawn_blocking;

use super::error::LedgerError;
use super::place::Place;
use super::postgres::{Connection, Target};
use super::schema::KNOWN;
use super::sqlite;

/// What is at the place of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundLedger {
    /// Nothing. A gateway makes a ledger there.
    Nothing,
    /// A ledger of this version.
    Current,
    /// A ledger of an earlier version. A gateway brings it to this one.
    Earlier(i64),
}

impl FoundLedger {
    /// Looks at a place, and changes nothing there. A gateway may use the ledger meanwhile.
    ///
    /// # Errors
    ///
    /// - a file, or a folder of a new file, that may not be written
    /// - a file that is not a ledger
    /// - a database that can't be reached, or refuses
    /// - a ledger that a later version of this program has written
    pub async fn at(place: &Place) -> Result<Self, LedgerError> {
        let found = match place {
            Place::Memory => None,
            Place::File(path) => {
                let path = path.clone();
                spawn_blocking(move || version_in(&path)).await.map_err(|_| LedgerError::Closed)??
            }
            Place::Postgres(url) => version_at(url).await?,
        };
        match found {
            None => Ok(Self::Nothing),
            Some(found) if found > KNOWN => Err(LedgerError::TooNew { found, known: KNOWN }),
            Some(KNOWN) => Ok(Self::Current),
            Some(found) => Ok(Self::Earlier(found)),
        }
    }
}

fn version_in(path: &Path) -> Result<Option<i64>, LedgerError> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| ".".into(), PathBuf::from);
    // SQLite makes files beside it.
    access(&folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| named(&folder, error.into()))?;
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(named(path, error)),
        Ok(metadata) if metadata.is_dir() => return Err(named(path, io::ErrorKind::IsADirectory.into())),
        Ok(_) => {}
    }
    access(path, Access::READ_OK | Access::WRITE_OK).map_err(|error| named(path, error.into()))?;
    Ok(sqlite::version(path)?)
}

fn named(path: &Path, error: io::Error) -> LedgerError {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display())).into()
}

async fn version_at(url: &str) -> Result<Option<i64>, LedgerError> {
    let mut connection = Connection::open(&Target::parse(url)?).await?;
    let text = "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('ledger_version')";
    if number(&mut connection, text).await? == 0 {
        return Ok(None);
    }
    number(&mut connection, "SELECT COALESCE(MAX(version), 0) FROM ledger_version").await.map(Some)
}

async fn number(connection: &mut Connection, text: &str) -> Result<i64, LedgerError> {
    let (rows, _) = connection.query(text, &[]).await?;
    Ok(rows.first().map_or(Ok(0), |row| row.number(0))?)
}
