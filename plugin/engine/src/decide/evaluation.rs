//! From an event to a decision.
//!
//! All of it is one function in the component: `inline(always)` stands on each part, here, in `protection` and in
//! `policy::compiled`, since the compiler's own choice leaves calls between them that cost a decision a tenth more fuel.

use super::context::check_context;
use super::decision::{Decision, DecisionCode, Outcome, Precondition, TagDecision};
use super::duplicates::first_duplicate;
use super::event::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, Write};
use super::malformed::Malformed;
use super::messages::{Denial, DenialKind};
use super::protection::{ActiveRules, DecidedBy, Keeping, Protection};
use crate::limits;
use crate::policy::compiled::Policy;
use crate::reference::{Digest, Repository, Tag};

impl Policy {
    /// Decides an event. Total: every event gets a decision.
    #[inline(always)]
    pub fn evaluate(&self, event: Event) -> Decision {
        self.evaluate_as(event)
    }

    /// Decides an event, with what was decided for each tag in a type of the caller: to turn a whole list into another
    /// one afterwards takes longer than to fill it.
    #[inline(always)]
    pub fn evaluate_as<T: From<TagDecision>>(&self, event: Event) -> Decision<T> {
        let Event { operation, context } = event;
        let decided = match check_context(&context) {
            Ok(()) => match operation {
                Operation::Write(write) => self.write(write, &context),
                Operation::DeleteTag(delete) => self.delete_tag(delete, &context),
                Operation::DeleteManifest(delete) => self.delete_manifest(delete, &context),
            },
            Err(fault) => Err(fault),
        };
        match decided {
            Ok(decision) => decision,
            Err(fault) => self.malformed(fault),
        }
    }

    /// Denies what is not a valid event.
    #[cold]
    pub(super) fn malformed<T>(&self, fault: Malformed) -> Decision<T> {
        self.decision(Verdict::without_rule(DecisionCode::Malformed), fault.message("event"), Vec::new())
    }

    #[inline(always)]
    fn write<T: From<TagDecision>>(
        &self,
        write: Write,
        context: &[(String, String)],
    ) -> Result<Decision<T>, Malformed> {
        let Write { repository, digest, tags } = write;
        let name = Repository::parse(&repository).ok_or(Malformed::Repository)?;
        let pushed = Digest::parse(&digest).ok_or(Malformed::Digest)?;
        if tags.is_empty() {
            return Ok(self.no_tag_is_touched());
        }
        check_tags(tags.iter().map(|write| write.tag.as_str()))?;
        let mut evaluation = Evaluation::new(self, name, tags.len(), context);
        for (index, write) in tags.into_iter().enumerate() {
            let tag = Tag::parse(&write.tag).ok_or(Malformed::Tag(index))?;
            let current = State::parse(&write.current).ok_or(Malformed::Current(index))?;
            let verdict = evaluation.judge_write(tag, current, pushed);
            if evaluation.is_first_denial(verdict) {
                let kind = match current {
                    State::Present(current) => DenialKind::Overwrite { current, pushed },
                    State::Retired(retired) => DenialKind::Reuse { retired },
                    State::Absent | State::Unknown => DenialKind::UnknownCurrent { pushed },
                };
                evaluation.deny(verdict, Some(tag), kind);
            }
            evaluation.decisions.push(verdict.of(write.tag).into());
        }
        Ok(evaluation.decision())
    }

    #[inline(always)]
    fn delete_tag<T: From<TagDecision>>(
        &self,
        delete: DeleteTag,
        context: &[(String, String)],
    ) -> Result<Decision<T>, Malformed> {
        let DeleteTag { repository, tag, remembers } = delete;
        let name = Repository::parse(&repository).ok_or(Malformed::Repository)?;
        let evaluation = Evaluation::new(self, name, 1, context);
        evaluation.delete(vec![tag], DenialKind::DeleteTag, Keeping::of_delete(remembers))
    }

    #[inline(always)]
    fn delete_manifest<T: From<TagDecision>>(
        &self,
        delete: DeleteManifest,
        context: &[(String, String)],
    ) -> Result<Decision<T>, Malformed> {
        let DeleteManifest { repository, digest, tags, remembers } = delete;
        let name = Repository::parse(&repository).ok_or(Malformed::Repository)?;
        let digest = Digest::parse(&digest).ok_or(Malformed::Digest)?;
        match tags {
            ManifestTags::Known(tags) if tags.is_empty() => Ok(self.no_tag_is_touched()),
            ManifestTags::Known(tags) => {
                let evaluation = Evaluation::new(self, name, tags.len(), context);
                evaluation.delete(tags, DenialKind::DeleteManifest { digest }, Keeping::of_delete(remembers))
            }
            ManifestTags::Unknown => Ok(self.delete_with_unknown_tags(name, digest)),
        }
    }

