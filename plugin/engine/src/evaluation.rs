//! From an event to a decision.

use crate::decision::{Code, Decision, Outcome, TagDecision};
use crate::event::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, Write};
use crate::limits;
use crate::malformed::{ContextFault, Malformed};
use crate::message::{Denied, Refusal};
use crate::policy::{Guard, Pair, Policy};
use crate::reference::{Digest, Repository, Tag};

impl Policy {
    /// Decides an event. Total: whatever comes in, a decision comes out.
    #[inline]
    pub fn evaluate(&self, event: Event) -> Decision {
        check_context(&event.context)
            .and_then(|()| match event.operation {
                Operation::Write(write) => self.write(write),
                Operation::DeleteTag(delete) => self.delete_tag(delete),
                Operation::DeleteManifest(delete) => self.delete_manifest(delete),
            })
            .unwrap_or_else(|fault| self.malformed(fault))
    }

    /// The denial of what is no event.
    #[cold]
    pub(crate) fn malformed(&self, fault: Malformed) -> Decision {
        self.decision(Verdict::new(Code::Malformed), fault.message("event"), Vec::new())
    }

    #[inline]
    fn write(&self, write: Write) -> Result<Decision, Malformed> {
        let Write { repository, digest, tags } = write;
        let name = Repository::parse(&repository).ok_or(Malformed::Repository)?;
        let pushed = Digest::parse(&digest).ok_or(Malformed::Digest)?;
        check_tags(tags.iter().map(|write| write.tag.as_str()))?;
        let bench = Bench::new(self, name, tags.len());
        let mut refusal = None;
        let mut decisions = Vec::with_capacity(tags.len());
        for (index, write) in tags.into_iter().enumerate() {
            let tag = Tag::parse(&write.tag).ok_or(Malformed::Tag(index))?;
            let current = State::parse(&write.current).ok_or(Malformed::Current(index))?;
            let verdict = bench.judge_write(tag, current, pushed);
            if verdict.is_denial() && refusal.is_none() {
                let denied = match current {
                    State::Present(current) => Denied::Overwrite { current, pushed },
                    State::Absent | State::Unknown => Denied::UnknownCurrent { pushed },
                };
                refusal = Some((verdict, bench.message(verdict, Some(tag), denied)));
            }
            decisions.push(verdict.of(write.tag));
        }
        Ok(self.sum(refusal, decisions))
    }

    #[inline]
    fn delete_tag(&self, delete: DeleteTag) -> Result<Decision, Malformed> {
        let name = Repository::parse(&delete.repository).ok_or(Malformed::Repository)?;
        self.delete(name, vec![delete.tag], Denied::DeleteTag)
    }

    #[inline]
    fn delete_manifest(&self, delete: DeleteManifest) -> Result<Decision, Malformed> {
        let name = Repository::parse(&delete.repository).ok_or(Malformed::Repository)?;
        let digest = Digest::parse(&delete.digest).ok_or(Malformed::Digest)?;
        match delete.tags {
            ManifestTags::Known(tags) => self.delete(name, tags, Denied::DeleteManifest { digest }),
            ManifestTags::Unknown => Ok(self.delete_untold(name, digest)),
        }
    }

    #[inline]
    fn delete(&self, name: Repository<'_>, tags: Vec<String>, denied: Denied<'_>) -> Result<Decision, Malformed> {
        check_tags(tags.iter().map(String::as_str))?;
        let bench = Bench::new(self, name, tags.len());
        let mut refusal = None;
        let mut decisions = Vec::with_capacity(tags.len());
        for (index, text) in tags.into_iter().enumerate() {
            let tag = Tag::parse(&text).ok_or(Malformed::Tag(index))?;
            let verdict = bench.judge_delete(tag);
            if verdict.is_denial() && refusal.is_none() {
                refusal = Some((verdict, bench.message(verdict, Some(tag), denied)));
            }
            decisions.push(verdict.of(text));
        }
        Ok(self.sum(refusal, decisions))
    }

    /// A manifest whose tags the host does not know may have any: what would protect one of them denies.
    fn delete_untold(&self, name: Repository<'_>, digest: Digest<'_>) -> Decision {
        let bench = Bench::new(self, name, 0);
        let keeper = bench.guards().filter(|(_, guard)| !guard.rule.deletion_allowed).find_map(|(at, guard)| {
            let (pair, _) = self.pairs_of(guard).next()?;
            Some(Verdict { code: Code::StateUnknown, mark: Some(Mark { guard: at, rule: guard.rule.id, pair }) })
        });
        let refusal = keeper.map(|verdict| (verdict, bench.message(verdict, None, Denied::DeleteUntold { digest })));
        self.sum(refusal, Vec::new())
    }

