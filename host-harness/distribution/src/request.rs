//! A request to a registry, parsed from its method and target alone.
//!
//! Reads may be forwarded as they are. Of the requests that could change something, only the shapes below are known. Each
//! is parsed **once** into its parts, and the request for the registry is written again from those parts. So the registry
//! can't read anything else than what a policy has decided.

use std::collections::BTreeSet;

use hyper::{HeaderMap, Method, Uri};

use crate::query::{EscapeError, Query};
use crate::reference::{Digest, Reference, ReferenceError, Repository, Tag};
use crate::route::{Route, RouteError};

/// The greatest number of tags that one push by digest may set.
const MAX_TAGS: usize = 64;

/// Headers by which a client asks that its method be taken for another one.
pub const METHOD_OVERRIDES: [&str; 3] = ["x-http-method", "x-http-method-override", "x-method-override"];

/// A request to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryRequest {
    /// Reads something. It may be forwarded as it is.
    Read,
    /// Stores a manifest.
    Push(Push),
    /// Deletes a tag by its name. Some registries delete its manifest, and so the other tags of that, with it.
    DeleteTag(Repository, Tag, Query),
    /// Deletes a manifest, and its tags with it.
    DeleteManifest(Repository, Digest, Query),
    /// Deletes a blob.
    DeleteBlob(Repository, Digest, Query),
    /// Uploads a blob or a part of one, at this path and query. It can't move a tag.
    Upload(Repository, String),
}

/// A push of a manifest, and the tags that it sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The repository.
    pub repository: Repository,
    /// The reference in its path.
    pub reference: Reference,
    /// Every tag that it sets: the one in the path, or those in the query. It is empty for a push by digest alone.
    pub tags: BTreeSet<Tag>,
    /// The rest of the query.
    query: Query,
}

impl Push {
    /// Writes the path and query of the request to forward: each tag once, in order.
    pub fn path(&self) -> String {
        let tags = self.tags.iter().filter(|_| matches!(self.reference, Reference::Digest(_)));
        let query = tags.fold(self.query.clone(), |query, tag| query.with("tag", tag.as_str()));
        Route::Manifest(self.repository.clone(), self.reference.clone()).path() + &query.suffix()
    }
}

/// Why a request is not one that a registry should get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// Its method is one that registries do not have, or is not in upper case.
    Method,
    /// A header or the query asks for another method.
    Override,
    /// It has a byte outside printable ASCII, a `\`, a `;`, or an escape.
    Byte,
    /// It could change something, but its shape is not known.
    Unknown,
    /// A name in it is invalid.
    Reference(ReferenceError),
    /// Its query can be read in two ways.
    Query,
    /// It has a `?tag=`, though the tag is in the path.
    TagTwice,
    /// It sets more tags than one push may set.
    TooManyTags,
}

impl From<RouteError> for RequestError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::Unknown => Self::Unknown,
            RouteError::Reference(error) => Self::Reference(error),
        }
    }
}

impl From<ReferenceError> for RequestError {
    fn from(error: ReferenceError) -> Self {
        Self::Reference(error)
    }
}

impl From<EscapeError> for RequestError {
    fn from(_: EscapeError) -> Self {
        Self::Query
    }
}

impl RegistryRequest {
    /// Parses a request. The host of an absolute target is ignored.
    ///
    /// # Errors
    ///
    /// - `put`, `TRACE`, `CONNECT`, `X-HTTP-Method-Override: DELETE`: not clearly a method of registries
    /// - `PUT /v2/foo/manifests/v%31`, `PUT /v2/foo/manifests/v1;x`: a path that can be read in two ways
    /// - `PUT /v2/foo/manifests/v1?tag=v2`, `PUT …?Tag=v2`, `PUT …?_method=DELETE`: a query that can be read in two ways
    /// - `POST /v2/foo/manifests/v1`, `DELETE /v2/foo`, `POST /service/token`: not known to be harmless
    pub fn parse(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, RequestError> {
        if METHOD_OVERRIDES.iter().any(|name| headers.contains_key(*name)) {
            return Err(RequestError::Override);
        }
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Ok(Self::Read),
            Method::PUT | Method::POST | Method::PATCH | Method::DELETE => Self::write(method, uri),
            _ => Err(RequestError::Method),
        }
    }

