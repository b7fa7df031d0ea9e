//! References to images as people paste them: `registry.example.com/prod/app:v1`, `docker://…`, `prod/app:v1@sha256:…`.
//!
//! A policy knows repositories without the registry's host. So a host is left out, and a note says so: without that, a
//! pasted reference would be a repository that no rule is for, and the answer a wrong `unprotected`. But a namespace may look
//! like a host. Where the policy has a rule for it, only the person who asks knows which is meant.

use super::fault::Fault;

/// A repository, and the tag of it that a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagReference<'a> {
    pub(crate) repository: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) left_out: LeftOut<'a>,
}

/// A repository, and the digest that a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DigestReference<'a> {
    pub(crate) repository: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) left_out: LeftOut<'a>,
}

/// The parts of a reference that a policy does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut<'a> {
    pub(crate) host: Option<Host<'a>>,
    pub(crate) digest: Option<&'a str>,
}

/// A registry's host in a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// `docker://prod.x/app:v1`: it can be nothing else.
    Certain(&'a str),
    /// `prod.x/app:v1`: it looks like a host, and might be a namespace.
    Likely(&'a str),
}

/// Why a text is not a reference to a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceError {
    /// `prod/app`: it names no tag.
    NoTag,
    /// `prod/app:`: the tag is empty.
    EmptyTag,
    /// `:v1`: the repository is empty.
    EmptyRepository,
    /// `prod/app@sha256:…`: it names a digest only.
    DigestOnly,
    /// `Prod/app:v1`: no repository has a capital letter.
    Capital(char),
}

/// How references are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As people paste them: a host is left out.
    Pasted,
    /// As the repositories are named: `docker.io/library/nginx` is one.
    Literal,
}

impl<'a> TagReference<'a> {
    /// Reads a reference to a tag.
    ///
    /// # Errors
    ///
    /// - `prod/app`, `localhost:5000/prod/app`: no tag
    /// - `prod/app:`, `:v1`: an empty tag, an empty repository
    /// - `prod/app@sha256:…`: a digest instead of a tag
    /// - `Prod/app:v1`: a capital letter
    pub(crate) fn parse(text: &'a str, reading: Reading) -> Result<Self, ReferenceError> {
        let Name { name, host, digest } = Name::split(text, reading);
        let Some((repository, tag)) = split_tag(name) else {
            return Err(if digest.is_some() { ReferenceError::DigestOnly } else { ReferenceError::NoTag });
        };
        match (repository, tag) {
            (_, "") => return Err(ReferenceError::EmptyTag),
            ("", _) => return Err(ReferenceError::EmptyRepository),
            _ => check_case(repository)?,
        }
        Ok(Self { repository, tag, left_out: LeftOut { host, digest } })
    }
}

impl<'a> DigestReference<'a> {
    /// Reads a reference to a digest. `None` if it names none.
    pub(crate) fn parse(text: &'a str, reading: Reading) -> Option<Self> {
        let Name { name, host, digest } = Name::split(text, reading);
        let repository = split_tag(name).map_or(name, |(repository, _)| repository);
        Some(Self { repository, digest: digest?, left_out: LeftOut { host, digest: None } })
    }
}

/// Reads a repository alone: `prod/app`, with or without a host.
pub(crate) fn parse_repository(text: &str, reading: Reading) -> (&str, LeftOut<'_>) {
    let Name { name, host, digest } = Name::split(text, reading);
    (name, LeftOut { host, digest })
}

impl<'a> LeftOut<'a> {
    /// The host that might be a namespace.
    pub(crate) fn likely_host(&self) -> Option<&'a str> {
        match self.host {
            Some(Host::Likely(host)) => Some(host),
            Some(Host::Certain(_)) | None => None,
        }
    }

    /// A sentence for each part that was left out.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> + use<> {
        let host = self.host.map(|host| {
            format!(
                "the registry's host `{}` was left out, since a policy does not know it; \
                 add `--literal` if the repository's name begins with it",
                host.name()
            )
        });
        let digest =
            self.digest.map(|digest| format!("the digest `{digest}` was left out; the question is about the tag"));
        host.into_iter().chain(digest)
    }
}

impl<'a> Host<'a> {
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Certain(name) | Self::Likely(name) => name,
        }
    }
}

/// The fault of a host that is the namespace of a rule too: leaving it out could ask about another tag than the one that was
/// meant.
pub(crate) fn ambiguous_host(host: &str) -> Fault {
    Fault::usage(format!(
        "`{host}` may be a registry's host, or the namespace `{host}`, for which the policy has a rule"
    ))
    .help(format!("add `--literal` if the repository's name begins with `{host}`, or leave the host out"))
}

impl ReferenceError {
    /// What is wrong, to be read after the text or after what names it.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::NoTag => "does not name a tag".into(),
            Self::EmptyTag => "has nothing after its last `:`, where a tag should be".into(),
            Self::EmptyRepository => "has no repository before its tag".into(),
            Self::DigestOnly => "names a digest, and a digest is not a tag".into(),
            Self::Capital(letter) => format!("has the capital letter `{letter}` in its repository"),
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::NoTag => "write it as in `prod/app:v1`; write `:latest` if that is meant",
            Self::EmptyTag => "write a tag as in `prod/app:v1`; write `:latest` if that is meant",
            Self::EmptyRepository => "write it as in `prod/app:v1`",
            Self::DigestOnly => "write a tag as in `prod/app:v1`: rules are about tags",
            Self::Capital(_) => "write the repository in lower case: no repository has a capital letter",
        }
    }

    /// The fault of a text that is not a reference to a tag.
    pub(crate) fn fault(&self, text: &str) -> Fault {
        Fault::usage(format!("`{text}` {}", self.what())).help(self.help())
    }
}

