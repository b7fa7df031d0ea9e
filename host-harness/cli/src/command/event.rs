//! One event, given by flags.

use clap::Args;
use serde_json::{Value, json};

use super::clock::UtcTime;
use super::fault::Fault;
use super::reference::{DigestReference, LeftOut, Reading, ReferenceError, TagReference, parse_repository};

/// One event by flags, instead of a file of events.
#[derive(Args)]
#[command(next_help_heading = "One event instead of a file")]
pub(crate) struct Flags {
    /// Do not take the first component of a repository for a registry's host
    #[arg(long, requires = "event")]
    literal: bool,
    /// The time of the event, which decides whether an override is active [default: now]
    #[arg(long, value_name = "TIME", value_parser = UtcTime::parse, requires = "event")]
    time: Option<UtcTime>,
    /// Push a tag; without `:TAG`, push by digest alone
    #[arg(long, value_name = "REPOSITORY:TAG", requires = "digest", group = "event")]
    write: Option<String>,
    /// The digest of what is pushed
    #[arg(long, requires = "write")]
    digest: Option<String>,
    /// What the tag is now: a digest, `absent`, or `unknown`
    #[arg(long, value_name = "DIGEST|absent|unknown", requires = "write")]
    current: Option<String>,
    /// Delete a tag
    #[arg(long, value_name = "REPOSITORY:TAG", group = "event")]
    delete: Option<String>,
    /// Delete a manifest, and its tags with it
    #[arg(long, value_name = "REPOSITORY@DIGEST", group = "event", requires = "known")]
    delete_manifest: Option<String>,
    /// All tags of the manifest, with commas between; `--tags=` if it has none
    #[arg(long, value_name = "TAG,TAG", requires = "delete_manifest", group = "known")]
    tags: Option<String>,
    /// The tags of the manifest are not known
    #[arg(long, requires = "delete_manifest", group = "known")]
    tags_unknown: bool,
}

/// An event, and what its author should know about it.
pub(crate) struct FlagEvent {
    /// As a line of JSON.
    pub(crate) json: String,
    /// The repository of the event.
    pub(crate) repository: String,
    /// The host that was left out of the reference, and might be a namespace.
    pub(crate) likely_host: Option<String>,
    /// What was left out of the reference.
    pub(crate) notes: Vec<String>,
}

impl Flags {
    /// Returns the event, or `None` without flags.
    ///
    /// # Errors
    ///
    /// - `--write prod/app:v1` without `--current`: the decision depends on what the tag is now
    /// - `--write prod/app --current absent`: there is no tag that could be absent
    /// - `--current Absent`: not what a tag can be
    /// - `--delete prod/app`, `--delete-manifest prod/app:v1`: no tag, no digest
    /// - `--tags v1,`: an empty tag
    pub(crate) fn event(&self) -> Result<Option<FlagEvent>, Fault> {
        let (name, fields, left_out) = if let (Some(target), Some(digest)) = (&self.write, &self.digest) {
            let (fields, left_out) = self.write(target, digest)?;
            ("write", fields, left_out)
        } else if let Some(target) = &self.delete {
            let read = self.tag(target)?;
            ("delete-tag", json!({ "repository": read.repository, "tag": read.tag }), read.left_out)
        } else if let Some(target) = &self.delete_manifest {
            let read = DigestReference::parse(target, self.reading()).ok_or_else(|| {
                Fault::usage(format!("`--delete-manifest {target}` does not name a digest"))
                    .help("write it as in `prod/app@sha256:…`")
            })?;
            let fields = json!({ "repository": read.repository, "digest": read.digest, "tags": self.manifest_tags()? });
            ("delete-manifest", fields, read.left_out)
        } else {
            return Ok(None);
        };
        let time = self.time.unwrap_or_else(UtcTime::now);
        let json = json!({ name: fields, "context": { "time": time.to_string() } }).to_string();
        let repository = fields.get("repository").and_then(Value::as_str).unwrap_or_default().to_owned();
        let likely_host = left_out.likely_host().map(str::to_owned);
        Ok(Some(FlagEvent { json, repository, likely_host, notes: left_out.notes().collect() }))
    }

    fn write<'a>(&self, target: &'a str, digest: &str) -> Result<(Value, LeftOut<'a>), Fault> {
        let (repository, tags, left_out) = match (TagReference::parse(target, self.reading()), &self.current) {
            (Ok(read), Some(current)) => {
                let current = Self::current(current)?;
                (read.repository, vec![json!({ "tag": read.tag, "current": current })], read.left_out)
            }
            (Err(ReferenceError::NoTag), None) => {
                let (repository, left_out) = parse_repository(target, self.reading());
                (repository, Vec::new(), left_out)
            }
            (Ok(_), None) => {
                return Err(Fault::usage(format!("the flags do not say what `{target}` is now"))
                    .help("add `--current` with its digest, `absent` or `unknown`"));
            }
            (Err(ReferenceError::NoTag), Some(_)) => {
                return Err(Fault::usage(format!(
                    "`--write {target}` does not name the tag that `--current` is about"
                ))
                .help("write it as in `prod/app:v1`"));
            }
            (Err(error), _) => return Err(error.fault(target)),
        };
        Ok((json!({ "repository": repository, "digest": digest, "tags": tags }), left_out))
    }

    fn tag<'a>(&self, target: &'a str) -> Result<TagReference<'a>, Fault> {
        TagReference::parse(target, self.reading()).map_err(|error| error.fault(target))
    }

    fn reading(&self) -> Reading {
        if self.literal { Reading::Literal } else { Reading::Pasted }
    }

    /// The tags of the manifest. An empty name among others is an error: a variable of a script may have been empty, and a
    /// manifest without tags would be allowed to go.
    fn manifest_tags(&self) -> Result<Value, Fault> {
        let Some(list) = &self.tags else { return Ok(json!("unknown")) };
        if list.is_empty() {
            return Ok(json!([]));
        }
        let tags: Vec<&str> = list.split(',').collect();
        if tags.contains(&"") {
            return Err(Fault::usage(format!("`--tags {list}` has an empty tag in its list"))
                .help("write every tag, as in `--tags v1,latest`, or `--tags=` if the manifest has none"));
        }
        Ok(json!(tags))
    }

    /// What the tag is now, as a flag gives it.
    fn current(current: &str) -> Result<&str, Fault> {
        if matches!(current, "absent" | "unknown") || current.contains(':') {
            return Ok(current);
        }
        Err(Fault::usage(format!("`--current {current}` is not a digest, `absent` or `unknown`"))
            .help("write the digest of the tag as in `sha256:…`, with all its digits, or one of the two words"))
    }
}
