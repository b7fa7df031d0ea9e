//! `tagseal drift`: immutable tags of a registry that are not what they were in a snapshot, or what a ledger says.

mod expected_tag;
mod ledger_tags;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use tagseal_distribution::inventory::InventoryError;
use tagseal_distribution::reference::{Digest, Repository, Tag};
use tagseal_gateway::Place;
use tokio::task::JoinSet;

use super::Ending;
use super::clock::UtcTime;
use super::document::{component, is_standard_input, open};
use super::fault::Fault;
use super::json_lines::{Line, Lines};
use super::registry_flags::{NamedRegistry, RegistryFlags};
use super::runtime::new_runtime;
use super::tag_state::{NamedTag, PreviewPolicy};
use super::terminal::{BAD, Format, GOOD, count, printable};
use expected_tag::ExpectedTag;
use ledger_tags::LedgerTags;

/// Shows which immutable tags of a registry were moved or deleted since a snapshot, or without the gateway
///
/// A snapshot is written by `tagseal preview --snapshot FILE`. With `--ledger`, the tags are those that the ledger of a gateway knows,
/// and the gateway may run meanwhile; nothing is changed. Every tag that the policy makes immutable, or every tag where there is no
/// policy, is looked up, which costs one request per tag. Exits 1 if any of them has another digest now, is gone, or is there again
/// though it was deleted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal drift policy.json --registry https://registry.example --since before.jsonl
  tagseal preview policy.json --registry https://registry.example --snapshot before.jsonl
  tagseal drift --ledger ledger.db --registry https://registry.example --registry-credential login")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json", required_unless_present = "ledger")]
    policy: Option<PathBuf>,
    /// The snapshot
    #[arg(long, value_name = "SNAPSHOT", required_unless_present = "ledger", conflicts_with = "ledger")]
    since: Option<PathBuf>,
    /// The file or the database of a gateway's ledger, as `tagseal serve --ledger` names it, instead of a snapshot
    #[arg(long, value_name = "FILE|URL")]
    ledger: Option<Place>,
    /// The form of the output. JSON is one object a line, and the last line has the counts
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// How many tags are looked up at the same time.
const BATCH_TAGS: usize = 64;

/// A tag that is not what it was.
#[derive(Serialize)]
struct Drifted<'a> {
    drift: Drift,
    repository: &'a str,
    tag: &'a str,
    was: &'a str,
    is: Option<&'a str>,
}

/// What happened to a tag.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Drift {
    /// It has another digest.
    Moved,
    /// It does not exist any more.
    Vanished,
    /// It was deleted, and is there again.
    Returned,
}

/// How many tags were compared, and the result.
#[derive(Default, Serialize)]
struct DriftCounts {
    tags: u64,
    immutable: u64,
    moved: u64,
    vanished: u64,
    /// How many are there again. Only a ledger knows of tags that were deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    if [&arguments.policy, &arguments.since].into_iter().flatten().filter(|path| is_standard_input(path)).count() > 1 {
        let fault = Fault::usage("policy and snapshot can't both be standard input");
        return Err(fault.help("name a file for one of them"));
    }
    // A snapshot that can't be read is an error whatever the registry answers.
    let snapshot = arguments.since.as_deref().map(|since| open(since).map(|text| (since, text))).transpose()?;
    let registry = arguments.registry.open()?;
    let registry =
        registry.ok_or_else(|| Fault::usage("the flags do not name a registry").help("add `--registry URL`"))?;
    let read = |policy: &PathBuf| PreviewPolicy::read(policy, &component(file)?, UtcTime::now());
    let policy = arguments.policy.as_ref().map(read).transpose()?;
    let counts = DriftCounts { returned: arguments.ledger.as_ref().map(|_| 0), ..DriftCounts::default() };
    let mut comparison = Comparison { policy, registry, ledger: None, format: arguments.format, counts };
    new_runtime()?.block_on(async {
        comparison.registry.check().await?;
        match (snapshot, &arguments.ledger) {
            (Some((since, snapshot)), _) => comparison.run(since, snapshot).await,
            (None, Some(place)) => comparison.run_ledger(place).await,
            (None, None) => Ok(()),
        }
    })?;
    comparison.end()
}

