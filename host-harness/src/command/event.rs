//! One event, told by flags.

use clap::Args;
use serde_json::{Value, json};

use super::fault::Fault;

/// One event by flags, instead of a file of events.
#[derive(Args)]
#[command(next_help_heading = "One event instead of a file")]
pub(crate) struct Flags {
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
    #[arg(long, value_name = "TAG,TAG", value_delimiter = ',', requires = "delete_manifest", group = "known")]
    tags: Option<Vec<String>>,
    /// The tags of the manifest are not known
    #[arg(long, requires = "delete_manifest", group = "known")]
    tags_unknown: bool,
}

impl Flags {
    /// The event, as a line of JSON. None without flags.
    ///
    /// # Errors
    ///
    /// - `--write prod/app:v1` without `--current`: what the tag is now decides
    /// - `--write prod/app --current absent`: there is no tag that could be absent
    /// - `--delete prod/app`, `--delete-manifest prod/app:v1`: no tag, no digest
    pub(crate) fn event(&self) -> Result<Option<String>, Fault> {
        let event = if let (Some(target), Some(digest)) = (&self.write, &self.digest) {
            self.write(target, digest)?
        } else if let Some(target) = &self.delete {
            let (repository, tag) = parts(target, ':', "--delete", "prod/app:v1")?;
            json!({ "delete-tag": { "repository": repository, "tag": tag } })
        } else if let Some(target) = &self.delete_manifest {
            let (repository, digest) = parts(target, '@', "--delete-manifest", "prod/app@sha256:…")?;
            json!({ "delete-manifest": { "repository": repository, "digest": digest, "tags": self.manifest_tags() } })
        } else {
            return Ok(None);
        };
        Ok(Some(event.to_string()))
    }

    fn write(&self, target: &str, digest: &str) -> Result<Value, Fault> {
        let (repository, tags) = match (target.rsplit_once(':'), &self.current) {
            (Some((repository, tag)), Some(current)) => (repository, vec![json!({ "tag": tag, "current": current })]),
            (None, None) => (target, Vec::new()),
            (Some(_), None) => {
                return Err(Fault::usage(format!("what `{target}` is now is not given"))
                    .mend("add `--current` with its digest, `absent` or `unknown`"));
            }
            (None, Some(_)) => {
                return Err(Fault::usage(format!("`--write {target}` names no tag that `--current` could be about"))
                    .mend("write it as in `prod/app:v1`"));
            }
        };
        Ok(json!({ "write": { "repository": repository, "digest": digest, "tags": tags } }))
    }

    fn manifest_tags(&self) -> Value {
        match &self.tags {
            Some(tags) if tags.iter().all(String::is_empty) => json!([]),
            Some(tags) => json!(tags),
            None => json!("unknown"),
        }
    }
}

fn parts<'a>(target: &'a str, between: char, flag: &str, example: &str) -> Result<(&'a str, &'a str), Fault> {
    let parts = if between == ':' { target.rsplit_once(between) } else { target.split_once(between) };
    parts.ok_or_else(|| {
        Fault::usage(format!("`{flag} {target}` lacks a `{between}`")).mend(format!("write it as in `{example}`"))
    })
}