    #[inline]
    fn sum(&self, refusal: Option<(Verdict, String)>, tags: Vec<TagDecision>) -> Decision {
        let (verdict, message) = refusal.unwrap_or_else(|| (Verdict::first(&tags), String::new()));
        self.decision(verdict, message, tags)
    }

    #[inline]
    fn decision(&self, verdict: Verdict, message: String, tags: Vec<TagDecision>) -> Decision {
        Decision {
            outcome: verdict.code.outcome(),
            code: verdict.code,
            rule: verdict.mark.map(|mark| mark.rule),
            pair: verdict.mark.map(|mark| mark.pair),
            revision: self.revision(),
            message,
            tags,
        }
    }
}

/// What a tag resolves to, read.
#[derive(Clone, Copy, Debug)]
enum State<'a> {
    Absent,
    Present(Digest<'a>),
    Unknown,
}

impl<'a> State<'a> {
    #[inline]
    fn parse(current: &'a Current) -> Option<Self> {
        match current {
            Current::Absent => Some(Self::Absent),
            Current::Unknown => Some(Self::Unknown),
            Current::Digest(digest) => Digest::parse(digest).map(Self::Present),
        }
    }
}

/// What was decided, and by which rule.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    code: Code,
    mark: Option<Mark>,
}

/// The rule and the pair that decided, and which of the two guards the rule is.
#[derive(Clone, Copy, Debug)]
struct Mark {
    guard: usize,
    rule: u64,
    pair: u32,
}

impl Verdict {
    #[inline]
    fn new(code: Code) -> Self {
        Self { code, mark: None }
    }

    /// That of the first tag, or of none.
    #[inline]
    fn first(tags: &[TagDecision]) -> Self {
        let Some(tag) = tags.first() else { return Self::new(Code::Unprotected) };
        let mark = tag.rule.zip(tag.pair).map(|(rule, pair)| Mark { guard: 0, rule, pair });
        Self { code: tag.code, mark }
    }

    #[inline]
    fn is_denial(self) -> bool {
        self.code.outcome() == Outcome::Deny
    }

    #[inline]
    fn of(self, tag: String) -> TagDecision {
        TagDecision {
            tag,
            outcome: self.code.outcome(),
            code: self.code,
            rule: self.mark.map(|mark| mark.rule),
            pair: self.mark.map(|mark| mark.pair),
            precondition: self.code.precondition(),
        }
    }
}

/// What the rules say of a tag.
#[derive(Clone, Copy, Debug)]
enum Standing {
    /// No rule protects it.
    Free,
    /// A rule would, but for its exemptions.
    Exempt(Mark),
    /// The first rule that protects it, and the first one that also denies its deletion.
    Protected { by: Mark, kept_by: Option<Mark> },
}

/// The rules that sit over a repository for one event.
struct Bench<'a> {
    policy: &'a Policy,
    repository: Repository<'a>,
    seats: [Option<Seat<'a>>; 2],
}

/// A rule, and its pairs whose repository selector holds where they were looked for already.
struct Seat<'a> {
    guard: Guard<'a>,
    pairs: Option<Vec<(u32, &'a Pair)>>,
}

impl<'a> Bench<'a> {
    #[inline]
    fn new(policy: &'a Policy, repository: Repository<'a>, tags: usize) -> Self {
        let seats = policy.guards(repository).map(|guard| {
            // The repository is the same for all tags of an event: with several, its selectors are asked once.
            guard.map(|guard| Seat { guard, pairs: (tags > 1).then(|| policy.pairs_of(guard).collect()) })
        });
        Self { policy, repository, seats }
    }

    #[inline]
    fn guards(&self) -> impl Iterator<Item = (usize, Guard<'a>)> {
        self.seats.iter().enumerate().filter_map(|(at, seat)| seat.as_ref().map(|seat| (at, seat.guard)))
    }

    #[inline]
    fn judge_write(&self, tag: Tag<'_>, current: State<'_>, pushed: Digest<'_>) -> Verdict {
        match (self.standing(tag), current) {
            (Standing::Free, _) => Verdict::new(Code::Unprotected),
            (Standing::Exempt(mark), _) => Verdict { code: Code::Exempt, mark: Some(mark) },
            (Standing::Protected { by, .. }, current) => {
                let code = match current {
                    State::Absent => Code::FirstPush,
                    State::Present(digest) if digest.equals(pushed) => Code::SameDigest,
                    State::Present(_) => Code::Immutable,
                    State::Unknown => Code::StateUnknown,
                };
                Verdict { code, mark: Some(by) }
            }
        }
    }

