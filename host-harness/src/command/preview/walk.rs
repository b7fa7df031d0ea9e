//! Tags of a registry, walked repository by repository.

use hyper::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use tagseal::gateway::{Reached, Upstream};
use tagseal::inventory::{Inventory, InventoryError, List, Page, Repository};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::report::{AT_ONCE, Report};
use super::verdict::Named;
use crate::command::fault::Fault;
use crate::command::terminal::count;

/// Repositories whose tags are read at one time.
const AT_ONE_TIME: usize = 8;

/// A registry, and what of it is to be walked.
pub(super) struct Walk {
    /// As people wrote it.
    pub(super) address: String,
    pub(super) upstream: Upstream,
    pub(super) inventory: Inventory,
    /// All that the registry lists, if none is named.
    pub(super) named: Vec<Repository>,
}

/// How far a walk is.
struct Course {
    address: String,
    /// Whether the registry named the repositories, not the user.
    is_listed: bool,
    /// Repositories that were walked.
    walked: u64,
    /// On a terminal only.
    bar: ProgressBar,
}

/// What is found on the way. A list says that it ends: one whose reader is gone before that has not ended well.
enum Found {
    /// A repository, and its pages as they come: none at the end.
    Repository(Repository, Receiver<Result<Option<Page>, InventoryError>>),
    /// So many names that are none.
    Illegal(u64),
    /// The list of repositories can't be read on.
    Failed(InventoryError),
    End,
}

impl Walk {
    /// Reports what the policy says of each tag, in the order of the registry's lists.
    ///
    /// A page of each of the next few repositories is read ahead, and nothing else is kept.
    pub(super) async fn report(self, report: &mut Report) -> Result<(), Fault> {
        self.check().await?;
        let mut course = Course::new(self.address, self.named.is_empty());
        let (sender, mut found) = channel(AT_ONE_TIME);
        tokio::spawn(find(self.inventory, self.named, sender, course.bar.clone()));
        while let Some(found) = found.recv().await {
            match found {
                Found::Repository(repository, pages) => course.walk(&repository, pages, report).await?,
                Found::Illegal(names) => report.pass_over(names),
                Found::Failed(error) => return Err(course.unlisted(&error, report)),
                Found::End => return Ok(()),
            }
        }
        Err(Fault::failed("the list of repositories broke off"))
    }

    /// What is no registry is a mistake, and told at once.
    async fn check(&self) -> Result<(), Fault> {
        match self.upstream.check().await {
            Reached::Registry => Ok(()),
            Reached::Other(what) => Err(Fault::usage(format!("there is no registry at `{}`: {what}", self.address))
                .mend("name the address under which `/v2/` is the registry's")),
            Reached::Nothing(why) => Err(Fault::usage(format!("no registry answers at `{}`: {why}", self.address))
                .mend("name the address of a registry that is up")),
        }
    }
}

/// Finds repositories, and has the tags of the next few read. Ends when nobody listens any more.
async fn find(inventory: Inventory, named: Vec<Repository>, found: Sender<Found>, bar: ProgressBar) -> Option<()> {
    if named.is_empty() {
        let mut catalogue = inventory.repositories();
        loop {
            match catalogue.next().await {
                Ok(Some(page)) => {
                    let repositories: Vec<_> = page.names().filter_map(|name| Repository::parse(name).ok()).collect();
                    found.send(Found::Illegal(page.illegal)).await.ok()?;
                    offer(&inventory, repositories, &found, &bar).await?;
                }
                Ok(None) => break,
                Err(error) => return found.send(Found::Failed(error)).await.ok(),
            }
        }
    }
    offer(&inventory, named, &found, &bar).await?;
    found.send(Found::End).await.ok()
}

/// Has the tags of repositories read, each once there is room for it.
async fn offer(
    inventory: &Inventory,
    repositories: Vec<Repository>,
    found: &Sender<Found>,
    bar: &ProgressBar,
) -> Option<()> {
    bar.inc_length(repositories.len() as u64);
    for repository in repositories {
        let room = found.reserve().await.ok()?;
        let (sender, pages) = channel(1);
        tokio::spawn(read(inventory.tags(&repository), sender));
        room.send(Found::Repository(repository, pages));
    }
    Some(())
}

