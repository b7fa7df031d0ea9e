//! Where a ledger is kept.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a ledger is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In memory: what it remembers is lost with the gateway.
    Memory,
    /// In a file, for one gateway.
    File(PathBuf),
    /// In a PostgreSQL database, for any number of gateways.
    Postgres(String),
}

/// Why a text does not say where a ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is empty.
    #[error("it is empty; write the path of a file, or `postgres://USER@HOST/DATABASE`")]
    Empty,
    /// A database of another kind.
    #[error("`{0}://` is not a kind of database that can hold a ledger; write the path of a file, or `postgres://…`")]
    Scheme(String),
}

impl FromStr for Place {
    type Err = PlaceError;

    /// Parses a place: `postgres://…` or `postgresql://…`, or else the path of a file.
    ///
    /// # Errors
    ///
    /// - `` (empty)
    /// - `mysql://db/ledger`: another kind of database
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        match text.split_once("://") {
            _ if text.is_empty() => Err(PlaceError::Empty),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            Some((scheme, _)) => Err(PlaceError::Scheme(scheme.to_owned())),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Place {
    /// Shows no password: what stands before the `@` of a database's URL is left out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => formatter.write_str("memory"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(formatter, "postgres://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_postgresql_database() {
        assert_eq!("ledger.db".parse(), Ok(Place::File("ledger.db".into())));
        assert_eq!("/var/lib/l:1".parse(), Ok(Place::File("/var/lib/l:1".into())));
        assert_eq!("postgresql://db/x".parse(), Ok(Place::Postgres("postgresql://db/x".to_owned())));
        assert_eq!("".parse::<Place>(), Err(PlaceError::Empty));
        assert_eq!("mysql://db/x".parse::<Place>(), Err(PlaceError::Scheme("mysql".to_owned())));
    }

    #[test]
    fn a_password_is_never_shown() {
        let place: Place = "postgres://alice:secret@db.example:5432/ledger?password=secret".parse().unwrap();
        assert_eq!(place.to_string(), "postgres://db.example:5432/ledger");
        assert_eq!(format!("{place:?}"), "postgres://db.example:5432/ledger");
    }
}
