//! Constructors of events.

use crate::contract::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

impl Event {
    /// A manifest is about to be stored. Add each tag that it gets with [`Event::tag`]. Without one, it is a push by digest.
    ///
    /// ```
    /// use tagseal::contract::{Current, Event};
    ///
    /// let digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    /// let event = Event::write("prod/app", digest).tag("v1", Current::Absent);
    /// ```
    pub fn write(repository: impl Into<String>, digest: impl Into<String>) -> Self {
        let write = Write { repository: repository.into(), digest: digest.into(), tags: Vec::new() };
        Self::from(Operation::Write(write))
    }

    /// A tag is about to be deleted.
    pub fn delete_tag(repository: impl Into<String>, tag: impl Into<String>) -> Self {
        Self::from(Operation::DeleteTag(DeleteTag { repository: repository.into(), tag: tag.into(), remembers: false }))
    }

    /// A manifest is about to be deleted, with the tags that need it.
    pub fn delete_manifest(repository: impl Into<String>, digest: impl Into<String>, tags: ManifestTags) -> Self {
        let (repository, digest) = (repository.into(), digest.into());
        let delete = DeleteManifest { repository, digest, tags, remembers: false };
        Self::from(Operation::DeleteManifest(delete))
    }

    /// Adds a tag that a write sets, with what it is now. A delete stays as it is.
    pub fn tag(mut self, tag: impl Into<String>, current: Current) -> Self {
        if let Operation::Write(write) = &mut self.operation {
            write.tags.push(TagWrite { tag: tag.into(), current });
        }
        self
    }

    /// Says that the host will remember the digests of the tags that a delete removes. A write stays as it is.
    pub fn remembered(mut self) -> Self {
        match &mut self.operation {
            Operation::Write(_) => {}
            Operation::DeleteTag(delete) => delete.remembers = true,
            Operation::DeleteManifest(delete) => delete.remembers = true,
        }
        self
    }

    /// Adds a fact about the request to the context, such as `actor`.
    pub fn context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }
}

/// An event without context.
impl From<Operation> for Event {
    fn from(operation: Operation) -> Self {
        Self { operation, context: Vec::new() }
    }
}
