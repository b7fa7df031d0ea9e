//! References to artifacts of a registry: `registry.example/policy:v1`, `oci://registry.example/policy@sha256:…`.

use std::fmt;
use std::net::IpAddr;

use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::reference::{Digest, Reference, Repository, Tag};

use super::fault::Fault;

/// The form of a reference, for help.
const FORM: &str = "write it as in `registry.example/policy/tagseal:v1`, or with `@sha256:…` at its end";

/// A reference to an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArtifactReference {
    /// The host of the registry, with its port.
    registry: String,
    repository: Repository,
    version: Version,
}

/// Which artifact of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Version {
    Tag(Tag),
    Digest(Digest),
    /// The tag is where it is written. The digest is what it is.
    Both(Tag, Digest),
}

/// A reference to an artifact by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinnedReference(ArtifactReference);

/// How a registry is asked that is not on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Over TLS.
    Tls,
    /// Without TLS.
    Plain,
}

impl ArtifactReference {
    /// Reads a reference. `oci://` may stand before it.
    ///
    /// # Errors
    ///
    /// - `policy:v1`, `team/policy:v1`: no registry
    /// - `registry.example/policy`: neither a tag nor a digest
    /// - `registry.example/Policy:v1`, `registry.example/policy@sha256:1`: an invalid name
    /// - `https://registry.example/policy:v1`: another scheme
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let invalid =
            |why: String| Fault::usage(format!("`{text}` is not a reference to an artifact: {why}")).help(FORM);
        let rest = text.strip_prefix("oci://").unwrap_or(text);
        if rest.contains("://") {
            return Err(invalid("it has another scheme than `oci://`".to_owned()));
        }
        let (name, digest) = rest.split_once('@').map_or((rest, None), |(name, digest)| (name, Some(digest)));
        let (registry, name) = name.split_once('/').unwrap_or((name, ""));
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return Err(invalid("it does not begin with the host of a registry".to_owned()));
        }
        if !has_valid_port(registry) {
            return Err(invalid(format!("the port of `{registry}` is not a number up to 65535")));
        }
        let (name, tag) = name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag)));
        let repository = Repository::parse(name).map_err(|error| invalid(format!("its repository is {error}")))?;
        let tag = tag.map(Tag::parse).transpose().map_err(|error| invalid(format!("its tag is {error}")))?;
        let digest =
            digest.map(Digest::parse).transpose().map_err(|error| invalid(format!("its digest is {error}")))?;
        let version = match (tag, digest) {
            (Some(tag), None) => Version::Tag(tag),
            (None, Some(digest)) => Version::Digest(digest),
            (Some(tag), Some(digest)) => Version::Both(tag, digest),
            (None, None) => return Err(invalid("it names neither a tag nor a digest".to_owned())),
        };
        let reference = Self { registry: registry.to_owned(), repository, version };
        // An invalid host is found here, and not when it is asked.
        reference.client(Transport::Tls).map(|_| reference.clone())
    }

    /// Returns the same reference for those who need a digest.
    ///
    /// # Errors
    ///
    /// `oci://registry.example/policy:v1`: it has none.
    pub(crate) fn pinned(self) -> Result<PinnedReference, Fault> {
        if self.digest().is_some() {
            return Ok(PinnedReference(self));
        }
        Err(Fault::usage(format!(
            "`{self}` has a tag and no digest: whoever moves the tag would choose the component that decides"
        ))
        .help(format!("name it by its digest, which `tagseal component show {self}` prints")))
    }

    /// Makes a client of the registry. One on this machine is asked without TLS.
    pub(crate) fn client(&self, transport: Transport) -> Result<RegistryClient, Fault> {
        let is_plain = transport == Transport::Plain || self.is_local();
        // This is where the images of Docker Hub are.
        let host = if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry };
        let address = format!("{}://{host}", if is_plain { "http" } else { "https" });
        RegistryClient::new(&address).map_err(|error| {
            Fault::usage(format!("`{}` is not the host of a registry: {error}", self.registry)).help(FORM)
        })
    }

    fn is_local(&self) -> bool {
        let host = self.registry.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let host = host.map_or(self.registry.as_str(), |(host, _)| host);
        let address: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }

    /// Returns the host of the registry, with its port.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the digest, if it has one.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match &self.version {
            Version::Tag(_) => None,
            Version::Digest(digest) | Version::Both(_, digest) => Some(digest),
        }
    }

    /// Returns what names the manifest when it is read: the digest before the tag, which can be moved.
    pub(crate) fn read_by(&self) -> Reference {
        match &self.version {
            Version::Tag(tag) => Reference::Tag(tag.clone()),
            Version::Digest(digest) | Version::Both(_, digest) => Reference::Digest(digest.clone()),
        }
    }

    /// Returns what names the manifest when it is written: the tag, if it has one.
    pub(crate) fn written_by(&self) -> Reference {
        match &self.version {
            Version::Tag(tag) | Version::Both(tag, _) => Reference::Tag(tag.clone()),
            Version::Digest(digest) => Reference::Digest(digest.clone()),
        }
    }

    /// Returns the reference to a digest in the same repository.
    pub(crate) fn at(&self, digest: Digest) -> PinnedReference {
        PinnedReference(Self { version: Version::Digest(digest), ..self.clone() })
    }
}