    /// A manifest whose tags the host does not know may have any tag: what would protect one of them denies.
    fn delete_with_unknown_tags<T: From<TagDecision>>(&self, name: Repository<'_>, digest: Digest<'_>) -> Decision<T> {
        let mut evaluation = Evaluation::new(self, name, 0, &[]);
        if let Some(by) = evaluation.active_rules.first_that_may_keep_a_tag() {
            let verdict = Verdict::unconditional(DecisionCode::StateUnknown, by);
            evaluation.deny(verdict, None, DenialKind::DeleteWithUnknownTags { digest });
        }
        evaluation.decision()
    }

    /// Where no tag is touched, no rule is asked.
    #[cold]
    fn no_tag_is_touched<T>(&self) -> Decision<T> {
        self.decision(Verdict::without_rule(DecisionCode::Unprotected), String::new(), Vec::new())
    }

    #[inline(always)]
    fn decision<T>(&self, verdict: Verdict<'_>, message: String, tags: Vec<T>) -> Decision<T> {
        let (rule, namespace, pair) = verdict.named();
        Decision {
            outcome: verdict.code.outcome(),
            code: verdict.code,
            rule,
            namespace,
            pair,
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
    /// Absent now, and this digest once.
    Retired(Digest<'a>),
}

impl<'a> State<'a> {
    #[inline(always)]
    fn parse(current: &'a Current) -> Option<Self> {
        match current {
            Current::Absent => Some(Self::Absent),
            Current::Unknown => Some(Self::Unknown),
            Current::Digest(digest) => Digest::parse(digest).map(Self::Present),
            Current::Retired(digest) => Digest::parse(digest).map(Self::Retired),
        }
    }

    /// Why a write of a protected tag is allowed or denied, and the rule that decides it: the first rule, or for a tag that
    /// was deleted the first one that keeps its name.
    #[inline(always)]
    fn code<'b>(
        self,
        pushed: Digest<'_>,
        by: DecidedBy<'b>,
        kept_by: Option<DecidedBy<'b>>,
    ) -> (DecisionCode, DecidedBy<'b>) {
        match (self, kept_by) {
            (Self::Present(digest) | Self::Retired(digest), _) if digest.equals(pushed) => {
                (DecisionCode::SameDigest, by)
            }
            (Self::Absent, _) | (Self::Retired(_), None) => (DecisionCode::FirstPush, by),
            (Self::Present(_), _) => (DecisionCode::Immutable, by),
            (Self::Retired(_), Some(kept_by)) => (DecisionCode::Retired, kept_by),
            (Self::Unknown, _) => (DecisionCode::StateUnknown, by),
        }
    }

    /// What must still hold when a write commits that was judged by this state.
    #[inline(always)]
    fn precondition(self, code: DecisionCode) -> Precondition {
        match code {
            DecisionCode::FirstPush | DecisionCode::SameDigest => self.found(),
            DecisionCode::Unprotected
            | DecisionCode::Exempt
            | DecisionCode::DeletionAllowed
            | DecisionCode::Override
            | DecisionCode::Immutable
            | DecisionCode::Retired
            | DecisionCode::StateUnknown
            | DecisionCode::Malformed => Precondition::Unconditional,
        }
    }

    /// That the state is still what was found.
    #[inline(always)]
    fn found(self) -> Precondition {
        match self {
            Self::Absent | Self::Retired(_) => Precondition::Absent,
            Self::Present(_) => Precondition::Unchanged,
            Self::Unknown => Precondition::Unconditional,
        }
    }
}

/// What was decided for a tag, and by which rule.
#[derive(Clone, Copy, Debug)]
struct Verdict<'a> {
    code: DecisionCode,
    by: Option<DecidedBy<'a>>,
    precondition: Precondition,
}

impl<'a> Verdict<'a> {
    #[inline(always)]
    fn without_rule(code: DecisionCode) -> Self {
        Self { code, by: None, precondition: Precondition::Unconditional }
    }

    #[inline(always)]
    fn unconditional(code: DecisionCode, by: DecidedBy<'a>) -> Self {
        Self { code, by: Some(by), precondition: Precondition::Unconditional }
    }

    #[inline(always)]
    fn is_denial(&self) -> bool {
        self.code.outcome() == Outcome::Deny
    }

    /// The rule that decided, its namespace, and its pair.
    #[inline(always)]
    fn named(self) -> (Option<u64>, Option<String>, Option<u32>) {
        match self.by {
            Some(DecidedBy { rule, namespace, pair }) => (Some(rule), Some(namespace.to_owned()), Some(pair)),
            None => (None, None, None),
        }
    }

