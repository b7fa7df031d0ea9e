//! `tagseal preview`: which tags a policy makes immutable, before it does.

mod change;
mod counts;
mod given;
mod registry;
mod report;
mod verdict;
mod walk;

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use super::document::{component, is_standard_input};
use super::fault::Fault;
use super::service::runtime;
use super::terminal::Format;
use report::Report;
use verdict::Judge;

/// Shows which tags a policy makes immutable, by which rule, before it is switched on
///
/// The tags come from a registry, all of it or the repositories that are named, or from lines of `repository:tag`. Nothing
/// is changed anywhere. Each tag is asked about: it is immutable if moving it to other content would be denied.
///
/// With --against, only what changes is shown: what is frozen and what is thawed; of what stays immutable, what is loosened
/// (deletion was denied, and is allowed) and what is tightened. Exits 1 if anything is thawed or loosened, and if a line is
/// no `repository:tag`.
///
/// A registry gets to know who asks if it wants to: whoever has logged in with docker or podman ($DOCKER_CONFIG,
/// $REGISTRY_AUTH_FILE and credential helpers too), or the user of the flags. Behind https it must have a certificate that
/// the system trusts; SSL_CERT_FILE names another file of certificates.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal preview policy.json --registry https://registry.example
  tagseal preview policy.json --registry http://127.0.0.1:5000 --repository prod/app --all
  tagseal preview new.json --against policy.json --registry https://registry.example --format json
  printf '%s\\n' prod/app:v1 prod/app:latest | tagseal preview policy.json --all")]
pub(crate) struct Arguments {
    /// The policy document, `-` for standard input
    #[arg(value_name = "POLICY.json")]
    policy: PathBuf,
    /// Show what changes from this policy document to the other
    #[arg(long, value_name = "OLD.json")]
    against: Option<PathBuf>,
    /// Show tags that move freely too; with --against, those that another rule protects now
    #[arg(long)]
    all: bool,
    /// How to say it. JSON is one object a line, and the counts on the last
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Without a registry: lines of `repository:tag`, `-` for standard input
    #[arg(long, value_name = "FILE", default_value = "-", conflicts_with = "registry")]
    from: PathBuf,
    #[command(flatten)]
    registry: registry::Flags,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    arguments.check_standard_input()?;
    let walk = arguments.registry.walk()?;
    let component = component(file)?;
    let judge = Judge::read(&arguments.policy, &component)?;
    let against = arguments.against.as_ref().map(|old| Judge::read(old, &component)).transpose()?;
    let mut report = Report::new(judge, against, arguments.format, arguments.all);
    match walk {
        Some(walk) => runtime()?.block_on(walk.report(&mut report))?,
        None => given::report(&arguments.from, &mut report)?,
    }
    report.end()
}

impl Arguments {
    /// Standard input can be one thing.
    fn check_standard_input(&self) -> Result<(), Fault> {
        let tags = self.registry.address().is_none().then_some(&self.from);
        let files = [Some(&self.policy), self.against.as_ref(), tags].into_iter().flatten();
        let readers =
            files.filter(|file| is_standard_input(file)).count() + usize::from(self.registry.reads_password());
        if readers <= 1 {
            return Ok(());
        }
        let fault = Fault::usage("policies, tags and a password can't be read from one standard input");
        Err(fault.mend("name a file for all but one of them"))
    }
}
