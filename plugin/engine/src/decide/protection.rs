//! What the rules of a repository say about a tag.

use crate::policy::compiled::{ApplicableRule, CompiledPair, Policy};
use crate::reference::{Repository, Tag};
use crate::rule::deletion::Deletion;

/// What the rules say about a tag.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protection<'a> {
    /// No rule protects it.
    Free,
    /// A rule would protect it, but exempts it.
    Exempt(DecidedBy<'a>),
    /// The first rule that protects it, and the first one that also keeps its name.
    Protected { by: DecidedBy<'a>, kept_by: Option<DecidedBy<'a>> },
}

/// The rule and the pair that decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct DecidedBy<'a> {
    pub(super) rule: u64,
    pub(super) namespace: &'a str,
    pub(super) pair: u32,
}

impl<'a> Protection<'a> {
    /// The protection with one more rule whose selectors hold, and which may keep the name of the tag.
    #[inline(always)]
    fn under(self, by: DecidedBy<'a>, exempt: bool, keeps: bool) -> Self {
        let kept = keeps.then_some(by);
        match self {
            Self::Free if exempt => Self::Exempt(by),
            protection if exempt => protection,
            Self::Free | Self::Exempt(_) => Self::Protected { by, kept_by: kept },
            Self::Protected { by, kept_by } => Self::Protected { by, kept_by: kept_by.or(kept) },
        }
    }
}

/// What a rule keeps the name of a tag from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keeping {
    /// Being deleted and used again. It is asked about writes.
    Reuse,
    /// Being deleted, by a host that remembers deleted tags.
    RememberedDeletion,
    /// Being deleted, by a host that forgets deleted tags.
    ForgottenDeletion,
}

impl Keeping {
    /// What keeps a tag from being deleted.
    pub(super) fn of_delete(remembers: bool) -> Self {
        if remembers { Self::RememberedDeletion } else { Self::ForgottenDeletion }
    }

    #[inline(always)]
    fn keeps(self, deletion: Deletion) -> bool {
        match (deletion, self) {
            (Deletion::Deny, _) | (Deletion::Retire, Self::Reuse | Self::ForgottenDeletion) => true,
            (Deletion::Allow, _) | (Deletion::Retire, Self::RememberedDeletion) => false,
        }
    }
}

/// The enabled rules that apply to a repository, for one event.
pub(super) struct ActiveRules<'a> {
    policy: &'a Policy,
    repository: Repository<'a>,
    rules: [Option<ApplicableRule<'a>>; 2],
    /// The pairs of each rule whose repository selector holds. The repository is the same for all tags of an event: with
    /// several, its selectors are asked once.
    pairs: Option<[Vec<(u32, &'a CompiledPair)>; 2]>,
}

impl<'a> ActiveRules<'a> {
    #[inline(always)]
    pub(super) fn new(policy: &'a Policy, repository: Repository<'a>, tags: usize) -> Self {
        let rules = policy.applicable_rules(repository);
        let [named, instance] = &rules;
        let pairs = if tags > 1 {
            Some([seen_pairs(policy, named.as_ref()), seen_pairs(policy, instance.as_ref())])
        } else {
            None
        };
        Self { policy, repository, rules, pairs }
    }

    /// What the rules say about a tag.
    #[inline(always)]
    pub(super) fn protection(&self, tag: Tag<'_>, keeping: Keeping) -> Protection<'a> {
        let mut protection = Protection::Free;
        for (place, applicable) in self.rules.iter().enumerate() {
            let Some(applicable) = applicable else { continue };
            let Some(pair) = self.pair(place, *applicable, tag) else { continue };
            let ApplicableRule { rule, namespace, .. } = *applicable;
            let by = DecidedBy { rule: rule.id, namespace, pair };
            let is_exempt = rule.exempt.set_of(self.repository.as_str(), tag.as_str()).is_some();
            protection = protection.under(by, is_exempt, keeping.keeps(rule.deletion));
            if let Protection::Protected { kept_by: Some(_), .. } = protection {
                // It can't get any stronger.
                break;
            }
        }
        protection
    }

    /// The first rule that could protect a tag of the repository and does not allow its deletion.
    pub(super) fn first_that_may_keep_a_tag(&self) -> Option<DecidedBy<'a>> {
        self.rules.iter().flatten().find_map(|applicable| {
            let ApplicableRule { rule, namespace, .. } = *applicable;
            match rule.deletion {
                Deletion::Deny | Deletion::Retire => {}
                Deletion::Allow => return None,
            }
            let (pair, _) = self.policy.pairs_of(*applicable).next()?;
            Some(DecidedBy { rule: rule.id, namespace, pair })
        })
    }

    /// The lowest index of the pairs that hold, of the rule at a place.
    #[inline(always)]
    fn pair(&self, place: usize, applicable: ApplicableRule<'a>, tag: Tag<'_>) -> Option<u32> {
        if let Some(pairs) = &self.pairs {
            let found = pairs.get(place)?.iter().find(|(_, pair)| self.policy.protects(pair, tag));
            return found.map(|(index, _)| *index);
        }
        for (index, pair) in self.policy.all_pairs(applicable.rule) {
            if self.policy.sees(pair, applicable) && self.policy.protects(pair, tag) {
                return Some(index);
            }
        }
        None
    }
}

/// The pairs of a rule whose repository selector holds.
fn seen_pairs<'a>(policy: &'a Policy, applicable: Option<&ApplicableRule<'a>>) -> Vec<(u32, &'a CompiledPair)> {
    let mut seen = Vec::new();
    let Some(applicable) = applicable else { return seen };
    for (index, pair) in policy.all_pairs(applicable.rule) {
        if policy.sees(pair, *applicable) {
            seen.push((index, pair));
        }
    }
    seen
}
