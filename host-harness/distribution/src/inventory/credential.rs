//! Credentials for registries, as docker and podman keep them.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The greatest length of a file of credentials.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The hosts of Docker Hub.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// The key under which the credentials for Docker Hub are kept.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// The message of a credential helper that does not know a registry.
const NOT_FOUND: &str = "credentials not found";

/// A credential for a registry.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    Password {
        user: String,
        password: String,
    },
    /// A token that can be exchanged for others.
    Identity(String),
}

/// Why the credentials of docker or podman can't be read.
#[derive(Debug, thiserror::Error)]
#[error("no credentials could be read from `{}`: {}", .path.display(), .reason)]
pub struct LoginError {
    /// The file that holds them, or names the helper that does.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// The registries in a file of credentials, without the credentials themselves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    #[serde(default)]
    auths: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(default)]
    cred_helpers: Option<BTreeMap<String, IgnoredAny>>,
}

impl Credential {
    /// Returns the credential for the registry at a host and port: the first one in the usual files.
    ///
    /// # Errors
    ///
    /// A file can't be read or is invalid, or a helper that it names fails. A missing file is skipped.
    pub(super) fn configured(host: &str) -> Result<Option<Self>, LoginError> {
        Self::first(&files(|name| env::var_os(name).map(PathBuf::from)), host)
    }