/// Reads a list to its end, each page once there is room for it.
async fn read(mut list: List, pages: Sender<Result<Option<Page>, InventoryError>>) {
    let mut goes_on = true;
    while goes_on {
        let Ok(room) = pages.reserve().await else { return };
        let page = list.next().await;
        goes_on = matches!(page, Ok(Some(_)));
        room.send(page);
    }
}

impl Course {
    fn new(address: String, is_listed: bool) -> Self {
        let style = ProgressStyle::with_template("[{bar:30}] {pos} of {len} repositories, {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style).with_message(count(0, "tag"));
        Self { address, is_listed, walked: 0, bar }
    }

    /// Reports the tags of a repository.
    async fn walk(
        &mut self,
        repository: &Repository,
        mut pages: Receiver<Result<Option<Page>, InventoryError>>,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let mut is_first = true;
        loop {
            match pages.recv().await {
                Some(Ok(Some(page))) => self.see(repository, &page, report)?,
                Some(Ok(None)) => break,
                // Listed, but without a tag, or gone meanwhile. In the midst of its tags that would be no end.
                Some(Err(error)) if is_first && self.is_listed && is_unknown(&error) => break,
                Some(Err(error)) => return Err(self.unread(repository, &error, report)),
                None => return Err(Fault::failed(format!("the list of tags of `{repository}` broke off"))),
            }
            is_first = false;
        }
        self.walked += 1;
        self.bar.inc(1);
        Ok(())
    }

    fn see(&self, repository: &Repository, page: &Page, report: &mut Report) -> Result<(), Fault> {
        report.pass_over(page.illegal);
        let mut names = page.names();
        loop {
            let tags = names.by_ref().take(AT_ONCE).map(|tag| Named { repository: repository.as_str(), tag });
            let tags: Vec<_> = tags.collect();
            if tags.is_empty() {
                return Ok(());
            }
            report.see(&tags)?;
            self.bar.set_message(count(report.tags(), "tag"));
            self.bar.suspend(|| report.flush())?;
        }
    }

    /// The list of repositories can't be read.
    fn unlisted(&self, error: &InventoryError, report: &Report) -> Fault {
        let fault =
            Fault::usage(format!("the registry's repositories can't be listed: {error}{}", self.so_far(report)));
        let name_them = "name the repositories, `--repository NAME` for each";
        match self.mend(error) {
            Some(mend) => fault.mend(format!("{mend}; or {name_them}")),
            None => fault.mend(name_them),
        }
    }

    /// The tags of a repository can't be read.
    fn unread(&self, repository: &Repository, error: &InventoryError, report: &Report) -> Fault {
        let so_far = self.so_far(report);
        let fault = Fault::usage(format!("the tags of `{repository}` can't be read: {error}{so_far}"));
        match self.mend(error) {
            Some(mend) => fault.mend(mend),
            None if is_unknown(error) => fault.mend("name a repository that is there"),
            None => fault,
        }
    }

    /// How far it came: what was told is true, but not all there is.
    fn so_far(&self, report: &Report) -> String {
        match (report.tags(), self.walked) {
            (0, 0) => String::new(),
            (tags, walked) => {
                let repositories = if walked == 1 { "repository" } else { "repositories" };
                format!("; what was shown is not all: {} and {walked} whole {repositories}", count(tags, "tag"))
            }
        }
    }

    fn mend(&self, error: &InventoryError) -> Option<String> {
        let host = self.address.split_once("://").map_or(self.address.as_str(), |(_, host)| host.trim_end_matches('/'));
        let flags = "`--username` and `--password-stdin`";
        match error {
            InventoryError::Answer {
                status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, knows: false, ..
            }
            | InventoryError::Token(..) => Some(format!("log in with `docker login {host}`, or give {flags}")),
            InventoryError::Answer { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                Some(format!("ask as somebody who may read it: {flags}"))
            }
            InventoryError::Login(_) => Some(format!("mend the file, or give {flags}")),
            InventoryError::Answer { status, .. } if status.is_redirection() => {
                Some("name the address where that leads".to_owned())
            }
            _ => None,
        }
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether a registry says that there is no such repository, in a registry's words.
fn is_unknown(error: &InventoryError) -> bool {
    matches!(error, InventoryError::Answer { status: StatusCode::NOT_FOUND, reason: Some(_), .. })
}