/// Whether a host has a valid port, or none.
fn has_valid_port(host: &str) -> bool {
    host.ends_with(']')
        || host.split_once(':').is_none()
        || host.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok())
}

impl PinnedReference {
    /// Returns the reference.
    pub(crate) fn reference(&self) -> &ArtifactReference {
        &self.0
    }
}

impl fmt::Display for ArtifactReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "oci://{}/{}", self.registry, self.repository)?;
        match &self.version {
            Version::Tag(tag) => write!(formatter, ":{tag}"),
            Version::Digest(digest) => write!(formatter, "@{digest}"),
            Version::Both(tag, digest) => write!(formatter, ":{tag}@{digest}"),
        }
    }
}

impl fmt::Display for PinnedReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_registry_a_repository_and_a_tag_or_a_digest() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, host, shown) in [
            ("registry.example/policy:v1", "registry.example", "oci://registry.example/policy:v1".to_owned()),
            ("oci://localhost:5000/a/b:v1", "localhost:5000", "oci://localhost:5000/a/b:v1".to_owned()),
            ("localhost/a:v1", "localhost", "oci://localhost/a:v1".to_owned()),
            ("[::1]:5000/a:v1", "[::1]:5000", "oci://[::1]:5000/a:v1".to_owned()),
            ("docker.io/team/policy:v1", "registry-1.docker.io", "oci://docker.io/team/policy:v1".to_owned()),
            (&format!("r.example/a@{digest}"), "r.example", format!("oci://r.example/a@{digest}")),
            (&format!("oci://r.example/a:v1@{digest}"), "r.example", format!("oci://r.example/a:v1@{digest}")),
        ] {
            let reference = ArtifactReference::parse(text).unwrap();
            assert_eq!(reference.client(Transport::Tls).unwrap().host(), host, "{text}");
            assert_eq!(reference.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_reference_is_refused() {
        for text in [
            "",
            "policy",
            "policy:v1",
            "team/policy:v1",
            "registry.example",
            "registry.example/",
            "registry.example/policy",
            "registry.example/policy:",
            "registry.example/policy@",
            "registry.example/policy@sha256:abc",
            "registry.example/policy@v1",
            "registry.example/Policy:v1",
            "registry.example/a:v1:v2",
            "https://registry.example/policy:v1",
            "oci://oci://registry.example/policy:v1",
            "user@registry.example/policy:v1",
            "registry.example:port/policy:v1",
            "registry.example:/policy:v1",
            "registry.example:99999/policy:v1",
            "regis try.example/policy:v1",
        ] {
            assert!(ArtifactReference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_registry_on_this_machine_alone_is_asked_without_tls() {
        for (host, is_plain) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.9.9.9", true),
            ("[::1]:5000", true),
            ("localhost.example", false),
            ("registry.example:5000", false),
            ("10.0.0.1:5000", false),
            ("[::2]:5000", false),
        ] {
            let reference = ArtifactReference::parse(&format!("{host}/policy:v1")).unwrap();
            assert_eq!(reference.client(Transport::Tls).unwrap().is_secure(), !is_plain, "{host}");
            assert!(!reference.client(Transport::Plain).unwrap().is_secure(), "{host}");
        }
    }

    #[test]
    fn the_digest_counts_where_an_artifact_is_read() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let both = ArtifactReference::parse(&format!("r.example/a:v1@{digest}")).unwrap();
        assert_eq!(both.read_by().as_str(), digest);
        assert_eq!(both.written_by().as_str(), "v1");
        assert!(both.pinned().is_ok());
        assert!(ArtifactReference::parse("r.example/a:v1").unwrap().pinned().is_err());
    }
}