    #[inline]
    fn judge_delete(&self, tag: Tag<'_>) -> Verdict {
        let (code, mark) = match self.standing(tag) {
            Standing::Free => return Verdict::new(Code::Unprotected),
            Standing::Exempt(mark) => (Code::Exempt, mark),
            Standing::Protected { kept_by: Some(mark), .. } => (Code::Immutable, mark),
            Standing::Protected { by, kept_by: None } => (Code::DeletionAllowed, by),
        };
        Verdict { code, mark: Some(mark) }
    }

    #[inline]
    fn standing(&self, tag: Tag<'_>) -> Standing {
        let mut standing = Standing::Free;
        for (at, seat) in self.seats.iter().enumerate() {
            let Some(seat) = seat else { continue };
            let Some(pair) = self.pair(seat, tag) else { continue };
            let rule = seat.guard.rule;
            let mark = Mark { guard: at, rule: rule.id, pair };
            standing = standing.under(mark, rule.exempt.set_of(tag.as_str()).is_some(), rule.deletion_allowed);
            if let Standing::Protected { kept_by: Some(_), .. } = standing {
                // It can't get any stronger.
                break;
            }
        }
        standing
    }

    /// The lowest index of a rule's pairs that hold.
    #[inline]
    fn pair(&self, seat: &Seat<'a>, tag: Tag<'_>) -> Option<u32> {
        let protects = |(_, pair): &(u32, &Pair)| self.policy.protects(pair, tag);
        let found = match &seat.pairs {
            Some(pairs) => pairs.iter().copied().find(protects),
            None => self.policy.pairs_of(seat.guard).find(protects),
        };
        found.map(|(index, _)| index)
    }

    #[inline]
    fn message(&self, verdict: Verdict, tag: Option<Tag<'_>>, denied: Denied<'_>) -> String {
        let guard = verdict.mark.and_then(|mark| self.seats.get(mark.guard)?.as_ref()).map(|seat| seat.guard);
        let (rule, namespace) = guard.map_or((0, ""), |guard| (guard.rule.id, guard.namespace));
        Refusal { repository: self.repository, tag, rule, namespace, denied }.message()
    }
}

impl Standing {
    /// The standing under one more rule whose selectors hold.
    #[inline]
    fn under(self, mark: Mark, exempt: bool, deletion_allowed: bool) -> Self {
        let kept = (!deletion_allowed).then_some(mark);
        match self {
            Self::Free if exempt => Self::Exempt(mark),
            standing if exempt => standing,
            Self::Free | Self::Exempt(_) => Self::Protected { by: mark, kept_by: kept },
            Self::Protected { by, kept_by } => Self::Protected { by, kept_by: kept_by.or(kept) },
        }
    }
}

/// Checks how many tags there are, and that none is there twice.
#[inline]
fn check_tags<'a>(tags: impl ExactSizeIterator<Item = &'a str> + Clone) -> Result<(), Malformed> {
    if tags.len() > limits::TAGS {
        return Err(Malformed::TooManyTags(tags.len()));
    }
    twice(tags).map_or(Ok(()), |index| Err(Malformed::Twice(index)))
}

/// The lowest index of a text that was there before.
fn twice<'a>(texts: impl ExactSizeIterator<Item = &'a str> + Clone) -> Option<usize> {
    // So few are sooner compared than sorted.
    const FEW: usize = 8;
    if texts.len() <= 1 {
        return None;
    }
    if texts.len() <= FEW {
        return texts
            .clone()
            .enumerate()
            .position(|(index, text)| texts.clone().take(index).any(|other| other == text));
    }
    let mut sorted: Vec<(&str, usize)> = texts.zip(0..).collect();
    sorted.sort_unstable();
    let again = |pair: &[(&str, usize)]| match pair {
        [(one, _), (other, index)] if one == other => Some(*index),
        _ => None,
    };
    sorted.windows(2).filter_map(again).min()
}

#[inline]
fn check_context(context: &[(String, String)]) -> Result<(), Malformed> {
    if context.is_empty() {
        return Ok(());
    }
    let fault = |fault| Err(Malformed::Context(fault));
    if context.len() > limits::CONTEXT_PAIRS {
        return fault(ContextFault::TooMany(context.len()));
    }
    if let Some(index) = context.iter().position(|(key, _)| !(1..=limits::CONTEXT_KEY_BYTES).contains(&key.len())) {
        return fault(ContextFault::Key(index));
    }
    if let Some(index) = context.iter().position(|(_, value)| value.len() > limits::CONTEXT_VALUE_BYTES) {
        return fault(ContextFault::Value(index));
    }
    twice(context.iter().map(|(key, _)| key.as_str())).map_or(Ok(()), |index| fault(ContextFault::Twice(index)))
}
