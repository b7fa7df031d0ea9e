//! Lists of repositories and tags, and the registry that they come from.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Method, Response, StatusCode};

use super::access::{Access, Login, Question, refusal};
use super::error::InventoryError;
use crate::client::{RegistryClient, read};
use crate::pages::Pages;
use crate::reference::{Digest, Reference, Repository, Tag};
use crate::route::Route;

/// The greatest length of one page. Some registries send all tags at once: this is enough for some 400,000 tags of usual
/// length.
const MAX_PAGE_BYTES: usize = 16 << 20;
/// How long a page may take to come, once its answer has begun.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// The types of manifest that a tag may resolve to. A registry may convert a manifest to a type that is listed, and that
/// would be another digest: so all types are.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, */*";

/// The repositories and tags of a registry.
#[derive(Clone, Debug)]
pub struct Inventory(Arc<Access>);

/// A list that is read page by page.
#[derive(Debug)]
pub struct List {
    access: Arc<Access>,
    /// `None` at the end of the list.
    pages: Option<Pages>,
    is_valid: fn(&str) -> bool,
    /// The value of `Authorization` that the registry wants for this list.
    authorization: Option<HeaderValue>,
}

/// A page of a list. It holds the valid names. Invalid ones are counted, and never shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// One name per line, so that a long page is one string and not thousands.
    lines: String,
    /// The number of invalid names.
    pub invalid: u64,
}

impl Inventory {
    /// Makes the inventory of a registry, as a login may see it. Nothing is sent yet.
    pub fn new(registry: RegistryClient, login: Login) -> Self {
        Self(Arc::new(Access::new(registry, login)))
    }

    /// Returns the list of its repositories. Not every registry has one, and not for everybody.
    pub fn repositories(&self) -> List {
        self.list(Pages::of_repositories(), |name| Repository::parse(name).is_ok())
    }

    /// Returns the list of the tags of a repository.
    pub fn tags(&self, repository: &Repository) -> List {
        self.list(Pages::of_tags(repository), |name| Tag::parse(name).is_ok())
    }

    /// Reads the digest of a tag. `None` if there is no such tag. It costs one request.
    ///
    /// # Errors
    ///
    /// - no answer, or one that is not about a manifest
    /// - an answer without a valid digest
    pub async fn digest(&self, repository: &Repository, tag: &Tag) -> Result<Option<Digest>, InventoryError> {
        let Some(answer) = self.head(repository, Reference::Tag(tag.clone())).await? else { return Ok(None) };
        let digest = answer.headers().get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        let digest = digest.and_then(|digest| Digest::parse(digest).ok());
        digest.map(Some).ok_or(InventoryError::NoDigest)
    }

    /// Returns whether a repository has a manifest. It costs one request.
    ///
    /// # Errors
    ///
    /// No answer, or one that is not about a manifest.
    pub async fn has(&self, repository: &Repository, digest: &Digest) -> Result<bool, InventoryError> {
        Ok(self.head(repository, Reference::Digest(digest.clone())).await?.is_some())
    }

    /// Returns the head of a manifest, or `None` if there is no manifest.
    async fn head(
        &self,
        repository: &Repository,
        reference: Reference,
    ) -> Result<Option<Response<Incoming>>, InventoryError> {
        let target = Route::Manifest(repository.clone(), reference).path();
        let question = Question { method: Method::HEAD, target: &target, accept: MANIFESTS, content: None };
        let answer = self.0.read(&question, &mut None).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Ok(Some(answer)),
            _ => Err(refusal(answer, self.0.has_credential()).await),
        }
    }

    fn list(&self, pages: Pages, is_valid: fn(&str) -> bool) -> List {
        List { access: Arc::clone(&self.0), pages: Some(pages), is_valid, authorization: None }
    }
}

impl List {
    /// Reads the next page, or returns `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// - a page that can't be read, is larger than 16 MiB, or comes for the second time
    /// - a link to a next page that is not part of this list
    /// - an answer that is not a page
    ///
    /// The rest of the list is then not known.
    pub async fn next(&mut self) -> Result<Option<Page>, InventoryError> {
        let Some(mut pages) = self.pages.take() else { return Ok(None) };
        let answer = self.access.read(&Question::json(&pages.target()), &mut self.authorization).await?;
        if answer.status() != StatusCode::OK {
            return Err(refusal(answer, self.access.has_credential()).await);
        }
        let current = pages.clone();
        let has_next = pages.turn(answer.headers())?;
        let page = read(answer.into_body(), MAX_PAGE_BYTES, PAGE_TIMEOUT).await;
        let page = page.map_err(|error| InventoryError::Page(error.to_string()))?;
        let page = Page::parse(&page.bytes, &current, self.is_valid)?;
        self.pages = has_next.then_some(pages);
        Ok(Some(page))
    }
}

impl Page {
    fn parse(bytes: &[u8], pages: &Pages, is_valid: fn(&str) -> bool) -> Result<Self, InventoryError> {
        let mut page = Self::default();
        let found = pages.names(bytes, &mut |name| {
            if is_valid(name) {
                page.lines.extend([name, "\n"]);
            } else {
                page.invalid += 1;
            }
        });
        match found {
            Ok(true) => Ok(page),
            Ok(false) => Err(InventoryError::Page("it has no list".to_owned())),
            Err(error) => Err(InventoryError::Page(error.to_string())),
        }
    }

    /// Returns its names, in the order of the registry.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.lines()
    }
}
