//! Tags of a registry, walked repository by repository.

use hyper::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use tagseal_distribution::inventory::{Inventory, InventoryError, List, Page};
use tagseal_distribution::reference::Repository;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::report::{BATCH_TAGS, Report};
use super::snapshot::{SnapshotError, SnapshotWriter};
use crate::command::fault::Fault;
use crate::command::registry_flags::NamedRegistry;
use crate::command::tag_state::NamedTag;
use crate::command::terminal::count;

/// How many repositories are read at the same time.
const MAX_OPEN_REPOSITORIES: usize = 8;

/// A registry that is walked, and the snapshot that is written on the way.
pub(super) struct Walk {
    pub(super) registry: NamedRegistry,
    pub(super) snapshot: Option<SnapshotWriter>,
}

/// How far a walk is.
struct WalkProgress {
    address: String,
    /// Whether the registry named the repositories, not the user.
    is_listed: bool,
    snapshot: Option<SnapshotWriter>,
    /// How many repositories were walked.
    walked: u64,
    /// On a terminal only.
    bar: ProgressBar,
}

/// What is found on the way. The last message is `End`: without it, the list was cut short.
enum Found {
    /// A repository, and its pages as they come: none at the end.
    Repository(Repository, Receiver<Result<Option<Page>, InventoryError>>),
    /// How many names are not valid.
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
        let Self { registry, snapshot } = self;
        registry.check().await?;
        let NamedRegistry { address, inventory, named, .. } = registry;
        let mut progress = WalkProgress::new(address, named.is_empty(), snapshot);
        let (sender, mut found) = channel(MAX_OPEN_REPOSITORIES);
        tokio::spawn(find(inventory.clone(), named, sender, progress.bar.clone()));
        while let Some(found) = found.recv().await {
            match found {
                Found::Repository(repository, pages) => progress.walk(&inventory, &repository, pages, report).await?,
                Found::Illegal(names) => report.pass_over(names),
                Found::Failed(error) => return Err(progress.unlisted(&error, report)),
                Found::End => return progress.finish(),
            }
        }
        Err(Fault::failed("the list of repositories broke off"))
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
                    found.send(Found::Illegal(page.invalid)).await.ok()?;
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

impl WalkProgress {
    fn new(address: String, is_listed: bool, snapshot: Option<SnapshotWriter>) -> Self {
        let style = ProgressStyle::with_template("[{bar:30}] {pos} of {len} repositories, {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style).with_message(count(0, "tag"));
        Self { address, is_listed, snapshot, walked: 0, bar }
    }

    /// Reports the tags of a repository.
    async fn walk(
        &mut self,
        inventory: &Inventory,
        repository: &Repository,
        mut pages: Receiver<Result<Option<Page>, InventoryError>>,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let mut is_first = true;
        loop {
            match pages.recv().await {
                Some(Ok(Some(page))) => {
                    self.see(repository, &page, report)?;
                    if let Some(snapshot) = &mut self.snapshot {
                        let written = snapshot.write_page(inventory, repository, &page).await;
                        written.map_err(|error| self.snapshot_failed(repository, &error, report))?;
                    }
                }
                Some(Ok(None)) => break,
                // The repository is listed, but has no tag, or was deleted meanwhile.
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
        report.pass_over(page.invalid);
        let mut names = page.names();
        loop {
            let tags = names.by_ref().take(BATCH_TAGS).map(|tag| NamedTag { repository: repository.as_str(), tag });
            let tags: Vec<_> = tags.collect();
            if tags.is_empty() {
                return Ok(());
            }
            report.see(&tags)?;
            self.bar.set_message(count(report.tags(), "tag"));
            self.bar.suspend(|| report.flush())?;
        }
    }

    /// Keeps the snapshot, which is whole now.
    fn finish(&mut self) -> Result<(), Fault> {
        self.snapshot.take().map_or(Ok(()), SnapshotWriter::finish)
    }

    fn snapshot_failed(&self, repository: &Repository, error: &SnapshotError, report: &Report) -> Fault {
        match error {
            SnapshotError::Registry(error) => self.unread(repository, error, report),
            SnapshotError::File(path, error) => Fault::file("write", path, error),
        }
    }

    /// The list of repositories can't be read.
    fn unlisted(&self, error: &InventoryError, report: &Report) -> Fault {
        let fault =
            Fault::usage(format!("the registry's repositories can't be listed: {error}{}", self.so_far(report)));
        let name_them = "name the repositories, `--repository NAME` for each";
        match self.help(error) {
            Some(help) => fault.help(format!("{help}; or {name_them}")),
            None => fault.help(name_them),
        }
    }

    /// The tags of a repository can't be read.
    fn unread(&self, repository: &Repository, error: &InventoryError, report: &Report) -> Fault {
        let so_far = self.so_far(report);
        let fault = Fault::usage(format!("the tags of `{repository}` can't be read: {error}{so_far}"));
        match self.help(error) {
            Some(help) => fault.help(help),
            None if is_unknown(error) => fault.help("give the name of a repository that exists"),
            None => fault,
        }
    }

    /// How far the walk came before it failed.
    fn so_far(&self, report: &Report) -> String {
        match (report.tags(), self.walked) {
            (0, 0) => String::new(),
            (tags, walked) => {
                let repositories = if walked == 1 { "repository" } else { "repositories" };
                format!("; only a part was shown: {} and {walked} whole {repositories}", count(tags, "tag"))
            }
        }
    }

    fn help(&self, error: &InventoryError) -> Option<String> {
        let host = self.address.split_once("://").map_or(self.address.as_str(), |(_, host)| host.trim_end_matches('/'));
        let flags = "`--username` and `--password-stdin`";
        match error {
            InventoryError::Answer {
                status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN,
                has_credential: false,
                ..
            }
            | InventoryError::Token(..) => Some(format!("log in with `docker login {host}`, or give {flags}")),
            InventoryError::Answer { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                Some(format!("log in as a user who may read it: {flags}"))
            }
            InventoryError::Login(_) => Some(format!("fix the file, or give {flags}")),
            InventoryError::Answer { status, .. } if status.is_redirection() => {
                Some("give the address that the answer redirects to".to_owned())
            }
            _ => None,
        }
    }
}

impl Drop for WalkProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether a registry says that there is no such repository, in a registry's words.
fn is_unknown(error: &InventoryError) -> bool {
    matches!(error, InventoryError::Answer { status: StatusCode::NOT_FOUND, reason: Some(_), .. })
}