/// A comparison of a snapshot or a ledger with a registry.
struct Comparison {
    policy: Option<PreviewPolicy>,
    registry: NamedRegistry,
    ledger: Option<LedgerTags>,
    format: Format,
    counts: DriftCounts,
}

impl Comparison {
    async fn run_ledger(&mut self, place: &Place) -> Result<(), Fault> {
        let ledger = LedgerTags::open(place).await?;
        let tags = ledger.read().await?;
        self.ledger = Some(ledger);
        for batch in tags.chunks(BATCH_TAGS) {
            self.compare(batch).await?;
        }
        Ok(())
    }

    async fn run(&mut self, since: &Path, snapshot: Box<dyn Read>) -> Result<(), Fault> {
        let mut lines = Lines::new(snapshot);
        let mut number = 0;
        while let Some(mut ready) = lines.next().map_err(|error| Fault::file("read", since, &error))? {
            loop {
                let batch: Vec<Line<'_>> = ready.by_ref().take(BATCH_TAGS).collect();
                if batch.is_empty() {
                    break;
                }
                let mut tags = Vec::new();
                for line in batch {
                    number += 1;
                    tags.extend(read(line).map_err(|()| not_a_snapshot(since, number))?);
                }
                self.compare(&tags).await?;
            }
        }
        Ok(())
    }

    async fn compare(&mut self, tags: &[ExpectedTag]) -> Result<(), Fault> {
        let named = &self.registry.named;
        let tags: Vec<&ExpectedTag> =
            tags.iter().filter(|tag| named.is_empty() || named.contains(&tag.repository)).collect();
        self.counts.tags += tags.len() as u64;
        let immutable = self.immutable(tags)?;
        self.counts.immutable += immutable.len() as u64;
        for batch in immutable.chunks(MAX_OPEN_REQUESTS) {
            let digests = self.digests(batch).await;
            for (tag, digest) in batch.iter().zip(digests) {
                let digest = digest.map_err(|error| unread(tag, &error))?;
                self.report(tag, digest).await?;
            }
        }
        Ok(())
    }

