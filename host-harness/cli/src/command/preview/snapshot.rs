//! A snapshot of a registry: the digest of each tag, a line of JSON for each.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tagseal_distribution::inventory::{Inventory, InventoryError, Page};
use tagseal_distribution::reference::{Repository, Tag};
use tokio::task::JoinSet;

use crate::command::fault::Fault;

/// How many tags are asked about at the same time.
const MAX_OPEN_REQUESTS: usize = 8;

/// A snapshot that is being written. Its file appears under its name only when it is whole.
pub(super) struct SnapshotWriter {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
}

/// Why a snapshot could not be written.
pub(super) enum SnapshotError {
    Registry(InventoryError),
    File(PathBuf, io::Error),
}

/// A line of a snapshot.
#[derive(Serialize)]
struct SnapshotLine<'a> {
    repository: &'a str,
    tag: &'a str,
    digest: &'a str,
}

impl SnapshotWriter {
    pub(super) fn create(path: &Path) -> Result<Self, Fault> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|error| Fault::file("write", &partial, &error))?;
        Ok(Self { path: path.to_owned(), partial, file: BufWriter::new(file) })
    }

    /// Reads the digest of each tag of a page, and writes it. A tag that was deleted meanwhile is left out.
    pub(super) async fn write_page(
        &mut self,
        inventory: &Inventory,
        repository: &Repository,
        page: &Page,
    ) -> Result<(), SnapshotError> {
        let tags: Vec<Tag> = page.names().filter_map(|name| Tag::parse(name).ok()).collect();
        for batch in tags.chunks(MAX_OPEN_REQUESTS) {
            let mut asked = JoinSet::new();
            for (index, tag) in batch.iter().cloned().enumerate() {
                let (inventory, repository) = (inventory.clone(), repository.clone());
                asked.spawn(async move { (index, inventory.digest(&repository, &tag).await) });
            }
            let mut digests = asked.join_all().await;
            digests.sort_by_key(|(index, _)| *index);
            for (tag, (_, digest)) in batch.iter().zip(digests) {
                if let Some(digest) = digest.map_err(SnapshotError::Registry)? {
                    self.write(repository, tag, digest.as_str())
                        .map_err(|error| SnapshotError::File(self.partial.clone(), error))?;
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, repository: &Repository, tag: &Tag, digest: &str) -> io::Result<()> {
        let line = SnapshotLine { repository: repository.as_str(), tag: tag.as_str(), digest };
        serde_json::to_writer(&mut self.file, &line)?;
        writeln!(self.file)
    }

    /// Gives the file its name.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        let kept = self.file.flush().and_then(|()| fs::rename(&self.partial, &self.path));
        kept.map_err(|error| Fault::file("write", &self.path, &error))
    }
}