    #[inline(always)]
    fn of(self, tag: String) -> TagDecision {
        let (rule, namespace, pair) = self.named();
        TagDecision {
            tag,
            outcome: self.code.outcome(),
            code: self.code,
            rule,
            namespace,
            pair,
            precondition: self.precondition,
        }
    }
}

/// The evaluation of one event.
struct Evaluation<'a, T> {
    policy: &'a Policy,
    repository: Repository<'a>,
    active_rules: ActiveRules<'a>,
    context: &'a [(String, String)],
    /// The first denial, and its message.
    denial: Option<(Verdict<'a>, String)>,
    /// The verdict about the first tag.
    first: Option<Verdict<'a>>,
    decisions: Vec<T>,
}

impl<'a, T: From<TagDecision>> Evaluation<'a, T> {
    #[inline(always)]
    fn new(policy: &'a Policy, repository: Repository<'a>, tags: usize, context: &'a [(String, String)]) -> Self {
        let active_rules = ActiveRules::new(policy, repository, tags);
        let decisions = Vec::with_capacity(tags);
        Self { policy, repository, active_rules, context, denial: None, first: None, decisions }
    }

    #[inline(always)]
    fn delete(mut self, tags: Vec<String>, kind: DenialKind<'_>, keeping: Keeping) -> Result<Decision<T>, Malformed> {
        check_tags(tags.iter().map(String::as_str))?;
        for (index, text) in tags.into_iter().enumerate() {
            let tag = Tag::parse(&text).ok_or(Malformed::Tag(index))?;
            let verdict = self.judge_delete(tag, keeping);
            if self.is_first_denial(verdict) {
                self.deny(verdict, Some(tag), kind);
            }
            self.decisions.push(verdict.of(text).into());
        }
        Ok(self.decision())
    }

    #[inline(always)]
    fn judge_write(&mut self, tag: Tag<'_>, current: State<'_>, pushed: Digest<'_>) -> Verdict<'a> {
        let verdict = match self.active_rules.protection(tag, Keeping::Reuse) {
            Protection::Free => Verdict::without_rule(DecisionCode::Unprotected),
            Protection::Exempt(by) => Verdict::unconditional(DecisionCode::Exempt, by),
            Protection::Protected { by, kept_by } => {
                let (code, by) = current.code(pushed, by, kept_by);
                let precondition = current.precondition(code);
                self.lifted(Verdict { code, by: Some(by), precondition }, tag, current.found())
            }
        };
        self.note(verdict)
    }

    /// The permission that an active override makes of a denial.
    #[inline(always)]
    fn lifted(&self, verdict: Verdict<'a>, tag: Tag<'_>, found: Precondition) -> Verdict<'a> {
        if verdict.is_denial() && self.policy.is_overridden(self.repository, tag, self.context) {
            return Verdict { code: DecisionCode::Override, precondition: found, ..verdict };
        }
        verdict
    }

    #[inline(always)]
    fn judge_delete(&mut self, tag: Tag<'_>, keeping: Keeping) -> Verdict<'a> {
        let (code, by) = match self.active_rules.protection(tag, keeping) {
            Protection::Free => return self.note(Verdict::without_rule(DecisionCode::Unprotected)),
            Protection::Exempt(by) => (DecisionCode::Exempt, by),
            Protection::Protected { kept_by: Some(by), .. } => (DecisionCode::Immutable, by),
            Protection::Protected { by, kept_by: None } => (DecisionCode::DeletionAllowed, by),
        };
        let verdict = self.lifted(Verdict::unconditional(code, by), tag, Precondition::Unconditional);
        self.note(verdict)
    }

    #[inline(always)]
    fn note(&mut self, verdict: Verdict<'a>) -> Verdict<'a> {
        self.first.get_or_insert(verdict);
        verdict
    }

    #[inline(always)]
    fn is_first_denial(&self, verdict: Verdict<'_>) -> bool {
        verdict.is_denial() && self.denial.is_none()
    }

    #[inline(always)]
    fn deny(&mut self, verdict: Verdict<'a>, tag: Option<Tag<'_>>, kind: DenialKind<'_>) {
        let (rule, namespace) = verdict.by.map_or((0, ""), |by| (by.rule, by.namespace));
        let denial = Denial { repository: self.repository, tag, rule, namespace, kind };
        self.denial = Some((verdict, denial.message()));
    }

    /// The decision about the whole: that of the first denial, else that of the first tag.
    #[inline(always)]
    fn decision(self) -> Decision<T> {
        let unprotected = || Verdict::without_rule(DecisionCode::Unprotected);
        let (verdict, message) = self.denial.unwrap_or_else(|| (self.first.unwrap_or_else(unprotected), String::new()));
        self.policy.decision(verdict, message, self.decisions)
    }
}

/// Checks how many tags there are, and that none is there twice.
#[inline(always)]
fn check_tags<'a>(tags: impl ExactSizeIterator<Item = &'a str> + Clone) -> Result<(), Malformed> {
    if tags.len() > limits::MAX_TAGS_PER_EVENT {
        return Err(Malformed::TooManyTags(tags.len()));
    }
    first_duplicate(tags).map_or(Ok(()), |index| Err(Malformed::Twice(index)))
}