    fn first(files: &[PathBuf], host: &str) -> Result<Option<Self>, LoginError> {
        for file in files {
            let failed = |reason| LoginError { path: file.clone(), reason };
            let Some(bytes) = read(file).map_err(|error| failed(error.to_string()))? else { continue };
            if let Some(credential) = Self::kept(&bytes, host).map_err(failed)? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    /// Returns the credential that a file keeps for a host.
    fn kept(bytes: &[u8], host: &str) -> Result<Option<Self>, String> {
        let known: Known = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        for key in known.keys(host) {
            match get_credential_from_reader(bytes, &key) {
                Ok(DockerCredential::UsernamePassword(user, password)) => {
                    return Ok(Some(Self::Password { user, password }));
                }
                Ok(DockerCredential::IdentityToken(token)) => return Ok(Some(Self::Identity(token))),
                Err(CredentialRetrievalError::NoCredentialConfigured) => {}
                Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains(NOT_FOUND) => {}
                Err(error) => return Err(reason(&error)),
            }
        }
        Ok(None)
    }
}

impl Known {
    /// Returns the keys for a host: those in the file, then the one that a credential store knows.
    fn keys(&self, host: &str) -> Vec<String> {
        let names: &[&str] = if HUB.contains(&host) { &HUB } else { &[host] };
        let keys = [&self.auths, &self.cred_helpers].into_iter().flatten().flat_map(BTreeMap::keys);
        let mut keys: Vec<String> = keys.filter(|key| names.contains(&host_of(key))).cloned().collect();
        keys.push(if HUB.contains(&host) { HUB_KEY } else { host }.to_owned());
        keys
    }
}

/// Returns the host of a key: `registry.example` of `https://registry.example/v1/`. Without a scheme, a path is part of the
/// key: so podman keeps credentials for a single namespace.
fn host_of(key: &str) -> &str {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    bare.map_or(key, |bare| bare.split('/').next().unwrap_or_default())
}

/// Returns the files in which docker and podman look for credentials, in their order.
fn files(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let home = variable("HOME");
    let below = |folder: Option<PathBuf>, file: &str| folder.map(|folder| folder.join(file));
    let docker = variable("DOCKER_CONFIG").or_else(|| below(home.clone(), ".docker"));
    let config = variable("XDG_CONFIG_HOME").or_else(|| below(home, ".config"));
    let all = [
        variable("REGISTRY_AUTH_FILE"),
        below(docker, "config.json"),
        below(variable("XDG_RUNTIME_DIR"), "containers/auth.json"),
        below(config, "containers/auth.json"),
    ];
    all.into_iter().flatten().collect()
}

/// Reads a file, or returns `None` if it does not exist.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says what went wrong, without the output of a helper, which may have a secret in it.
fn reason(error: &CredentialRetrievalError) -> String {
    match error {
        CredentialRetrievalError::HelperCommunicationError => "its credential helper can't be run".to_owned(),
        CredentialRetrievalError::MalformedHelperResponse => {
            "the answer of its credential helper has no credential".to_owned()
        }
        CredentialRetrievalError::HelperFailure { helper, stderr, .. } => {
            format!("`{helper}` failed ({})", stderr.lines().next().unwrap_or("it does not say why"))
        }
        CredentialRetrievalError::CredentialDecodingError => "`auth` is not a user and a password in Base64".to_owned(),
        CredentialRetrievalError::CredentialMismatchError => {
            "`auth` does not agree with `username` and `password`".to_owned()
        }
        _ => "it is not a file of credentials as docker writes it".to_owned(),
    }
}

/// Shows the user, and no secret.
impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(formatter, "Password({user})"),
            Self::Identity(_) => formatter.write_str("Identity"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `user:password` and `other:secret`, as docker writes them.
    const CONFIG: &str = r#"{"auths": {
        "registry.example:5000": {"auth": "dXNlcjpwYXNzd29yZA=="},
        "https://old.example/v1/": {"auth": "b3RoZXI6c2VjcmV0"},
        "podman.example/namespace": {"auth": "b3RoZXI6c2VjcmV0"},
        "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNzd29yZA=="},
        "azure.example": {"auth": "MDAwMDo=", "identitytoken": "identity"},
        "empty.example": {}}}"#;

    fn password(user: &str, password: &str) -> Option<Credential> {
        Some(Credential::Password { user: user.into(), password: password.into() })
    }

    #[test]
    fn a_registry_is_found_by_its_host_and_port_in_each_form_of_key() {
        let table = [
            ("registry.example:5000", password("user", "password")),
            ("old.example", password("other", "secret")),
            ("registry-1.docker.io", password("user", "password")),
            ("azure.example", Some(Credential::Identity("identity".into()))),
            ("registry.example", None),
            ("example", None),
            ("podman.example", None),
            ("empty.example", None),
        ];
        for (host, expected) in table {
            assert_eq!(Credential::kept(CONFIG.as_bytes(), host), Ok(expected), "{host}");
        }
    }

    #[test]
    fn an_invalid_file_is_an_error() {
        let table = [
            ("", "EOF"),
            ("[]", "not a file of credentials"),
            (r#"{"auths": 1}"#, "invalid type"),
            (r#"{"auths": {"r": {"auth": "???"}}}"#, "Base64"),
            (r#"{"auths": {"r": {"auth": "dXNlcg=="}}}"#, "Base64"),
            (r#"{"credHelpers": {"r": "that-is-not-there"}}"#, "can't be run"),
            (r#"{"credsStore": "that-is-not-there"}"#, "can't be run"),
        ];
        for (config, expected) in table {
            let reason = Credential::kept(config.as_bytes(), "r").unwrap_err();
            assert!(reason.contains(expected), "{config}: {reason}");
        }
    }

    #[test]
    fn the_first_file_with_the_registry_counts_and_a_missing_file_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (without, with) = (file("none", "{}"), file("config", CONFIG));
        let files = [folder.path().join("not-there"), without, with, folder.path().to_owned()];
        let found = Credential::first(&files, "old.example").unwrap();
        assert_eq!(found, password("other", "secret"));
        let error = Credential::first(&files, "elsewhere.example").unwrap_err();
        assert_eq!(error.path, folder.path());
    }

    #[test]
    fn files_are_looked_for_where_docker_and_podman_keep_them() {
        let found = |set: &[(&str, &str)]| {
            let set: BTreeMap<String, PathBuf> = set.iter().map(|(name, at)| ((*name).into(), at.into())).collect();
            let files = files(|name| set.get(name).cloned());
            files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), [""; 0]);
        assert_eq!(found(&[("HOME", "/h")]), ["/h/.docker/config.json", "/h/.config/containers/auth.json"]);
        let all = [
            ("HOME", "/h"),
            ("DOCKER_CONFIG", "/d"),
            ("REGISTRY_AUTH_FILE", "/r"),
            ("XDG_RUNTIME_DIR", "/x"),
            ("XDG_CONFIG_HOME", "/c"),
        ];
        assert_eq!(found(&all), ["/r", "/d/config.json", "/x/containers/auth.json", "/c/containers/auth.json"]);
    }

    #[test]
    fn a_credential_does_not_show_its_secret() {
        let (password, identity) = (password("user", "secret"), Credential::Identity("secret".into()));
        assert_eq!(format!("{password:?} {identity:?}"), "Some(Password(user)) Identity");
    }
}
