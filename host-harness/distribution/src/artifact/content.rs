//! The manifests and blobs of one repository, as a login may read and write them.
//!
//! Nothing is returned that was not compared with its digest.

use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode, Uri};

use super::content_error::ContentError;
use super::descriptor::Descriptor;
use crate::client::{self, RegistryClient};
use crate::inventory::{Access, InventoryError, Login, Question, SentContent, refusal};
use crate::query::Query;
use crate::reference::{Algorithm, Digest, Reference, Repository};
use crate::route::Route;

/// The greatest length of a manifest. Most registries take none that is longer.
const MAX_MANIFEST_BYTES: usize = 4 << 20;
/// How long content may take to come, once its answer has begun.
const CONTENT_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a storage to which a registry redirects may take until its answer begins.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many redirects are followed, one after the other.
const MAX_REDIRECTS: usize = 5;

/// The types of manifest that are accepted. An index is among them, so that the error can say that it is one.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
/// The type of a blob, as clients ask for it and declare it.
const BLOB_TYPE: &str = "application/octet-stream";

/// The header in which a registry names the digest of a manifest.
const DIGEST_HEADER: &str = "docker-content-digest";

/// The manifests and blobs of one repository, as a login may read and write them.
#[derive(Debug)]
pub struct RepositoryContent {
    access: Access,
    repository: Repository,
    /// The value of `Authorization` that the registry wants for this repository.
    authorization: Option<HeaderValue>,
}

/// A manifest, byte for byte as it came, and its digest.
#[derive(Clone, Debug)]
pub struct FoundManifest {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl RepositoryContent {
    /// Makes a reader and writer of a repository. Nothing is sent yet.
    pub fn new(registry: RegistryClient, login: Login, repository: Repository) -> Self {
        Self { access: Access::new(registry, login), repository, authorization: None }
    }

