//! The paths of a registry, and what each of them stands for.

use crate::reference::{Digest, Reference, ReferenceError, Repository};

/// What a path below `/v2/` stands for. Only canonical paths are routes: without escapes, and without empty, `.` or `..`
/// segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/`, which says whether this is a registry.
    Base,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/NAME/tags/list`
    Tags(Repository),
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest(Repository, Reference),
    /// `/v2/NAME/blobs/DIGEST`
    Blob(Repository, Digest),
    /// `/v2/NAME/blobs/uploads/`, where an upload begins.
    Uploads(Repository),
    /// `/v2/NAME/blobs/uploads/ID`, an upload that has begun.
    Upload(Repository, String),
}

/// Why a path is not a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// It has the shape of a route, but a name in it is invalid.
    Reference(ReferenceError),
    /// It does not have the shape of a route.
    Unknown,
}

impl From<ReferenceError> for RouteError {
    fn from(error: ReferenceError) -> Self {
        Self::Reference(error)
    }
}

impl Route {
    /// Parses a path.
    ///
    /// `manifests`, `blobs` and `uploads` can be components of a name as well. So the **last** `/manifests/` counts, and
    /// there is no slash after it: `/v2/foo/blobs/uploads/manifests/v1` is the tag `v1` of `foo/blobs/uploads`.
    ///
    /// # Errors
    ///
    /// - `/v2/Foo/manifests/v1`, `/v2/foo/manifests/sha256:1`, `/v2/a//b/manifests/v1`: an invalid name
    /// - `/v2/foo`, `/v2/foo/manifests/v1/`, `/v2/foo/blobs/uploads`, `/`: not the shape of a route
    pub fn parse(path: &str) -> Result<Self, RouteError> {
        let rest = path.strip_prefix("/v2/").ok_or(RouteError::Unknown)?;
        match rest {
            "" => return Ok(Self::Base),
            "_catalog" => return Ok(Self::Catalog),
            _ => {}
        }
        let (before, last) = rest.rsplit_once('/').ok_or(RouteError::Unknown)?;
        if let Some(name) = before.strip_suffix("/manifests") {
            Ok(Self::Manifest(Repository::parse(name)?, Reference::parse(last)?))
        } else if let Some(name) = before.strip_suffix("/blobs/uploads") {
            Self::upload(Repository::parse(name)?, last)
        } else if let Some(name) = before.strip_suffix("/blobs") {
            // Without its last slash, the path where an upload begins looks like the path of a blob.
            let repository = Repository::parse(name)?;
            if last == "uploads" { Err(RouteError::Unknown) } else { Ok(Self::Blob(repository, Digest::parse(last)?)) }
        } else if let (Some(name), "list") = (before.strip_suffix("/tags"), last) {
            Ok(Self::Tags(Repository::parse(name)?))
        } else {
            Err(RouteError::Unknown)
        }
    }

    fn upload(repository: Repository, id: &str) -> Result<Self, RouteError> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'=' | b'-');
        if id.is_empty() {
            Ok(Self::Uploads(repository))
        } else if id.bytes().all(known) && id != "." && id != ".." {
            Ok(Self::Upload(repository, id.to_owned()))
        } else {
            Err(RouteError::Unknown)
        }
    }

    /// Returns the path, which [`Route::parse`] reads as this route again.
    pub fn path(&self) -> String {
        match self {
            Self::Base => "/v2/".to_owned(),
            Self::Catalog => "/v2/_catalog".to_owned(),
            Self::Tags(repository) => format!("/v2/{repository}/tags/list"),
            Self::Manifest(repository, reference) => format!("/v2/{repository}/manifests/{reference}"),
            Self::Blob(repository, digest) => format!("/v2/{repository}/blobs/{digest}"),
            Self::Uploads(repository) => format!("/v2/{repository}/blobs/uploads/"),
            Self::Upload(repository, id) => format!("/v2/{repository}/blobs/uploads/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Tag;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn repository(name: &str) -> Repository {
        Repository::parse(name).unwrap()
    }

    #[test]
    fn the_last_manifests_counts_and_literal_words_can_be_names() {
        let table = [
            ("/v2/foo/manifests/v1", "foo", "v1"),
            ("/v2/foo/manifests/bar/manifests/latest", "foo/manifests/bar", "latest"),
            ("/v2/foo/blobs/uploads/manifests/latest", "foo/blobs/uploads", "latest"),
            ("/v2/foo/tags/manifests/list", "foo/tags", "list"),
            ("/v2/manifests/manifests/manifests", "manifests", "manifests"),
            ("/v2/_catalog/manifests/v1", "", ""),
            ("/v2/foo/manifests/x..y", "foo", "x..y"),
        ];
        for (path, name, tag) in table {
            let parsed = Route::parse(path);
            if name.is_empty() {
                assert_eq!(parsed, Err(RouteError::Reference(ReferenceError::Repository)), "{path}");
            } else {
                let expected = Route::Manifest(repository(name), Reference::Tag(Tag::parse(tag).unwrap()));
                assert_eq!(parsed, Ok(expected), "{path}");
            }
        }
    }

    #[test]
    fn every_route_is_read_back_from_its_own_path() {
        let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
        let routes = [
            Route::Base,
            Route::Catalog,
            Route::Tags(repository("prod/app")),
            Route::Manifest(repository("prod/app"), Reference::Tag(Tag::parse("v1").unwrap())),
            Route::Manifest(repository("prod/app"), Reference::Digest(digest.clone())),
            Route::Blob(repository("prod/app"), digest),
            Route::Uploads(repository("blobs/uploads")),
            Route::Upload(repository("prod/app"), "4f1e-_.=A".to_owned()),
        ];
        for route in routes {
            assert_eq!(Route::parse(&route.path()), Ok(route.clone()), "{}", route.path());
        }
    }

    #[test]
    fn what_is_not_canonical_is_no_route() {
        let table = [
            "",
            "/",
            "/v2",
            "v2/foo/manifests/v1",
            "/V2/foo/manifests/v1",
            "/v1/foo/manifests/v1",
            "//v2/foo/manifests/v1",
            "/v2//foo/manifests/v1",
            "/v2/foo//manifests/v1",
            "/v2/foo/manifests//v1",
            "/v2/foo/manifests/v1/",
            "/v2/foo/manifests/",
            "/v2/foo/manifests",
            "/v2/foo/MANIFESTS/v1",
            "/v2/foo/Manifests/v1",
            "/v2/foo/./manifests/v1",
            "/v2/foo/../manifests/v1",
            "/v2/foo/manifests/../manifests/v1",
            "/v2/foo/manifests/.",
            "/v2/foo/manifests/..",
            "/v2/foo/manifests/v1;x=1",
            "/v2/foo/manifests/v%31",
            "/v2/foo%2fbar/manifests/v1",
            "/v2/Foo/bar/manifests/v1",
            "/v2/example.com:5000/foo/manifests/v1",
            "/v2/foo/manifests/v1\\..",
            "/v2/foo/manifests/sha256:abc",
            "/v2/manifests/v1",
            "/v2/foo/blobs/uploads",
            "/v2/foo/blobs/v1",
            "/v2/foo/blobs/uploads/a/b",
            "/v2/foo/blobs/uploads/..",
            "/v2/foo/blobs/uploads/a%2f",
            "/v2/foo/tags/list/",
            "/v2/foo/tags/other",
            "/v2/foo/referrers",
        ];
        for path in table {
            assert!(Route::parse(path).is_err(), "`{path}` is {:?}", Route::parse(path));
        }
    }
}