    /// Returns those of the tags that the policy makes immutable, or all where there is no policy.
    fn immutable<'a>(&self, tags: Vec<&'a ExpectedTag>) -> Result<Vec<&'a ExpectedTag>, Fault> {
        let Some(policy) = &self.policy else { return Ok(tags) };
        let names: Vec<_> = tags.iter().map(|tag| tag.named()).collect();
        let states = policy.states(&names)?;
        let is_immutable = |state: &Option<_>| matches!(state, Some(super::tag_state::TagState { moves: false, .. }));
        Ok(tags.into_iter().zip(&states).filter(|(_, state)| is_immutable(state)).map(|(tag, _)| tag).collect())
    }

    /// The digest of each tag now, in their order.
    async fn digests(&self, tags: &[&ExpectedTag]) -> Vec<Result<Option<Digest>, InventoryError>> {
        let mut asked = JoinSet::new();
        for (index, tag) in tags.iter().enumerate() {
            let inventory = self.registry.inventory.clone();
            let (repository, tag) = (tag.repository.clone(), tag.tag.clone());
            asked.spawn(async move { (index, inventory.digest(&repository, &tag).await) });
        }
        let mut digests = asked.join_all().await;
        digests.sort_by_key(|(index, _)| *index);
        digests.into_iter().map(|(_, digest)| digest).collect()
    }

    async fn report(&mut self, tag: &ExpectedTag, found: Option<Digest>) -> Result<(), Fault> {
        let is = found.as_ref().map(Digest::as_str);
        let drift = match is {
            None if tag.is_gone => return Ok(()),
            Some(_) if tag.is_gone => Drift::Returned,
            Some(is) if is == tag.digest => return Ok(()),
            Some(_) => Drift::Moved,
            None => Drift::Vanished,
        };
        if let Some(ledger) = &self.ledger
            && ledger.explains(tag, found.as_ref()).await?
        {
            return Ok(());
        }
        match drift {
            Drift::Moved => self.counts.moved += 1,
            Drift::Vanished => self.counts.vanished += 1,
            Drift::Returned => self.counts.returned = self.counts.returned.map(|count| count + 1),
        }
        Ok(self.write(drift, tag, is)?)
    }

    fn write(&self, drift: Drift, tag: &ExpectedTag, is: Option<&str>) -> io::Result<()> {
        let NamedTag { repository, tag: name } = tag.named();
        let drifted = Drifted { drift, repository, tag: name, was: &tag.digest, is };
        let mut out = anstream::stdout().lock();
        match self.format {
            Format::Json => {
                serde_json::to_writer(&mut out, &drifted)?;
                writeln!(out)
            }
            Format::Text => {
                let (word, is) = match (drift, is) {
                    (Drift::Returned, Some(is)) => ("returned", format!("was deleted, is {is}")),
                    (_, Some(is)) => ("moved   ", format!("is {is}")),
                    (_, None) => ("vanished", "does not exist any more".to_owned()),
                };
                let tag = format!("{repository}:{name}");
                writeln!(out, "{BAD}{word}{BAD:#}  {tag:<40}  was {}, {is}", printable(drifted.was))
            }
        }
    }

    fn end(self) -> Result<Ending, Fault> {
        let DriftCounts { tags, immutable, moved, vanished, returned } = self.counts;
        let has_drifted = moved + vanished + returned.unwrap_or_default() > 0;
        let mut out = anstream::stdout().lock();
        match self.format {
            Format::Json => {
                serde_json::to_writer(&mut out, &self.counts).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Format::Text => {
                let style = if has_drifted { BAD } else { GOOD };
                let tags = count(tags, "tag");
                let (place, more) = match returned {
                    Some(returned) => ("ledger", format!(", {returned} returned")),
                    None => ("snapshot", String::new()),
                };
                let kind = if self.policy.is_some() { "immutable" } else { "compared" };
                writeln!(
                    out,
                    "{tags} in the {place}, {immutable} {kind}: {style}{moved} moved, {vanished} vanished{more}{style:#}"
                )?;
            }
        }
        Ok(if has_drifted { Ending::Denied } else { Ending::Fine })
    }
}

/// How many requests are open at the same time.
const MAX_OPEN_REQUESTS: usize = 8;

/// Reads a line of a snapshot. `None` if it is empty.
fn read(line: Line<'_>) -> Result<Option<ExpectedTag>, ()> {
    #[derive(Deserialize)]
    struct Fields {
        repository: String,
        tag: String,
        digest: String,
    }
    let Line::Text(text) = line else { return Err(()) };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let Fields { repository, tag, digest } = serde_json::from_str(text).map_err(|_| ())?;
    let (repository, tag) = (Repository::parse(&repository).map_err(|_| ())?, Tag::parse(&tag).map_err(|_| ())?);
    Ok(Some(ExpectedTag { repository, tag, digest, is_gone: false }))
}

fn not_a_snapshot(path: &Path, line: u64) -> Fault {
    Fault::usage(format!("line {line} of `{}` is not a line of a snapshot", path.display()))
        .help("write a snapshot by `tagseal preview POLICY.json --registry URL --snapshot FILE`")
}

fn unread(tag: &ExpectedTag, error: &InventoryError) -> Fault {
    let NamedTag { repository, tag } = tag.named();
    Fault::usage(format!("the digest of `{repository}:{tag}` can't be read: {error}; only a part was compared"))
}