    /// Reads a manifest by its tag or its digest.
    ///
    /// # Errors
    ///
    /// - there is no such manifest, or this login may not read it
    /// - what the registry sends has another digest than was asked for, or than the registry says
    /// - it is longer than 4 MiB
    pub async fn manifest(&mut self, reference: &Reference) -> Result<FoundManifest, ContentError> {
        let target = Route::Manifest(self.repository.clone(), reference.clone()).path();
        let (headers, bytes) = self.read(&target, MANIFEST_TYPES, MAX_MANIFEST_BYTES).await?;
        if let Reference::Digest(expected) = reference {
            let found = expected.algorithm().digest(&bytes);
            check_digest(expected, found)?;
            return Ok(FoundManifest { digest: expected.clone(), bytes });
        }
        let announced = headers.get(DIGEST_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let algorithm = announced.as_deref().and_then(|text| Digest::parse(text).ok()).map(|it| it.algorithm());
        let digest = algorithm.unwrap_or(Algorithm::Sha256).digest(&bytes);
        match announced {
            Some(announced) if announced != digest.as_str() => {
                Err(ContentError::Announced { announced, found: digest })
            }
            _ => Ok(FoundManifest { digest, bytes }),
        }
    }

    /// Reads a blob. The caller has compared its size with a limit.
    ///
    /// # Errors
    ///
    /// - there is no such blob, or this login may not read it
    /// - what the registry sends has another size or another digest
    pub async fn blob(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, ContentError> {
        let Descriptor { digest, size: expected, .. } = descriptor;
        let target = Route::Blob(self.repository.clone(), digest.clone()).path();
        let most = usize::try_from(*expected).unwrap_or(usize::MAX);
        let (_, bytes) = self.read(&target, BLOB_TYPE, most).await?;
        let found = bytes.len() as u64;
        if found != *expected {
            return Err(ContentError::Size { digest: digest.clone(), expected: *expected, found });
        }
        check_digest(digest, digest.algorithm().digest(&bytes))?;
        Ok(bytes)
    }

    /// Uploads a blob, unless the repository has it already.
    ///
    /// # Errors
    ///
    /// - this login may not write there, or the registry refuses the blob
    /// - the registry names a place for the upload that is not its own
    pub async fn upload(&mut self, blob: Bytes) -> Result<(), ContentError> {
        let digest = Algorithm::Sha256.digest(&blob);
        let target = Route::Blob(self.repository.clone(), digest.clone()).path();
        if self.ask(Method::HEAD, &target, BLOB_TYPE, None).await?.status() == StatusCode::OK {
            return Ok(());
        }
        let target = Route::Uploads(self.repository.clone()).path();
        let content = SentContent { media_type: BLOB_TYPE, bytes: Bytes::new() };
        let begun = self.ask(Method::POST, &target, BLOB_TYPE, Some(content)).await?;
        if begun.status() != StatusCode::ACCEPTED {
            return Err(self.refused(begun).await);
        }
        let place = self.upload_place(begun.headers(), &digest)?;
        let content = SentContent { media_type: BLOB_TYPE, bytes: blob };
        let stored = self.ask(Method::PUT, &place, BLOB_TYPE, Some(content)).await?;
        if stored.status() == StatusCode::CREATED { Ok(()) } else { Err(self.refused(stored).await) }
    }

    /// Stores a manifest under a tag or its digest.
    ///
    /// # Errors
    ///
    /// - this login may not write there, or the registry refuses the manifest
    /// - the registry says that what it stored has another digest
    pub async fn put(
        &mut self,
        reference: &Reference,
        media_type: &'static str,
        manifest: Bytes,
    ) -> Result<(), ContentError> {
        let digest = Algorithm::Sha256.digest(&manifest);
        let target = Route::Manifest(self.repository.clone(), reference.clone()).path();
        let content = SentContent { media_type, bytes: manifest };
        let stored = self.ask(Method::PUT, &target, MANIFEST_TYPES, Some(content)).await?;
        if stored.status() != StatusCode::CREATED {
            return Err(self.refused(stored).await);
        }
        let announced =
            stored.headers().get(DIGEST_HEADER).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        match announced {
            Some(announced) if announced != digest.as_str() => {
                Err(ContentError::Announced { announced, found: digest })
            }
            _ => Ok(()),
        }
    }

    /// Reads what is at a path, and follows redirects. The headers are those of the registry's own last answer.
    async fn read(
        &mut self,
        target: &str,
        accept: &'static str,
        most: usize,
    ) -> Result<(HeaderMap, Vec<u8>), ContentError> {
        let answer = self.ask(Method::GET, target, accept, None).await?;
        let headers = answer.headers().clone();
        let answer = self.followed(answer).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.refused(answer).await);
        }
        let content = client::read(answer.into_body(), most, CONTENT_TIMEOUT).await;
        let content = content.map_err(|error| ContentError::Broken(error.to_string()))?;
        Ok((headers, content.bytes))
    }

    /// Follows redirects. Registries keep their blobs in storages that have addresses of their own. No other host than the
    /// registry gets the credentials.
    async fn followed(&mut self, mut answer: Response<Incoming>) -> Result<Response<Incoming>, ContentError> {
        let mut server = self.access.registry().clone();
        for _ in 0..MAX_REDIRECTS {
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let place = header(answer.headers(), &LOCATION);
            let (origin, target) = redirected(&server, &place).map_err(|why| not_followed(&place, why))?;
            if let Some(origin) = origin {
                server = RegistryClient::new(&origin).map_err(|_| not_followed(&place, "its address is invalid"))?;
            }
            answer = if server.is_same(self.access.registry()) {
                self.ask(Method::GET, &target, BLOB_TYPE, None).await?
            } else {
                let asked = server.read(Method::GET, &target, HeaderMap::new(), Some(STORAGE_TIMEOUT)).await;
                asked.map_err(|error| InventoryError::NoAnswer(error.to_string()))?
            };
        }
        let place = header(answer.headers(), &LOCATION);
        if answer.status().is_redirection() {
            Err(not_followed(&place, "there were too many before it"))
        } else {
            Ok(answer)
        }
    }

    async fn ask(
        &mut self,
        method: Method,
        target: &str,
        accept: &'static str,
        content: Option<SentContent>,
    ) -> Result<Response<Incoming>, ContentError> {
        let question = Question { method, target, accept, content };
        Ok(self.access.read(&question, &mut self.authorization).await?)
    }

    async fn refused(&self, answer: Response<Incoming>) -> ContentError {
        refusal(answer, self.access.has_credential()).await.into()
    }

