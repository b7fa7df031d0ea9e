//! Looks up what the registry has now: the digest of a tag, and all tags that need a manifest. It asks with the client's own
//! credentials.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{Instrument as _, Span};

use super::challenge::{Action, widened};
use super::ledger::BindingState;
use super::measurement;
use super::pushed_manifest::MAX_MANIFEST_BYTES;
use super::redirect::{follow, is_redirect};
use super::request_span;
use tagseal_distribution::client::{self, Content, RegistryClient};
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::manifest::{ManifestLink, links};
use tagseal_distribution::pages::Pages;
use tagseal_distribution::reference::{Algorithm, Digest, Reference, Repository, Tag};
use tagseal_distribution::route::Route;

/// Why a tag in the list of tags is unreadable, where the registry does not even fail.
const NO_MANIFEST: &str = "the registry lists the tag, but has no manifest for it";

/// Every kind of manifest. If fewer are accepted, some registries answer that a tag is absent, or convert its manifest.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.oci.artifact.manifest.v1+json, application/vnd.docker.distribution.manifest.v1+prettyjws, \
    application/vnd.docker.distribution.manifest.v1+json, */*";

/// The greatest length of one page. Some registries send all tags at once.
const MAX_PAGE_BYTES: usize = 32 << 20;
/// The deletes for which all tags of a repository are read at one time. Each of them holds the names of the tags.
static WALKS: Semaphore = Semaphore::const_new(8);

/// The state of a tag at the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TagState {
    /// It has no manifest, and is not in the registry's list of tags.
    Absent,
    /// It has a manifest, with this digest, which the registry serves as this media type.
    Manifest { digest: Digest, media_type: Option<String> },
    /// It is in the registry's list of tags, but the registry does not show its manifest, for this reason.
    Unreadable(String),
    /// It is like that, and this is the digest that the ledger knows.
    Remembered(Digest),
    /// It has no manifest now, but by the ledger it had this one.
    Retired(Digest),
    /// It could not be found out, for this reason.
    Unknown(String),
}

/// Why a look-up has no result.
#[derive(Debug)]
pub(crate) enum LookUpError {
    /// The registry refuses this client. The client must get its answer.
    Refused(ErrorResponse),
    /// The registry failed, which may be due to what was looked up.
    ServerError(String),
    /// It could not be found out, for this reason.
    Unknown(String),
}

impl LookUpError {
    /// Makes the answer for the client.
    pub(crate) fn into_response(self) -> ErrorResponse {
        match self {
            Self::Refused(refusal) => refusal,
            Self::ServerError(reason) | Self::Unknown(reason) => {
                ErrorResponse::unavailable(format!("{reason}; try again"))
            }
        }
    }

    /// Returns the reason, or the refusal.
    pub(crate) fn reason(self) -> Result<String, ErrorResponse> {
        match self {
            Self::Refused(refusal) => Err(refusal),
            Self::ServerError(reason) | Self::Unknown(reason) => Ok(reason),
        }
    }
}

/// What was found out about manifests in a search for those that need a digest.
#[derive(Debug, Default)]
struct Known {
    /// Whether a manifest needs that digest.
    needs: HashMap<Digest, bool>,
    /// The manifests that refer to no others.
    plain: Vec<Digest>,
}

/// What the ledger knows of a tag.
#[derive(Clone, Debug)]
pub(crate) struct KnownTag {
    pub(crate) digest: Digest,
    /// Whether its manifest refers to no others.
    pub(crate) is_plain: bool,
}

/// What was read of a repository's tags, in a search for those that need a manifest.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The tags that were read, and whether each needs the manifest.
    read: BTreeMap<Tag, bool>,
    known: Known,
}

impl Walk {
    /// Returns the tags that need the manifest.
    pub(crate) fn needing(&self) -> Vec<Tag> {
        self.read.iter().filter(|(_, needs)| **needs).map(|(tag, _)| tag.clone()).collect()
    }

    /// Returns the manifests that refer to no others.
    pub(crate) fn plain(&self) -> Vec<Digest> {
        self.known.plain.clone()
    }
}

/// Looks things up in one repository, as one client.
#[derive(Clone, Debug)]
pub(crate) struct LookUp<'a> {
    pub(crate) registry: &'a RegistryClient,
    pub(crate) repository: &'a Repository,
    /// The headers that say who asks.
    pub(crate) headers: HeaderMap,
    /// How long each answer may take.
    pub(crate) timeout: Duration,
    /// What the ledger knows of tags.
    pub(crate) known: HashMap<Tag, KnownTag>,
    /// How long all of them may take for one push.
    pub(crate) limit: Duration,
    /// What the client wants to do, so that a challenge can ask for that too.
    pub(crate) action: Option<Action>,
    /// Whether the ledger knows every tag of the repository.
    pub(crate) is_adopted: bool,
    /// Set when the list of tags is read and has none.
    pub(crate) saw_no_tags: Arc<AtomicBool>,
}

impl LookUp<'_> {
    /// Returns the state of each tag.
    ///
    /// # Errors
    ///
    /// The registry refuses the client with 401, 403 or 429. The client must get that answer.
    pub(crate) async fn states(&self, tags: &BTreeSet<Tag>) -> Result<Vec<(Tag, TagState)>, ErrorResponse> {
        let limit = self.limit;
        timeout(limit, self.read_states(tags)).await.unwrap_or_else(|_| {
            let late = || TagState::Unknown(format!("the look-ups took longer than {limit:?}"));
            Ok(tags.iter().map(|tag| (tag.clone(), late())).collect())
        })
    }

    async fn read_states(&self, tags: &BTreeSet<Tag>) -> Result<Vec<(Tag, TagState)>, ErrorResponse> {
        let mut listed = None;
        let mut states = Vec::with_capacity(tags.len());
        for tag in tags {
            let state = match self.head(tag).await {
                Ok(Some(state)) => Ok(state),
                Ok(None) => match self.without_manifest(tag, tags, NO_MANIFEST, &mut listed).await {
                    // It may have been pushed between the two answers, through another gateway.
                    Ok(unreadable @ TagState::Unreadable(_)) => self.head(tag).await.map(|it| it.unwrap_or(unreadable)),
                    state => state,
                },
                Err(LookUpError::ServerError(reason)) => self.without_manifest(tag, tags, &reason, &mut listed).await,
                Err(error) => Err(error),
            };
            let state = state.or_else(|error| error.reason().map(TagState::Unknown));
            states.push((tag.clone(), state?));
        }
        Ok(states)
    }

    /// Returns the state of a tag whose manifest the registry does not show: absent, if it has none and is not in the list of
    /// tags. That list is read once for all tags.
    async fn without_manifest(
        &self,
        tag: &Tag,
        tags: &BTreeSet<Tag>,
        reason: &str,
        listed: &mut Option<BTreeSet<Tag>>,
    ) -> Result<TagState, LookUpError> {
        if reason == NO_MANIFEST && self.is_adopted && !self.known.contains_key(tag) {
            return Ok(TagState::Absent);
        }
        let listed = match listed {
            Some(listed) => listed,
            None => listed.insert(self.listed(tags).await?),
        };
        Ok(match listed.contains(tag) {
            true => TagState::Unreadable(reason.to_owned()),
            false if reason == NO_MANIFEST => TagState::Absent,
            false => TagState::Unknown(reason.to_owned()),
        })
    }

    /// Returns the state of a tag by the registry's headers, or by the manifest itself where they have no digest.
    async fn head(&self, tag: &Tag) -> Result<Option<TagState>, LookUpError> {
        let reference = Reference::Tag(tag.clone());
        let Some(answer) = self.read(Method::HEAD, &self.path(&reference)).await? else { return Ok(None) };
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let digest = text("docker-content-digest").and_then(|digest| Digest::parse(digest).ok());
        if let Some(digest) = digest.filter(|_| answer.status() == StatusCode::OK) {
            return Ok(Some(TagState::Manifest { digest, media_type: text("content-type").map(str::to_owned) }));
        }
        let read = self.get(&reference).await?;
        Ok(read.map(|(media_type, content)| TagState::Manifest {
            digest: Algorithm::Sha256.digest(&content.bytes),
            media_type,
        }))
    }

    /// Returns whether the registry has a manifest.
    pub(crate) async fn has(&self, digest: &Digest) -> Result<bool, LookUpError> {
        let path = self.path(&Reference::Digest(digest.clone()));
        Ok(self.read(Method::HEAD, &path).await?.is_some())
    }

    /// Returns a manifest and its media type, or `None` if there is no manifest.
    async fn get(&self, reference: &Reference) -> Result<Option<(Option<String>, Content)>, LookUpError> {
        let Some(answer) = self.read(Method::GET, &self.path(reference)).await? else { return Ok(None) };
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content = client::read(answer.into_body(), MAX_MANIFEST_BYTES, self.timeout).await;
        content
            .map(|content| Some((media_type, content)))
            .map_err(|_| unknown("a manifest could not be read to its end"))
    }

    /// Returns the given tags that are in the list of tags.
    async fn listed(&self, tags: &BTreeSet<Tag>) -> Result<BTreeSet<Tag>, LookUpError> {
        let (mut listed, mut count) = (BTreeSet::new(), 0_u64);
        let see = |name: &str| {
            count += 1;
            listed.extend(tags.iter().find(|tag| tag.as_str() == name).cloned());
        };
        self.each_tag(see).await?;
        self.saw_no_tags.store(count == 0, Relaxed);
        Ok(listed)
    }

    /// Reads the list of tags to its end. A repository that does not exist has no tags.
    async fn each_tag(&self, mut see: impl FnMut(&str)) -> Result<(), LookUpError> {
        let mut pages = Pages::of_tags(self.repository);
        loop {
            let Some(answer) = self.read(Method::GET, &pages.target()).await? else {
                return if pages.is_at_start() {
                    Ok(())
                } else {
                    Err(unknown("a page of the list of tags is missing"))
                };
            };
            let has_next = pages.turn(answer.headers());
            let has_next = has_next.map_err(|error| LookUpError::Unknown(format!("the list of tags {error}")))?;
            let unread = || unknown("the list of tags could not be read");
            let page = client::read(answer.into_body(), MAX_PAGE_BYTES, self.timeout).await.map_err(|_| unread())?;
            pages.names(&page.bytes, &mut see).map_err(|_| unread())?;
            if !has_next {
                return Ok(());
            }
        }
    }

    /// Returns all tags in the list of tags.
    pub(crate) async fn all_tags(&self) -> Result<Vec<Tag>, LookUpError> {
        let mut names = Vec::new();
        self.each_tag(|name| names.push(Tag::parse(name))).await?;
        names.into_iter().collect::<Result<_, _>>().map_err(|_| unknown("the registry lists an invalid tag"))
    }

    /// Returns all tags that have a digest, or an index that contains it or refers to it. Where the ledger knows every tag of the
    /// repository, those are not read whose manifest is another one that refers to nothing.
    ///
    /// # Errors
    ///
    /// A page or a manifest can't be read, or the registry refuses the client.
    pub(crate) async fn tags_that_need(&self, digest: &Digest) -> Result<Walk, LookUpError> {
        let _walk = WALKS.acquire().await;
        let mut walk = Walk { read: BTreeMap::new(), known: Known::default() };
        let is_another = |tag: &Tag| {
            let is_other = |known: &KnownTag| {
                known.is_plain && known.digest != *digest && known.digest.algorithm() == digest.algorithm()
            };
            self.is_adopted && self.known.get(tag).is_some_and(is_other)
        };
        for tag in self.all_tags().await?.into_iter().filter(|tag| !is_another(tag)) {
            let needs = self.needs(&Reference::Tag(tag.clone()), digest, &mut walk.known).await?;
            // What a tag needs whose manifest is gone, is gone with it, but for the manifest itself.
            let is_known = || self.known.get(&tag).map(|known| known.digest == *digest);
            let needs = needs.or_else(is_known).ok_or_else(|| unknown(NO_MANIFEST))?;
            walk.read.insert(tag, needs);
        }
        Ok(walk)
    }

    /// Reads some tags again after a walk, since they may be others now. `known` is what the ledger says of them.
    ///
    /// # Errors
    ///
    /// A manifest can't be read, or the registry refuses the client.
    pub(crate) async fn confirm(
        &self,
        walk: &mut Walk,
        digest: &Digest,
        tags: &BTreeSet<Tag>,
        known: &HashMap<Tag, (Digest, BindingState)>,
    ) -> Result<(), LookUpError> {
        for tag in tags {
            let needs = self.needs(&Reference::Tag(tag.clone()), digest, &mut walk.known).await?;
            // A tag without a manifest is gone, unless the ledger knows better.
            let is_bound = || match known.get(tag) {
                Some((bound, BindingState::Bound)) => Some(bound == digest),
                _ => None,
            };
            match needs.or_else(is_bound) {
                Some(needs) => walk.read.insert(tag.clone(), needs),
                None => walk.read.remove(tag),
            };
        }
        Ok(())
    }

    /// Returns whether the manifest of a reference has a digest, or needs it, by its content and not by the registry's word.
    /// Returns `None` if there is no manifest.
    async fn needs(
        &self,
        reference: &Reference,
        digest: &Digest,
        known: &mut Known,
    ) -> Result<Option<bool>, LookUpError> {
        let Some((_, content)) = self.get(reference).await? else { return Ok(None) };
        let own = digest.algorithm().digest(&content.bytes);
        if own == *digest {
            return Ok(Some(true));
        }
        if let Some(needs) = known.needs.get(&own) {
            return Ok(Some(*needs));
        }
        let links = links(&content.bytes);
        // Its parts are read next, and may have to wait for the turn that this content holds.
        drop(content);
        let links = links.ok_or_else(|| unknown("a manifest could not be parsed"))?;
        if links.is_empty() {
            known.plain.push(own.clone());
        }
        let mut needs = links.iter().any(|link| link.is(digest));
        // What a part really is, is not what the link says of it: one that is declared as an image may be an index.
        for part in &links {
            needs = needs || self.part_needs(part, digest, known).await?;
        }
        known.needs.insert(own, needs);
        Ok(Some(needs))
    }

    /// Returns whether a part of an index needs a digest. A part that does not exist needs nothing: not every part is pushed.
    async fn part_needs(&self, part: &ManifestLink, digest: &Digest, known: &mut Known) -> Result<bool, LookUpError> {
        let part = part.parse().map_err(|_| unknown("a manifest refers to a digest of an unknown algorithm"))?;
        let Some(part) = part else { return Ok(false) };
        if let Some(needs) = known.needs.get(&part) {
            return Ok(*needs);
        }
        Ok(Box::pin(self.needs(&Reference::Digest(part), digest, known)).await?.unwrap_or(false))
    }

    fn path(&self, reference: &Reference) -> String {
        Route::Manifest(self.repository.clone(), reference.clone()).path()
    }

    /// Reads something from the registry, or returns `None` if it does not exist, and counts that. A redirect is
    /// followed for reads of content.
    pub(crate) async fn read(&self, method: Method, path: &str) -> Result<Option<Response<Incoming>>, LookUpError> {
        let (start, span) = (Instant::now(), request_span::to_registry(request_span::LOOK_UP, &method, path));
        let answer = self.read_uncounted(method, path, &span).instrument(span.clone()).await;
        let result = match &answer {
            Ok(Some(_)) => "found",
            Ok(None) => "absent",
            Err(LookUpError::Refused(_)) => "refused",
            Err(LookUpError::ServerError(_) | LookUpError::Unknown(_)) => "unknown",
        };
        measurement::look_up(result, start.elapsed());
        answer
    }

    async fn read_uncounted(
        &self,
        method: Method,
        path: &str,
        span: &Span,
    ) -> Result<Option<Response<Incoming>>, LookUpError> {
        let mut headers = self.headers.clone();
        request_span::continue_at(span, &mut headers);
        headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        let answer = self.registry.read(method.clone(), path, headers.clone(), Some(self.timeout)).await;
        request_span::note_answer(span, answer.as_ref().ok().map(Response::status));
        let answer = answer.map_err(|error| LookUpError::Unknown(error.to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer)),
            StatusCode::NOT_FOUND => Ok(None),
            // Where the content is kept, it may be read, but a HEAD may not be allowed there.
            status if is_redirect(status) && method == Method::HEAD => Ok(Some(answer)),
            status if is_redirect(status) => {
                let followed = follow(self.registry, answer, headers, self.timeout).await;
                followed.map(Some).map_err(LookUpError::Unknown)
            }
            StatusCode::UNAUTHORIZED => Err(self.refused(&answer, "UNAUTHORIZED", "the registry asks for credentials")),
            StatusCode::FORBIDDEN => {
                let message = "the registry does not let you read the current digest of the tag";
                Err(self.refused(&answer, "DENIED", message))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                Err(self.refused(&answer, "TOOMANYREQUESTS", "the registry asks you to wait"))
            }
            status @ StatusCode::INTERNAL_SERVER_ERROR => {
                Err(LookUpError::ServerError(format!("the registry answered {status}")))
            }
            status => Err(LookUpError::Unknown(format!("the registry answered {status}"))),
        }
    }

    /// Makes the answer for a client that the registry refuses, with the headers that say how to try again.
    fn refused(&self, answer: &Response<Incoming>, code: &'static str, message: &str) -> LookUpError {
        let mut refusal = ErrorResponse::new(answer.status(), code, message);
        for challenge in answer.headers().get_all(WWW_AUTHENTICATE) {
            let widen = |action| widened(challenge, self.repository, action);
            refusal = refusal.with_header(WWW_AUTHENTICATE, self.action.map_or_else(|| challenge.clone(), widen));
        }
        for value in answer.headers().get_all(RETRY_AFTER) {
            refusal = refusal.with_header(RETRY_AFTER, value.clone());
        }
        LookUpError::Refused(refusal)
    }
}

fn unknown(reason: &str) -> LookUpError {
    LookUpError::Unknown(reason.to_owned())
}