/// A reference in parts: the repository, perhaps with its tag, and what stands around it.
struct Name<'a> {
    name: &'a str,
    host: Option<Host<'a>>,
    digest: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn split(text: &'a str, reading: Reading) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        match (reading, name.split_once("://")) {
            (Reading::Literal, _) => Self { name, host: None, digest },
            (Reading::Pasted, Some((_, rest))) => {
                let (host, name) = rest.split_once('/').unwrap_or(("", rest));
                let host = Some(Host::Certain(host)).filter(|host| !host.name().is_empty());
                Self { name, host, digest }.without_route()
            }
            (Reading::Pasted, None) => match name.split_once('/') {
                Some((host, name)) if is_host(host) => {
                    Self { name, host: Some(Host::Likely(host)), digest }.without_route()
                }
                _ => Self { name, host: None, digest },
            },
        }
    }

    /// Understands the path of a registry's API too: `v2/prod/app/manifests/v1`. The result has a `/` before the tag.
    fn without_route(self) -> Self {
        match self.name.strip_prefix("v2/") {
            Some(name) if name.contains(MANIFESTS) => Self { name, ..self },
            _ => self,
        }
    }
}

/// What stands between repository and tag in the path of a registry's API.
const MANIFESTS: &str = "/manifests/";

/// Splits a name before its tag. `None` where it has no tag.
fn split_tag(name: &str) -> Option<(&str, &str)> {
    if let Some(parts) = name.rsplit_once(MANIFESTS) {
        return Some(parts);
    }
    name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

/// Whether the first component of a name is a host, as Docker decides it.
fn is_host(component: &str) -> bool {
    component.contains(['.', ':']) || component == "localhost"
}

fn check_case(repository: &str) -> Result<(), ReferenceError> {
    let capital = repository.chars().find(char::is_ascii_uppercase);
    capital.map_or(Ok(()), |letter| Err(ReferenceError::Capital(letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_people_paste_them() {
        let digest = format!("sha256:{}", "9d".repeat(32));
        let with_digest = format!("prod/app:v1@{digest}");
        for (text, host) in [
            ("prod/app:v1", None),
            ("registry.example.com/prod/app:v1", Some("registry.example.com")),
            ("registry.example.com:5000/prod/app:v1", Some("registry.example.com:5000")),
            ("localhost/prod/app:v1", Some("localhost")),
            ("[::1]:5000/prod/app:v1", Some("[::1]:5000")),
            ("docker://registry/prod/app:v1", Some("registry")),
            ("https://registry.example.com/v2/prod/app/manifests/v1", Some("registry.example.com")),
            ("registry.example.com/v2/prod/app/manifests/v1", Some("registry.example.com")),
            (&with_digest, None),
        ] {
            let read = TagReference::parse(text, Reading::Pasted).unwrap();
            let left_out = read.left_out.host.map(Host::name);
            assert_eq!((read.repository, read.tag, left_out), ("prod/app", "v1", host), "{text}");
            assert_eq!(read.left_out.likely_host(), host.filter(|_| !text.contains("://")), "{text}");
            assert_eq!(read.left_out.digest.is_some(), text.contains('@'), "{text}");
        }
    }

    #[test]
    fn a_literal_reference_keeps_every_component() {
        let read = TagReference::parse("docker.io/library/nginx:1", Reading::Literal).unwrap();
        assert_eq!((read.repository, read.tag), ("docker.io/library/nginx", "1"));
        assert_eq!(read.left_out, LeftOut::default());
        assert_eq!(TagReference::parse("localhost:5000/app", Reading::Literal), Err(ReferenceError::NoTag));
    }

    #[test]
    fn a_text_without_a_tag_is_an_error() {
        for (text, expected) in [
            ("prod/app", ReferenceError::NoTag),
            ("", ReferenceError::NoTag),
            ("prod/app:", ReferenceError::EmptyTag),
            (":v1", ReferenceError::EmptyRepository),
            ("localhost/:v1", ReferenceError::EmptyRepository),
            ("localhost:5000/prod/app", ReferenceError::NoTag),
            ("prod/app@sha256:00", ReferenceError::DigestOnly),
            ("Prod/app:v1", ReferenceError::Capital('P')),
        ] {
            assert_eq!(TagReference::parse(text, Reading::Pasted), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_digest_reference_needs_its_digest() {
        let read = DigestReference::parse("localhost:5000/prod/app:v1@sha256:00", Reading::Pasted).unwrap();
        assert_eq!(
            (read.repository, read.digest, read.left_out.likely_host()),
            ("prod/app", "sha256:00", Some("localhost:5000"))
        );
        assert_eq!(DigestReference::parse("prod/app:v1", Reading::Pasted), None);
    }
}