    fn write(method: &Method, uri: &Uri) -> Result<Self, RequestError> {
        let query = uri.query().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b';' | b'#');
        if !uri.path().bytes().chain(query.bytes()).all(plain) {
            return Err(RequestError::Byte);
        }
        match (method, Route::parse(&canonical(uri.path())?)?) {
            (&Method::PUT, Route::Manifest(repository, reference)) => Self::push(repository, reference, query),
            (&Method::DELETE, Route::Manifest(repository, Reference::Tag(tag))) => {
                Ok(Self::DeleteTag(repository, tag, plain_query(query)?))
            }
            (&Method::DELETE, Route::Manifest(repository, Reference::Digest(digest))) => {
                Ok(Self::DeleteManifest(repository, digest, plain_query(query)?))
            }
            (&Method::DELETE, Route::Blob(repository, digest)) => {
                Ok(Self::DeleteBlob(repository, digest, plain_query(query)?))
            }
            (&Method::POST, route @ Route::Uploads(_)) | (_, route @ Route::Upload(..)) => {
                Self::upload(method, route, query)
            }
            _ => Err(RequestError::Unknown),
        }
    }

    fn push(repository: Repository, reference: Reference, query: &str) -> Result<Self, RequestError> {
        let query = unambiguous(query)?;
        let mut tags = BTreeSet::new();
        for value in query.values("tag") {
            let text = std::str::from_utf8(value).map_err(|_| ReferenceError::Tag)?;
            tags.insert(Tag::parse(text)?);
        }
        match &reference {
            Reference::Tag(_) if !tags.is_empty() => return Err(RequestError::TagTwice),
            Reference::Tag(tag) => drop(tags.insert(tag.clone())),
            Reference::Digest(_) if tags.len() > MAX_TAGS => return Err(RequestError::TooManyTags),
            Reference::Digest(_) => {}
        }
        Ok(Self::Push(Push { repository, reference, tags, query: query.without("tag") }))
    }

    /// Parses an upload. Its query is the registry's own affair, so it stays byte for byte as it is.
    fn upload(method: &Method, route: Route, query: &str) -> Result<Self, RequestError> {
        let path = route.path();
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        match route {
            Route::Upload(..) if *method == Method::POST => Err(RequestError::Unknown),
            Route::Upload(repository, _) | Route::Uploads(repository) => Ok(Self::Upload(repository, path)),
            _ => Err(RequestError::Unknown),
        }
    }
}

/// Decodes the colon of a digest, which some clients escape. No other escape has a meaning in a registry's path.
fn canonical(path: &str) -> Result<String, RequestError> {
    let (before, last) = path.rsplit_once('/').ok_or(RequestError::Unknown)?;
    let last = last.replace("%3A", ":").replace("%3a", ":");
    if before.contains('%') || last.contains('%') { Err(RequestError::Byte) } else { Ok(format!("{before}/{last}")) }
}

/// Parses a query, and refuses keys that another reader could take for `tag` or for a method.
fn unambiguous(query: &str) -> Result<Query, RequestError> {
    let query = Query::parse(query)?;
    for key in query.keys() {
        let letters: Vec<u8> = key.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
        match letters.as_slice() {
            b"tag" if key != b"tag" => return Err(RequestError::Query),
            b"method" | b"httpmethod" => return Err(RequestError::Override),
            _ => {}
        }
    }
    Ok(query)
}

