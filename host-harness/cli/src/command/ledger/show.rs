//! `tagseal ledger show`: what the ledger knows of one tag or manifest.

use std::io::Write as _;

use clap::Args;
use tagseal_gateway::{Binding, BindingState, Effect, OpenWrite, State, Subject, Waiting, ledger_time};

use super::super::Ending;
use super::super::fault::Fault;
use super::ledger_place::LedgerPlace;

/// Shows what the ledger knows of a tag or a manifest
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: LedgerPlace,
    /// The tag: `prod/app:v1`, or the manifest: `prod/app@sha256:…`
    #[arg(value_name = "REPOSITORY:TAG")]
    subject: Subject,
}

pub(super) async fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let ledger = arguments.place.open().await?;
    let failed = |error| arguments.place.failed(&error);
    let writes = ledger.open_writes_of(&arguments.subject).await.map_err(failed)?;
    let binding = match &arguments.subject {
        Subject::Tag(repository, tag) => ledger.binding(repository, tag).await.map_err(failed)?,
        Subject::Manifest(..) => None,
    };
    let mut out = anstream::stdout().lock();
    if let Some(binding) = &binding {
        writeln!(out, "{}", describe_binding(binding))?;
    }
    for write in &writes {
        writeln!(out, "{}", describe(write))?;
    }
    if binding.is_none() && writes.is_empty() {
        writeln!(out, "the ledger knows nothing of it")?;
    }
    Ok(Ending::Fine)
}

/// Says what a tag is bound to, or was.
fn describe_binding(binding: &Binding) -> String {
    let Binding { repository, tag, digest, state, since, actor, .. } = binding;
    let word = match state {
        BindingState::Bound => "is bound to",
        BindingState::Retired => "is used up: it was",
    };
    format!("{repository}:{tag} {word} {digest}, since {}, by {actor}", ledger_time(*since))
}

/// Says what a write does and how it is with it.
pub(super) fn describe(write: &OpenWrite) -> String {
    let repository = &write.write.repository;
    let what = match &write.write.effect {
        Effect::Push { tag, digests: [digest, _], .. } => format!("{repository}:{tag} push of {digest}"),
        Effect::DeleteTag(tag) => format!("{repository}:{tag} delete"),
        Effect::DeleteManifest(digest) => format!("{repository}@{digest} delete"),
    };
    let before = match &write.before {
        State::Absent => "absent before".to_owned(),
        State::Digest(digest) => format!("{digest} before"),
        State::Unknown => "unknown before".to_owned(),
    };
    let waiting = match write.waiting {
        Waiting::Here => "a gateway waits for the answer".to_owned(),
        Waiting::Elsewhere(seen) => format!("its gateway was last seen {} s ago", seen.as_secs()),
        Waiting::Left(since) => format!("answered {:?} {} s ago", write.answer, since.as_secs()),
    };
    format!("{what}, by {}, begun {}, {before}, {waiting}", write.write.actor, ledger_time(write.begun))
}
