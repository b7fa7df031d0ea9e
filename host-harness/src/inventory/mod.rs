//! What a registry holds: its repositories and their tags, read page by page.
//!
//! Nothing is kept but the page at hand, and no page is larger than 16 MiB, so a registry of any size is walked in the
//! same memory. A [`List`] is read to its end or ends in an error: what is left out is never taken for what is not there.

mod access;
mod challenge;
mod credential;

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::gateway::Upstream;
use crate::gateway::pages::{Astray, Pages};
use crate::gateway::upstream;
use access::Access;

pub use crate::gateway::reference::{ReferenceError, Repository, Tag};
pub use access::Login;
pub use credential::LoginError;

/// Most bytes of one page. Some registries give all tags at once: these are some 400,000 of usual length.
const MOST_PAGE: usize = 16 << 20;
/// How long a page may take to come, once its answer has begun.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a registry holds.
#[derive(Clone, Debug)]
pub struct Inventory(Arc<Access>);

/// A list that is read page by page.
#[derive(Debug)]
pub struct List {
    access: Arc<Access>,
    /// None at the end.
    pages: Option<Pages>,
    is_legal: fn(&str) -> bool,
    /// What the registry wants to see of who asks for this list.
    pass: Option<HeaderValue>,
}

/// A page of a list. Its names are legal; others are counted, and never shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// One a line: a list of millions is not millions of strings.
    lines: String,
    /// How many names were none.
    pub illegal: u64,
}

/// Why a list could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// No answer came: why.
    #[error("{0}")]
    NoAnswer(String),
    /// The registry answered something else than a page.
    #[error("the registry answered {status}{}", in_brackets(.reason))]
    Answer {
        /// Its status.
        status: StatusCode,
        /// What it said for a reason. It can be any text.
        reason: Option<String>,
        /// Whether it was told who asks.
        knows: bool,
    },
    /// The page could not be read, or is none: why.
    #[error("a page could not be read: {0}")]
    Page(String),
    /// The list goes on elsewhere, or for ever.
    #[error("the list {0}")]
    Astray(String),
    /// Whoever logged in with other tools can't be found out.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The server that gives out tokens for the registry gave none: where it is, and why.
    #[error("`{0}`, which gives out tokens for the registry, gave none: {1}")]
    Token(String, String),
}

impl Inventory {
    /// What the registry at an address holds, for whoever asks. It is not asked anything yet.
    pub fn new(registry: Upstream, login: Login) -> Self {
        Self(Arc::new(Access::new(registry, login)))
    }

    /// Its repositories. Not every registry lists them, and not to everybody.
    pub fn repositories(&self) -> List {
        self.list(Pages::of_repositories(), |name| Repository::parse(name).is_ok())
    }

    /// The tags of a repository.
    pub fn tags(&self, repository: &Repository) -> List {
        self.list(Pages::of_tags(repository), |name| Tag::parse(name).is_ok())
    }

    fn list(&self, pages: Pages, is_legal: fn(&str) -> bool) -> List {
        List { access: Arc::clone(&self.0), pages: Some(pages), is_legal, pass: None }
    }
}

impl List {
    /// The next page. None at the end.
    ///
    /// # Errors
    ///
    /// A page can't be read, is larger than 16 MiB, or comes again; the list goes on elsewhere; the registry answers
    /// anything but a page. The list is then not known.
    pub async fn next(&mut self) -> Result<Option<Page>, InventoryError> {
        let Some(mut pages) = self.pages.take() else { return Ok(None) };
        let answer = self.access.read(&pages.target(), &mut self.pass).await?;
        if answer.status() != StatusCode::OK {
            return Err(access::refusal(answer, self.access.knows()).await);
        }
        let at_hand = pages.clone();
        let more = pages.turn(answer.headers())?;
        let page = upstream::read(answer.into_body(), MOST_PAGE, PATIENCE).await;
        let page = page.map_err(|unread| InventoryError::Page(unread.to_string()))?;
        let page = Page::read(&page.bytes, &at_hand, self.is_legal)?;
        self.pages = more.then_some(pages);
        Ok(Some(page))
    }
}

impl Page {
    fn read(bytes: &[u8], pages: &Pages, is_legal: fn(&str) -> bool) -> Result<Self, InventoryError> {
        let mut page = Self::default();
        let found = pages.names(bytes, &mut |name| {
            if is_legal(name) {
                page.lines.extend([name, "\n"]);
            } else {
                page.illegal += 1;
            }
        });
        match found {
            Ok(true) => Ok(page),
            Ok(false) => Err(InventoryError::Page("it holds no list".to_owned())),
            Err(error) => Err(InventoryError::Page(error.to_string())),
        }
    }

    /// Its names, in the order of the registry.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.lines()
    }
}

impl From<Astray> for InventoryError {
    fn from(astray: Astray) -> Self {
        Self::Astray(astray.to_string())
    }
}

fn in_brackets(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}