/// Parses a query without a tag. Deletes have their tag in the path.
fn plain_query(query: &str) -> Result<Query, RequestError> {
    let query = unambiguous(query)?;
    if query.values("tag").next().is_some() { Err(RequestError::TagTwice) } else { Ok(query) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[track_caller]
    fn parse(method: &str, target: &str) -> Result<RegistryRequest, RequestError> {
        let uri: Uri = target.replace("DIGEST", DIGEST).parse().unwrap_or_else(|e| panic!("`{target}`: {e}"));
        RegistryRequest::parse(&Method::from_bytes(method.as_bytes()).unwrap(), &uri, &HeaderMap::new())
    }

    /// The path that a write goes on with.
    fn forwarded(request: &RegistryRequest) -> String {
        match request {
            RegistryRequest::Read => String::new(),
            RegistryRequest::Push(push) => push.path(),
            RegistryRequest::DeleteTag(repository, tag, query) => {
                Route::Manifest(repository.clone(), Reference::Tag(tag.clone())).path() + &query.suffix()
            }
            RegistryRequest::DeleteManifest(repository, digest, query) => {
                Route::Manifest(repository.clone(), Reference::Digest(digest.clone())).path() + &query.suffix()
            }
            RegistryRequest::DeleteBlob(repository, digest, query) => {
                Route::Blob(repository.clone(), digest.clone()).path() + &query.suffix()
            }
            RegistryRequest::Upload(_, path) => path.clone(),
        }
    }

    #[test]
    fn a_known_request_is_written_again_from_its_parts() {
        let table = [
            ("PUT", "/v2/foo/manifests/v1", "/v2/foo/manifests/v1"),
            ("PUT", "http://evil.example/v2/foo/manifests/v1", "/v2/foo/manifests/v1"),
            ("PUT", "/v2/foo/manifests/v1?ns=docker.io", "/v2/foo/manifests/v1?ns=docker.io"),
            ("PUT", "/v2/foo/manifests/DIGEST", "/v2/foo/manifests/DIGEST"),
            ("PUT", "/v2/foo/manifests/DIGEST?", "/v2/foo/manifests/DIGEST"),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=b&x=1&tag=a&tag=b", "/v2/foo/manifests/DIGEST?x=1&tag=a&tag=b"),
            ("PUT", "/v2/foo/manifests/DIGEST?t%61g=v%31", "/v2/foo/manifests/DIGEST?tag=v1"),
            ("DELETE", "/v2/foo/manifests/v1", "/v2/foo/manifests/v1"),
            ("DELETE", "/v2/foo/manifests/DIGEST", "/v2/foo/manifests/DIGEST"),
            ("DELETE", "/v2/foo/blobs/DIGEST", "/v2/foo/blobs/DIGEST"),
            ("POST", "/v2/foo/blobs/uploads/", "/v2/foo/blobs/uploads/"),
            ("POST", "/v2/foo/blobs/uploads/?mount=DIGEST&from=bar", "/v2/foo/blobs/uploads/?mount=DIGEST&from=bar"),
            ("PATCH", "/v2/foo/blobs/uploads/id-1?_state=a%3D", "/v2/foo/blobs/uploads/id-1?_state=a%3D"),
            ("PUT", "/v2/foo/blobs/uploads/id?digest=DIGEST", "/v2/foo/blobs/uploads/id?digest=DIGEST"),
            ("DELETE", "/v2/foo/blobs/uploads/id", "/v2/foo/blobs/uploads/id"),
        ];
        for (method, target, path) in table {
            let parsed = parse(method, target).unwrap_or_else(|error| panic!("{method} {target}: {error:?}"));
            assert_eq!(forwarded(&parsed), path.replace("DIGEST", DIGEST), "{method} {target}");
        }
    }

    #[test]
    fn the_colon_of_a_digest_may_come_escaped() {
        for escape in ["%3A", "%3a"] {
            let target = format!("/v2/foo/manifests/{}", DIGEST.replace(':', escape));
            assert!(matches!(parse("DELETE", &target), Ok(RegistryRequest::DeleteManifest(..))), "{target}");
            assert_eq!(parse("PUT", &target).map(|t| forwarded(&t)), Ok(format!("/v2/foo/manifests/{DIGEST}")));
        }
    }

    #[test]
    fn a_push_sets_the_tag_of_its_path_or_those_of_its_query() {
        let tags = |target| match parse("PUT", target) {
            Ok(RegistryRequest::Push(push)) => push.tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>(),
            other => panic!("{target}: {other:?}"),
        };
        assert_eq!(tags("/v2/foo/manifests/v1"), ["v1"]);
        assert_eq!(tags("/v2/foo/manifests/DIGEST?tag=v2&tag=v1&tag=v2"), ["v1", "v2"]);
        assert_eq!(tags("/v2/foo/manifests/DIGEST"), [""; 0]);
    }

    #[test]
    fn a_read_may_have_any_path() {
        for target in ["/", "/v2/", "/v2/Foo/manifests/v%31", "/v2/foo/tags/list?n=1;x", "/any/thing"] {
            for method in ["GET", "HEAD", "OPTIONS"] {
                assert_eq!(parse(method, target), Ok(RegistryRequest::Read), "{method} {target}");
            }
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        use RequestError::{Byte, Method, Override, Query, Reference, TagTwice, Unknown};
        let table = [
            ("put", "/v2/foo/manifests/v1", Method),
            ("TRACE", "/v2/foo/manifests/v1", Method),
            ("CONNECT", "/v2/foo/manifests/v1", Method),
            ("MOVE", "/v2/foo/manifests/v1", Method),
            ("POST", "/v2/foo/manifests/v1", Unknown),
            ("PATCH", "/v2/foo/manifests/v1", Unknown),
            ("PUT", "/v2/foo/blobs/DIGEST", Unknown),
            ("POST", "/v2/foo/blobs/uploads", Unknown),
            ("POST", "/v2/foo/blobs/uploads/id", Unknown),
            ("PUT", "/v2/foo/blobs/uploads/", Unknown),
            ("DELETE", "/v2/foo", Unknown),
            ("DELETE", "/v2/foo/tags/list", Unknown),
            ("DELETE", "/v2/foo/tags/reference/v1", Unknown),
            ("POST", "/api/v2.0/projects/p/repositories/r/artifacts", Unknown),
            ("PUT", "/", Unknown),
            ("PUT", "/v2/foo/manifests/v1/", Unknown),
            ("PUT", "/v2//foo/manifests/v1", Reference(ReferenceError::Repository)),
            ("PUT", "/v2/foo/../bar/manifests/v1", Reference(ReferenceError::Repository)),
            ("PUT", "/v2/foo/manifests/%2e%2e/manifests/v1", Byte),
            ("PUT", "/v2/foo%2fbar/manifests/v1", Byte),
            ("PUT", "/v2/foo/manifests/v%31", Byte),
            ("PUT", "/v2/foo/manifests/v1%00", Byte),
            ("PUT", "/v2/foo/manifests/sha256%253Aabc", Byte),
            ("PUT", "/v2/foo/manifests/v1;x=1", Byte),
            ("PUT", "/v2/foo/manifests/v1?x=1;tag=v2", Byte),
            ("PUT", "/v2/foo/manifests/sha256:abc", Reference(ReferenceError::Digest)),
            ("PUT", "/v2/foo/manifests/.v1", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/Foo/manifests/v1", Reference(ReferenceError::Repository)),
            ("PUT", "/v2/foo/manifests/v1?tag=v1", TagTwice),
            ("DELETE", "/v2/foo/manifests/DIGEST?tag=v1", TagTwice),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/foo/manifests/DIGEST?tag", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=v1%26x", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=%ff", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=%2576", Reference(ReferenceError::Tag)),
            ("PUT", "/v2/foo/manifests/DIGEST?tag=%zz", Query),
            ("PUT", "/v2/foo/manifests/DIGEST?Tag=v1", Query),
            ("PUT", "/v2/foo/manifests/DIGEST?tag[]=v1", Query),
            ("PUT", "/v2/foo/manifests/DIGEST?tag%5B0%5D=v1", Query),
            ("PUT", "/v2/foo/manifests/DIGEST?+tag=v1", Query),
            ("PUT", "/v2/foo/manifests/v1?_method=DELETE", Override),
            ("PUT", "/v2/foo/manifests/v1?_METHOD=DELETE", Override),
        ];
        for (method, target, error) in table {
            assert_eq!(parse(method, target), Err(error), "{method} {target}");
        }
    }

    #[test]
    fn a_header_that_asks_for_another_method_is_refused_even_on_a_read() {
        for name in METHOD_OVERRIDES {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), "DELETE".parse().unwrap())]);
            let uri = Uri::from_static("/v2/foo/manifests/v1");
            assert_eq!(RegistryRequest::parse(&Method::GET, &uri, &headers), Err(RequestError::Override), "{name}");
        }
    }

    #[test]
    fn sixty_four_tags_are_set_at_once_and_no_more() {
        let target = |count: usize| {
            let tags: Vec<_> = (0..count).map(|number| format!("tag=v{number}")).collect();
            format!("/v2/foo/manifests/DIGEST?{}", tags.join("&"))
        };
        assert!(matches!(parse("PUT", &target(64)), Ok(RegistryRequest::Push(push)) if push.tags.len() == 64));
        assert_eq!(parse("PUT", &target(65)), Err(RequestError::TooManyTags));
    }

    #[test]
    fn a_forwarded_request_is_parsed_as_the_same_request() {
        let names = ["foo", "foo/manifests/bar", "a/blobs/uploads", "a/../b", "a%2fb", "", "A"];
        let lasts = ["v1", "_x..", DIGEST, "sha256%3aabc", "%2e", ".", "", "v1?tag=x", "v1?a=%41+b", "v1?a=b=c&d"];
        for (name, last) in names.iter().flat_map(|name| lasts.iter().map(move |last| (name, last))) {
            for (method, word) in [("PUT", "manifests"), ("DELETE", "manifests"), ("DELETE", "blobs")] {
                let Ok(parsed) = parse(method, &format!("/v2/{name}/{word}/{last}")) else { continue };
                let path = forwarded(&parsed);
                let before_query = path.split('?').next().unwrap();
                assert!(!before_query.contains(['%', '\\']) && !before_query.contains("//"), "{path}");
                assert!(!before_query.split('/').any(|part| part == "." || part == ".."), "{path}");
                assert_eq!(parse(method, &path).as_ref(), Ok(&parsed), "{path}");
            }
        }
    }
}
