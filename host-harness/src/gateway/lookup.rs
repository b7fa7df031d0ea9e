//! What the registry has now: the digest of a tag, all tags, all tags that need a manifest. Asked with the client's own credentials.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::sync::Semaphore;

use super::manifest::{self, Mention};
use super::pages::Pages;
use super::problem::Problem;
use super::reference::{Algorithm, Digest, Reference, Repository, Tag};
use super::route::Route;
use super::upstream::{self, Content, Upstream};

/// Every kind of manifest. Asked with fewer, some registries answer that a tag is absent, or convert what it is.
const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.oci.artifact.manifest.v1+json, application/vnd.docker.distribution.manifest.v1+prettyjws, \
    application/vnd.docker.distribution.manifest.v1+json, */*";

/// Most bytes of one page: some registries give all tags at once.
const MOST_PAGE: usize = 32 << 20;
/// Deletes that have all tags of a repository read at one time: each of them holds their names.
static WALKS: Semaphore = Semaphore::const_new(4);

/// What a tag resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, and the registry's list of tags says so too.
    Absent,
    /// A manifest: its digest, and the media type that the registry serves it as.
    Manifest { digest: Digest, media_type: Option<String> },
    /// It could not be found out: why.
    Unknown(String),
}

/// Why a look-up ends without an answer of its own.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The registry refuses this client, in words that the client must hear.
    Refused(Problem),
    /// It could not be found out: why.
    Unknown(String),
}

/// Whether a manifest needs the digest that is asked about, by its own digest.
type Known = HashMap<Digest, bool>;

/// Looks things up in one repository, as one client.
#[derive(Clone, Debug)]
pub(crate) struct LookUp<'a> {
    pub(crate) upstream: &'a Upstream,
    pub(crate) repository: &'a Repository,
    /// Who asks.
    pub(crate) headers: HeaderMap,
    /// How long each answer may take.
    pub(crate) limit: Duration,
}

impl LookUp<'_> {
    /// What each tag resolves to.
    ///
    /// # Errors
    ///
    /// The registry refuses the client: 401, 403 or 429, to be relayed.
    pub(crate) async fn tags_now(&self, tags: &BTreeSet<Tag>) -> Result<Vec<(Tag, Found)>, Problem> {
        let mut listed = None;
        let mut found = Vec::with_capacity(tags.len());
        for tag in tags {
            let now = match self.head(tag).await {
                Ok(None) => self.not_there(tag, tags, &mut listed).await,
                Ok(Some(found)) => Ok(found),
                Err(stop) => Err(stop),
            };
            match now {
                Ok(now) => found.push((tag.clone(), now)),
                Err(Stop::Unknown(why)) => found.push((tag.clone(), Found::Unknown(why))),
                Err(Stop::Refused(problem)) => return Err(problem),
            }
        }
        Ok(found)
    }

    /// What a tag is that has no manifest. It is absent if the list of tags says so too, which is read once for all tags.
    async fn not_there(
        &self,
        tag: &Tag,
        tags: &BTreeSet<Tag>,
        listed: &mut Option<BTreeSet<Tag>>,
    ) -> Result<Found, Stop> {
        let listed = match listed {
            Some(listed) => listed,
            None => listed.insert(self.listed(tags).await?),
        };
        if listed.contains(tag) {
            return Err(unknown("the registry lists the tag, but has no manifest for it"));
        }
        Ok(Found::Absent)
    }

    /// What a tag resolves to by the registry's word, or by the manifest itself where that is missing.
    async fn head(&self, tag: &Tag) -> Result<Option<Found>, Stop> {
        let reference = Reference::Tag(tag.clone());
        let Some(answer) = self.ask(Method::HEAD, &self.path(&reference)).await? else { return Ok(None) };
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(digest) = text("docker-content-digest").and_then(|digest| Digest::parse(digest).ok()) {
            return Ok(Some(Found::Manifest { digest, media_type: text("content-type").map(str::to_owned) }));
        }
        let read = self.get(&reference).await?;
        Ok(read.map(|(media_type, content)| Found::Manifest {
            digest: Algorithm::Sha256.digest(&content.bytes),
            media_type,
        }))
    }

    /// Whether the registry has a manifest.
    pub(crate) async fn has(&self, digest: &Digest) -> Result<bool, Stop> {
        let path = self.path(&Reference::Digest(digest.clone()));
        Ok(self.ask(Method::HEAD, &path).await?.is_some())
    }

    /// A manifest and its media type. `None` where there is none.
    async fn get(&self, reference: &Reference) -> Result<Option<(Option<String>, Content)>, Stop> {
        let Some(answer) = self.ask(Method::GET, &self.path(reference)).await? else { return Ok(None) };
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content = upstream::read(answer.into_body(), manifest::MOST, self.limit).await;
        content
            .map(|content| Some((media_type, content)))
            .map_err(|_| unknown("a manifest could not be read to its end"))
    }

    /// Those of the tags that the registry lists.
    async fn listed(&self, tags: &BTreeSet<Tag>) -> Result<BTreeSet<Tag>, Stop> {
        let mut listed = BTreeSet::new();
        self.each_tag(|name| listed.extend(tags.iter().find(|tag| tag.as_str() == name).cloned())).await?;
        Ok(listed)
    }

    /// Reads the list of tags to its end. A repository that is not there has none.
    async fn each_tag(&self, mut see: impl FnMut(&str)) -> Result<(), Stop> {
        let mut pages = Pages::of_tags(self.repository);
        loop {
            let Some(answer) = self.ask(Method::GET, &pages.target()).await? else {
                return if pages.is_at_start() { Ok(()) } else { Err(unknown("the list of tags broke off")) };
            };
            let more = pages.turn(answer.headers());
            let more = more.map_err(|astray| Stop::Unknown(format!("the list of tags {astray}")))?;
            let unread = || unknown("the list of tags could not be read");
            let page = upstream::read(answer.into_body(), MOST_PAGE, self.limit).await.map_err(|_| unread())?;
            pages.names(&page.bytes, &mut see).map_err(|_| unread())?;
            if !more {
                return Ok(());
            }
        }
    }

    /// All tags that resolve to a digest, or to an index that contains it or refers to it.
    ///
    /// # Errors
    ///
    /// One page or manifest that could not be read; or the registry refuses the client.
    pub(crate) async fn tags_that_need(&self, digest: &Digest) -> Result<Vec<Tag>, Stop> {
        let _walk = WALKS.acquire().await;
        let mut names = Vec::new();
        self.each_tag(|name| names.push(Tag::parse(name))).await?;
        let (mut needing, mut known) = (Vec::new(), HashMap::new());
        for tag in names {
            let tag = tag.map_err(|_| unknown("the registry lists a tag that is none"))?;
            let needs = self.needs(&Reference::Tag(tag.clone()), digest, &mut known).await?;
            if needs.ok_or_else(|| unknown("the registry lists a tag, but has no manifest for it"))? {
                needing.push(tag);
            }
        }
        Ok(needing)
    }

    /// Whether what a reference resolves to is that digest, or needs it. By content, whatever the registry calls it. `None` where it
    /// resolves to nothing.
    async fn needs(&self, reference: &Reference, digest: &Digest, known: &mut Known) -> Result<Option<bool>, Stop> {
        let Some((_, content)) = self.get(reference).await? else { return Ok(None) };
        let own = digest.algorithm().digest(&content.bytes);
        if own == *digest {
            return Ok(Some(true));
        }
        if let Some(needs) = known.get(&own) {
            return Ok(Some(*needs));
        }
        let mentions = manifest::mentions(&content.bytes);
        // Its parts are read next, and may have to wait for what this one holds.
        drop(content);
        let mentions = mentions.ok_or_else(|| unknown("a manifest could not be understood"))?;
        let mut needs = mentions.iter().any(|mention| mention.is(digest));
        for part in mentions.iter().filter(|mention| mention.could_need(digest)) {
            needs = needs || self.part_needs(part, digest, known).await?;
        }
        known.insert(own, needs);
        Ok(Some(needs))
    }

    /// Whether a part of an index needs a digest. One that is not there needs nothing: not every part is pushed.
    async fn part_needs(&self, part: &Mention, digest: &Digest, known: &mut Known) -> Result<bool, Stop> {
        let part = Digest::parse(&part.digest).map_err(|_| unknown("an index lists what is no digest"))?;
        if let Some(needs) = known.get(&part) {
            return Ok(*needs);
        }
        Ok(Box::pin(self.needs(&Reference::Digest(part), digest, known)).await?.unwrap_or(false))
    }

    fn path(&self, reference: &Reference) -> String {
        Route::Manifest(self.repository.clone(), reference.clone()).path()
    }

    /// Asks the registry to read something. `None` where it is not there.
    async fn ask(&self, method: Method, path: &str) -> Result<Option<Response<Incoming>>, Stop> {
        let mut headers = self.headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static(KINDS));
        let answer = self.upstream.read(method, path, headers, Some(self.limit)).await;
        let answer = answer.map_err(|error| Stop::Unknown(error.to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer)),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(refused(&answer, "UNAUTHORIZED", "the registry wants to know who asks")),
            StatusCode::FORBIDDEN => {
                Err(refused(&answer, "DENIED", "the registry does not let you read what the tag is now"))
            }
            StatusCode::TOO_MANY_REQUESTS => Err(refused(&answer, "TOOMANYREQUESTS", "the registry asks to wait")),
            status => Err(Stop::Unknown(format!("the registry answered {status}"))),
        }
    }
}

/// The registry's refusal, with what the client needs to come back with what was missing.
fn refused(answer: &Response<Incoming>, code: &'static str, message: &str) -> Stop {
    let mut problem = Problem::new(answer.status(), code, message);
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        for value in answer.headers().get_all(&name) {
            problem = problem.header(name.clone(), value.clone());
        }
    }
    Stop::Refused(problem)
}

fn unknown(why: &str) -> Stop {
    Stop::Unknown(why.to_owned())
}
