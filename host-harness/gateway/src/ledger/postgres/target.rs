//! Where a PostgreSQL server is, and who asks.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tagseal_distribution::query::percent_decoded;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::super::error::DatabaseError;

/// The port of a server whose URL names none.
const DEFAULT_PORT: u16 = 5432;
/// After how long without a word a connection is probed.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);

/// Settings of each session. A commit has to be durable whatever the server's own settings say, and a gateway that stops in the
/// middle of a transaction, or vanishes from the network, must not keep the others waiting.
const SETTINGS: &str = "-c synchronous_commit=on -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000 \
    -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

/// Where a PostgreSQL server is, and who asks.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) tls: Tls,
}

/// Whether the connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// It is not.
    Off,
    /// It is, and the server's certificate is valid, by those in this file or those that the system trusts.
    Verified(Option<PathBuf>),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// At a host and port.
    Tcp(String, u16),
    /// At a socket in this folder, whose name has this port.
    Socket(PathBuf, u16),
}

impl fmt::Debug for Target {
    /// Shows no password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Target").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Target {
    /// Reads a URL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or `postgres://USER@/DATABASE?host=/run/postgresql`. Where it
    /// has no password, that is what `PGPASSWORD` says. The connection to another machine is encrypted and verified, unless
    /// `sslmode=disable` says otherwise.
    ///
    /// # Errors
    ///
    /// - `postgres://a@one,two/ledger`: several hosts
    /// - `postgres://a@db/ledger?sslmode=require`: an option that is not known here
    pub(crate) fn parse(url: &str) -> Result<Self, DatabaseError> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        let user = if user.is_empty() { "postgres".to_owned() } else { decoded(user)? };
        let password = password.map(decoded).transpose()?.or_else(|| std::env::var("PGPASSWORD").ok());
        let database = if database.is_empty() { user.clone() } else { decoded(database)? };
        let (mut address, mut mode, mut trusted) = (tcp(host)?, None, None);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match (name, decoded(value)?) {
                ("host", folder) if folder.starts_with('/') => {
                    let port = if let Address::Tcp(_, port) = address { port } else { DEFAULT_PORT };
                    address = Address::Socket(PathBuf::from(folder), port);
                }
                ("sslmode", word) if word == "disable" => mode = Some(false),
                ("sslmode", word) if word == "verify-full" => mode = Some(true),
                ("sslmode", _) => {
                    return Err(DatabaseError::new(
                        "`sslmode` can be `verify-full`, with a valid certificate, or `disable`, without TLS",
                    ));
                }
                ("sslrootcert", path) => trusted = Some(PathBuf::from(path)),
                _ => return Err(DatabaseError::new(format!("the URL has an option `{name}` that is not known here"))),
            }
        }
        let is_secure = mode.unwrap_or(trusted.is_some() || !address.is_local());
        let tls = if is_secure { Tls::Verified(trusted) } else { Tls::Off };
        Ok(Self { address, user, password, database, tls })
    }
}

impl Target {
    /// What a session of it is made from.
    pub(super) fn config(&self) -> Config {
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).application_name("tagseal").options(SETTINGS);
        config.keepalives_idle(KEEPALIVE_IDLE);
        match &self.address {
            Address::Tcp(host, port) => config.host(host).port(*port),
            #[cfg(unix)]
            Address::Socket(folder, port) => config.host_path(folder).port(*port),
            #[cfg(not(unix))]
            Address::Socket(folder, port) => config.host(folder.to_string_lossy()).port(*port),
        };
        if let Some(password) = &self.password {
            config.password(password);
        }
        config.ssl_mode(match self.tls {
            Tls::Off => SslMode::Disable,
            Tls::Verified(_) => SslMode::Require,
        });
        config
    }
}

impl Address {
    fn is_local(&self) -> bool {
        match self {
            Self::Socket(..) => true,
            Self::Tcp(host, _) if host == "localhost" => true,
            Self::Tcp(host, _) => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        }
    }
}

fn tcp(host: &str) -> Result<Address, DatabaseError> {
    if host.contains(',') {
        return Err(DatabaseError::new("the URL names several hosts; name one"));
    }
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let name = if name.is_empty() { "localhost".to_owned() } else { decoded(name)? };
    let port =
        port.map_or(Ok(DEFAULT_PORT), str::parse).map_err(|_| DatabaseError::new("the URL has an invalid port"))?;
    Ok(Address::Tcp(name, port))
}

/// Undoes percent-encoding, of a text without a zero.
fn decoded(text: &str) -> Result<String, DatabaseError> {
    let text = percent_decoded(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.filter(|text| !text.contains('\0')).ok_or_else(|| DatabaseError::new("the URL has an invalid escape"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_the_server_the_user_and_the_database() {
        let target = Target::parse("postgres://alice:p%40ss@127.0.0.1:5433/ledger").unwrap();
        assert_eq!(target.address, Address::Tcp("127.0.0.1".to_owned(), 5433));
        assert_eq!((&*target.user, target.password.as_deref(), &*target.database), ("alice", Some("p@ss"), "ledger"));
        let target = Target::parse("postgresql://bob@[::1]").unwrap();
        assert_eq!((target.address, &*target.database), (Address::Tcp("::1".to_owned(), 5432), "bob"));
        let target = Target::parse("postgres://bob@/ledger?host=/run/postgresql").unwrap();
        assert_eq!(target.address, Address::Socket("/run/postgresql".into(), 5432));
    }

    #[test]
    fn the_connection_to_another_machine_is_encrypted_unless_the_url_says_otherwise() {
        let tls = |url: &str| Target::parse(url).unwrap().tls;
        assert_eq!(tls("postgres://bob@db.example/ledger"), Tls::Verified(None));
        assert_eq!(tls("postgres://bob@db.example/ledger?sslmode=disable"), Tls::Off);
        assert_eq!(tls("postgres://bob@localhost/ledger"), Tls::Off);
        assert_eq!(tls("postgres://bob@localhost/ledger?sslmode=verify-full"), Tls::Verified(None));
        let own = Tls::Verified(Some("/etc/ca.pem".into()));
        assert_eq!(tls("postgres://bob@db.example/ledger?sslrootcert=/etc/ca.pem"), own);
    }

    #[test]
    fn what_is_not_safe_or_not_known_is_refused() {
        for url in [
            "postgres://bob@db.example/ledger?sslmode=require",
            "postgres://bob@localhost/ledger?target_session_attrs=any",
            "postgres://bob@one,two/ledger",
            "postgres://bob@localhost:port/ledger",
            "postgres://b%zz@localhost/ledger",
            "postgres://bob@localhost/led%00ger",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
