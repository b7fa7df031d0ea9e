//! `tagseal preview`: the tags that a policy makes immutable, before it is used.

mod change;
mod counts;
mod name_kind;
mod report;
mod rule_changes;
mod snapshot;
mod tag_list;
mod walk;

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::clock::UtcTime;
use super::document::{component, is_standard_input, note_waiting};
use super::fault::Fault;
use super::reference::Reading;
use super::registry_flags::RegistryFlags;
use super::runtime::new_runtime;
use super::tag_state::PreviewPolicy;
use super::terminal::{Format, show_notes};
use name_kind::NameKinds;
use report::Report;
use snapshot::SnapshotWriter;
use walk::Walk;

/// Shows which tags a policy makes immutable, and by which rule, before the policy is used
///
/// The tags come from a registry (all repositories, or those that are named) or from lines of `repository:tag`. Nothing is
/// changed anywhere. A tag is immutable if a push of other content under it would be denied.
///
/// With --against, only changes are shown: tags that become immutable or mutable, and tags that stay immutable but whose
/// deletion becomes allowed or denied. Exits 1 if any tag becomes mutable or its deletion becomes allowed, and if a line is not
/// a valid `repository:tag`.
///
/// Tags that look like versions and stay mutable are listed too, and tags that look like moving ones and become immutable. The
/// names that a registry lists are taken literally; from a line, a registry's host is left out.
///
/// If a registry asks for a login, the one of docker or podman is used ($DOCKER_CONFIG, $REGISTRY_AUTH_FILE and credential
/// helpers too), or the user of the flags. A registry with an https address must have a certificate that the system trusts;
/// SSL_CERT_FILE names another file of certificates.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal preview policy.json --registry https://registry.example
  tagseal preview policy.json --registry http://127.0.0.1:5000 --repository prod/app --all
  tagseal preview new.json --against policy.json --registry https://registry.example --format json
  tagseal preview policy.json --registry https://registry.example --snapshot before.jsonl
  printf '%s\\n' prod/app:v1 prod/app:latest | tagseal preview policy.json --all")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Show what changes from this policy document to POLICY.json
    #[arg(long, value_name = "OLD.json")]
    against: Option<PathBuf>,
    /// Show mutable tags too; with --against, also tags that another rule decides now
    #[arg(long)]
    all: bool,
    /// The form of the output. JSON is one object a line, and the last line has the counts
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Without a registry: lines of `repository:tag`, `-` for standard input
    #[arg(long, value_name = "FILE", default_value = "-", conflicts_with = "registry")]
    from: PathBuf,
    #[command(flatten)]
    registry: RegistryFlags,
    /// Write the digest of each tag to a file, for `tagseal drift`. It costs one request per tag
    #[arg(long, value_name = "FILE", requires = "registry")]
    snapshot: Option<PathBuf>,
    /// In lines of `repository:tag`, do not take the first component for a registry's host
    #[arg(long, conflicts_with = "registry")]
    literal: bool,
    /// The time that decides whether an override is active [default: now]
    #[arg(long, value_name = "TIME", value_parser = UtcTime::parse)]
    time: Option<UtcTime>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    arguments.check_standard_input()?;
    let registry = arguments.registry.open()?;
    let component = component(file)?;
    let time = arguments.time.unwrap_or_else(UtcTime::now);
    let policy = PreviewPolicy::read(&arguments.policy, &component, time)?;
    let against = arguments.against.as_ref().map(|old| PreviewPolicy::read(old, &component, time)).transpose()?;
    let kinds = NameKinds::new(&component)?;
    let mut report = Report::new(policy, against, kinds, arguments.format, arguments.all);
    match registry {
        Some(registry) => {
            let snapshot = arguments.snapshot.as_deref().map(SnapshotWriter::create).transpose()?;
            if snapshot.is_some() {
                show_notes(["the snapshot costs one request per tag".to_owned()]);
            }
            new_runtime()?.block_on(Walk { registry, snapshot }.report(&mut report))?;
        }
        None => {
            note_waiting(&arguments.from, "lines of `repository:tag`");
            let reading = if arguments.literal { Reading::Literal } else { Reading::Pasted };
            tag_list::report(&arguments.from, reading, &mut report)?;
        }
    }
    report.end()
}

impl Arguments {
    /// Checks that standard input is read for one purpose only.
    fn check_standard_input(&self) -> Result<(), Fault> {
        let tags = self.registry.address().is_none().then_some(&self.from);
        let files = [Some(&self.policy), self.against.as_ref(), tags].into_iter().flatten();
        let readers =
            files.filter(|file| is_standard_input(file)).count() + usize::from(self.registry.reads_password());
        if readers <= 1 {
            return Ok(());
        }
        let fault = Fault::usage("policies, tags and a password can't be read from one standard input");
        Err(fault.help("name a file for all but one of them"))
    }
}