    /// Returns the path and query that end an upload with its digest. It must be at the registry itself: no other host gets the
    /// credentials.
    fn upload_place(&self, headers: &HeaderMap, digest: &Digest) -> Result<String, ContentError> {
        let place = header(headers, &LOCATION);
        let own = self.access.registry().own_target(&place);
        let own = own.ok_or_else(|| ContentError::Upload(shortened(&place)))?;
        let join = if own.contains('?') { '&' } else { '?' };
        // What the registry has written stays as it is: it may be signed.
        Ok(format!("{own}{join}{}", Query::default().with("digest", digest.as_str()).suffix().trim_start_matches('?')))
    }
}

fn check_digest(expected: &Digest, found: Digest) -> Result<(), ContentError> {
    if *expected == found { Ok(()) } else { Err(ContentError::Digest { expected: expected.clone(), found }) }
}

/// Returns the origin to which a place redirects, where it names one, and the path and query.
fn redirected(from: &RegistryClient, place: &str) -> Result<(Option<String>, String), &'static str> {
    if place.starts_with('/') && !place.starts_with("//") {
        return Ok((None, place.to_owned()));
    }
    let uri: Uri = place.parse().map_err(|_| "it is not an address")?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("it is not an address");
    };
    if from.is_secure() && scheme != "https" {
        return Err("it does not use TLS, though the registry does");
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Ok((Some(format!("{scheme}://{authority}")), target.to_owned()))
}

fn not_followed(place: &str, why: &'static str) -> ContentError {
    ContentError::Redirect(shortened(place), why)
}

fn header(headers: &HeaderMap, name: &hyper::header::HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Cuts a place for people. Its query is left out, since it may hold a signature that gives access.
fn shortened(place: &str) -> String {
    place.split('?').next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(registry: &str) -> RepositoryContent {
        let repository = Repository::parse("prod/policy").unwrap();
        RepositoryContent::new(RegistryClient::new(registry).unwrap(), Login::Configured, repository)
    }

    #[test]
    fn an_upload_goes_on_at_the_registry_itself_and_nowhere_else() {
        let digest = Algorithm::Sha256.digest(b"");
        let suffix = format!("digest={}", digest.as_str().replace(':', "%3A"));
        for (place, expected) in [
            ("/v2/prod/policy/blobs/uploads/1", Some(format!("/v2/prod/policy/blobs/uploads/1?{suffix}"))),
            ("/artifacts-uploads/1?state=a%3D", Some(format!("/artifacts-uploads/1?state=a%3D&{suffix}"))),
            ("https://registry.example/v2/x?a=b", Some(format!("/v2/x?a=b&{suffix}"))),
            ("http://registry.example/v2/x", Some(format!("/v2/x?{suffix}"))),
            ("https://elsewhere.example/v2/x", None),
            ("https://registry.example:444/v2/x", None),
            ("//elsewhere.example/v2/x", None),
            ("v2/x", None),
            ("", None),
            ("/v2/x?a=b+c", Some(format!("/v2/x?a=b+c&{suffix}"))),
        ] {
            let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(place).unwrap())]);
            let found = content("https://registry.example").upload_place(&headers, &digest).ok();
            assert_eq!(found, expected, "{place}");
        }
    }

    #[test]
    fn a_redirect_keeps_tls_and_its_query() {
        let secure = RegistryClient::new("https://registry.example").unwrap();
        let plain = RegistryClient::new("http://registry.example").unwrap();
        let storage = Some("https://storage.example".to_owned());
        for (from, place, expected) in [
            (&secure, "/blob?x=1", Ok((None, "/blob?x=1".to_owned()))),
            (&secure, "https://storage.example/blob?x=1", Ok((storage.clone(), "/blob?x=1".to_owned()))),
            (&secure, "https://storage.example", Ok((storage, "/".to_owned()))),
            (&secure, "http://storage.example/blob", Err("it does not use TLS, though the registry does")),
            (&plain, "http://storage.example/", Ok((Some("http://storage.example".to_owned()), "/".to_owned()))),
            (&secure, "//storage.example/blob", Err("it is not an address")),
            (&secure, "blob", Err("it is not an address")),
            (&secure, "", Err("it is not an address")),
        ] {
            assert_eq!(redirected(from, place), expected, "{place}");
        }
    }
}
