//! The steps that are possible in a world: the protocol itself, and everything that may go wrong.

use std::fmt;

use crate::attempt::{Answer, Attempt, Early, Gateway, Outcome, Sent, Stage};
use crate::case::{Case, Deletion, Digest, Omission, Request};
use crate::ledger::Row;
use crate::seen::{Seen, bit};
use crate::world::World;

/// One step, of a gateway, of the registry or of the world around them. The number is that of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A gateway begins to look up the tag of the request early: it watches its pushes from now on.
    Watch(u8),
    /// An early look-up asks the ledger about the tag.
    AskLedger(u8),
    /// A gateway takes the request, and its locks.
    Take(u8, Gateway),
    /// The claim is written, or found not to be admitted.
    Claim(u8),
    /// The registry is read.
    Read(u8),
    /// What was read settles writes that were in the way.
    Settle(u8),
    /// The request is decided, and forwarded if it is allowed.
    Decide(u8),
    /// The registry carries the request out.
    CarryOut(u8),
    /// The registry answers, or something before it does.
    Answer(u8, Answer),
    /// The ledger hears of the answer, and the locks are given back.
    Finish(u8),
    /// A gateway is killed, and another one starts in its place.
    Kill(Gateway),
    /// The database gives the lock away, and the gateway does not notice.
    LoseLock(u8),
    /// The rule becomes active.
    Protect,
    /// The late-write limit of a write passes.
    PassLimit(u8),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watch(number) => write!(formatter, "the early look-up of request {number} begins"),
            Self::AskLedger(number) => write!(formatter, "request {number} asks the ledger, early"),
            Self::Take(number, gateway) => write!(formatter, "gateway {gateway:?} takes request {number}"),
            Self::Claim(number) => write!(formatter, "request {number} claims"),
            Self::Read(number) => write!(formatter, "request {number} reads the registry"),
            Self::Settle(number) => write!(formatter, "request {number} settles what it can"),
            Self::Decide(number) => write!(formatter, "request {number} is decided"),
            Self::CarryOut(number) => write!(formatter, "the registry carries out request {number}"),
            Self::Answer(number, answer) => write!(formatter, "request {number} is answered: {answer:?}"),
            Self::Finish(number) => write!(formatter, "request {number} ends"),
            Self::Kill(gateway) => write!(formatter, "gateway {gateway:?} is killed"),
            Self::LoseLock(number) => write!(formatter, "request {number} loses its lock"),
            Self::Protect => formatter.write_str("the rule becomes active"),
            Self::PassLimit(number) => write!(formatter, "the limit of request {number} passes"),
        }
    }
}

/// Every step that is possible, with the world after it.
pub fn steps(world: &World, case: &Case) -> Vec<(Step, World)> {
    let mut steps = Vec::new();
    for attempt in &world.attempts {
        of_gateway(world, attempt, case, &mut steps);
        of_registry(world, attempt, case, &mut steps);
    }
    of_trouble(world, case, &mut steps);
    steps
}

type Steps = Vec<(Step, World)>;

/// The protocol: lock, claim, read, decide, forward, settle, unlock.
fn of_gateway(world: &World, attempt: &Attempt, case: &Case, steps: &mut Steps) {
    let number = attempt.number;
    match attempt.stage {
        Stage::Idle | Stage::Early(_) if !is_next_of_its_kind(world, attempt) => {}
        Stage::Idle | Stage::Early(_) => {
            steps.extend(look_up_early(world, attempt, case));
            take(world, attempt, case, steps);
        }
        Stage::Locked => {
            if may_read_ahead(world, attempt, case) {
                let read = (world.ledger.seen(), world.tag);
                steps.push((Step::Read(number), world.with(number, |it| it.read_ahead = Some(read))));
            }
            if !case.omits(Omission::ReadAfterClaim) || attempt.read_ahead.is_some() {
                steps.push((Step::Claim(number), claim(world, attempt, case)));
            }
        }
        Stage::Blocked(seen) => {
            let found = world.tag;
            steps.push((Step::Read(number), world.with(number, |it| it.stage = Stage::BlockedRead(seen, found))));
        }
        Stage::BlockedRead(seen, found) => {
            steps.push((Step::Settle(number), unblock(world, attempt, seen, found, case)));
        }
        Stage::Claimed if attempt.is_protected => {
            let step = if attempt.read_ahead.is_some() { Step::Settle(number) } else { Step::Read(number) };
            steps.push((step, read(world, attempt, case)));
        }
        Stage::Claimed => steps.push((Step::Decide(number), forward(world, attempt, None, case))),
        Stage::Read(found) => steps.push((Step::Decide(number), decide(world, attempt, found, case))),
        Stage::Forwarded | Stage::Ended(_) => {}
        Stage::Answered(answer) => steps.push((Step::Finish(number), finish(world, attempt, answer, case))),
    }
}

/// Equal requests that are equally far go on in order: the other ways are the same with other names.
fn is_next_of_its_kind(world: &World, attempt: &Attempt) -> bool {
    let Attempt { number, request, stage, .. } = *attempt;
    world.attempts.iter().all(|it| it.number >= number || it.request != request || it.stage != stage)
}

/// A gateway that is alone looks the tag of a push up while its manifest arrives: it begins to watch its own pushes, asks the
/// ledger, and reads the registry. Anything but a tag of which nobody knows and which is absent is left for a late read.
fn look_up_early(world: &World, attempt: &Attempt, case: &Case) -> Option<(Step, World)> {
    if !case.is_alone || !attempt.request.is_push() {
        return None;
    }
    let number = attempt.number;
    let knows_nothing = world.ledger.knows_nothing() || case.omits(Omission::EarlyReadAsksLedger);
    let (step, is_sure, next) = match attempt.stage {
        Stage::Idle => (Step::Watch(number), true, Early::Watching),
        Stage::Early(Early::Watching) => (Step::AskLedger(number), world.is_protected && knows_nothing, Early::Unknown),
        Stage::Early(Early::Unknown) => (Step::Read(number), world.tag.is_none(), Early::Absent),
        _ => return None,
    };
    let stage = if is_sure { Stage::Early(next) } else { Stage::Idle };
    Some((step, world.with(number, |it| it.stage = stage)))
}

/// Whether what was read early counts under the locks, because nothing is in the ledger. A push since then has ended the early
/// look-up already.
fn counts_early(world: &World, attempt: &Attempt, case: &Case) -> bool {
    let is_left_out = case.omits(Omission::EarlyReadConfirmed) || case.omits(Omission::EarlyReadAsksLedger);
    attempt.is_read_early && (world.ledger.knows_nothing() || is_left_out)
}

/// Whether the registry may be read before the claim. In a gateway that is alone, the claim of a push is written beside that, and
/// the claim of a delete of a tag after it if no write is open.
fn may_read_ahead(world: &World, attempt: &Attempt, case: &Case) -> bool {
    let may_in_this_order = match attempt.request {
        _ if case.omits(Omission::ReadAfterClaim) => true,
        Request::Push(_) | Request::Override(_) => case.is_alone && world.is_protected,
        Request::DeleteTag => case.is_alone && world.is_protected && world.ledger.rows.is_empty(),
        Request::DeleteManifest(_) => false,
    };
    may_in_this_order && attempt.read_ahead.is_none() && !counts_early(world, attempt, case)
}

/// The first request is taken by the first gateway: the other ways are the same with other names.
fn take(world: &World, attempt: &Attempt, case: &Case, steps: &mut Steps) {
    let number = attempt.number;
    if world.lock.is_some() {
        return;
    }
    let is_first = world.attempts.iter().all(|it| it.stage == Stage::Idle);
    for gateway in [Gateway::One, Gateway::Two] {
        if world.is_busy(gateway) || (is_first || case.is_alone) && gateway == Gateway::Two {
            continue;
        }
        let is_protected = world.is_protected;
        let mut next = world.with(number, |it| {
            // An early look-up that has not read yet reads under the locks, which is a late read.
            it.is_read_early = it.stage == Stage::Early(Early::Absent);
            (it.gateway, it.is_protected, it.stage) = (gateway, is_protected, Stage::Locked);
        });
        next.lock = Some(number);
        steps.push((Step::Take(number, gateway), next));
    }
}

/// Claims, by the rules that are active once the claim is written. What was read early counts from here on, or is forgotten.
fn claim(world: &World, attempt: &Attempt, case: &Case) -> World {
    let (number, request) = (attempt.number, attempt.request);
    let is_protected = world.is_protected && !case.omits(Omission::RulesAfterClaim) || attempt.is_protected;
    let attempt = &Attempt { is_protected, ..attempt.clone() };
    let early = counts_early(world, attempt, case).then(|| (world.ledger.seen(), None));
    let read_ahead = attempt.read_ahead.or(early);
    let world = &world.with(number, |it| (it.is_read_early, it.read_ahead) = (false, None));
    if world.ledger.refuses(request, is_protected, case) {
        let blocked = Stage::Blocked(world.ledger.seen());
        let stage = read_ahead.map_or(blocked, |(seen, found)| Stage::BlockedRead(seen, found));
        return world.with(number, |it| (it.is_protected, it.stage) = (is_protected, stage));
    }
    let pushes_seen = world.ledger.pushes_under(request);
    let mut next = world.with(number, |it| {
        (it.is_protected, it.pushes_seen, it.stage) = (is_protected, pushes_seen, Stage::Claimed);
        it.read_ahead = read_ahead.filter(|_| is_protected);
    });
    let is_left_out = case.omits(Omission::ClaimBeforeForward)
        || case.omits(Omission::ClaimOfDelete) && !request.is_push()
        || case.omits(Omission::ClaimOfUnprotected) && !attempt.is_protected;
    if !is_left_out {
        next.ledger.claim(Row::new(attempt));
    }
    next
}

/// Reads what settles open writes. Those that are left still stand in the way.
fn unblock(world: &World, attempt: &Attempt, seen: Seen, found: Option<Digest>, case: &Case) -> World {
    let mut next = world.clone();
    next.ledger.settle(found, seen, attempt.number, case);
    if next.ledger.refuses(attempt.request, attempt.is_protected, case) {
        return end(&next, attempt, Outcome::Unavailable);
    }
    next.with(attempt.number, |it| it.stage = Stage::Locked)
}

/// Reads the tag under the claim, or takes what was read before it. It settles what was open before, but never the reader's own
/// write.
fn read(world: &World, attempt: &Attempt, case: &Case) -> World {
    let (seen, found) = attempt.read_ahead.unwrap_or_else(|| (world.ledger.seen(), world.tag));
    let mut ledger = world.ledger.clone();
    ledger.settle(found, seen, attempt.number, case);
    let settled = world.ledger.open() & !ledger.open();
    let next = world.with(attempt.number, |it| {
        (it.stage, it.pushes_seen) = (Stage::Read(found), it.pushes_seen & !settled);
        it.read_ahead = None;
    });
    World { ledger, ..next }
}

fn decide(world: &World, attempt: &Attempt, found: Option<Digest>, case: &Case) -> World {
    if is_allowed(world, attempt, found, case) {
        return forward(world, attempt, Some(found), case);
    }
    let mut next = world.clone();
    next.ledger.forget(attempt.number);
    end(&next, attempt, Outcome::Denied)
}

/// What the policy says of the protected tag.
fn is_allowed(world: &World, attempt: &Attempt, found: Option<Digest>, case: &Case) -> bool {
    let may_delete = case.deletion != Deletion::Deny;
    match attempt.request {
        Request::Override(_) => true,
        Request::Push(digest) => {
            let was_bound = world.ledger.bound.filter(|_| !case.omits(Omission::Memory));
            let used_up = was_bound.filter(|_| case.deletion != Deletion::Allow);
            found.or(used_up).is_none_or(|now| now == digest)
        }
        Request::DeleteTag => may_delete,
        Request::DeleteManifest(digest) => {
            let effect = Some(digest);
            (may_delete || found != effect) && pushes_seen(world, attempt, case) == 0
        }
    }
}

/// The open pushes of a manifest that its delete saw when it was claimed and did not settle itself. Later ones are not
/// admitted, and one that somebody else has settled since may have set the tag after it was read.
fn pushes_seen(world: &World, attempt: &Attempt, case: &Case) -> u8 {
    if case.omits(Omission::ManifestDeleteSeesPushes) {
        0
    } else if case.omits(Omission::PushesSeenAtClaim) {
        world.ledger.pushes_under(attempt.request)
    } else {
        attempt.pushes_seen
    }
}

fn forward(world: &World, attempt: &Attempt, found: Option<Option<Digest>>, case: &Case) -> World {
    let mut next = world.with(attempt.number, |it| (it.stage, it.sent) = (Stage::Forwarded, Sent::Pending));
    if let Some(row) = next.ledger.row(attempt.number) {
        row.before = found;
    }
    let is_same = attempt.request.is_push() && found == Some(Row::new(attempt).effect());
    if case.omits(Omission::ClaimOfSameDigest) && is_same {
        next.ledger.forget(attempt.number);
    }
    next
}

fn finish(world: &World, attempt: &Attempt, answer: Answer, case: &Case) -> World {
    let number = attempt.number;
    let mut next = world.clone();
    if case.omits(Omission::ClaimBeforeForward) {
        next.ledger.claim(Row::new(attempt));
    }
    // Somebody else may have settled it since: then later writes may have come, of which this answer knows nothing.
    let own = next.ledger.row(number).map(|row| row.clone());
    let row = own.or_else(|| case.omits(Omission::SettledByOthers).then(|| Row::new(attempt)));
    match answer {
        Answer::Done => {
            if let Some(row) = row {
                next.ledger.finish(&row, case);
            }
            if case.omits(Omission::OwnAnswerOnly) {
                next.ledger.rows.clear();
            }
        }
        Answer::Refused => next.ledger.forget(number),
        Answer::Unclear if case.omits(Omission::UnclearStaysOpen) => next.ledger.forget(number),
        Answer::Unclear => {}
    }
    if let Some(row) = next.ledger.row(number) {
        row.leave();
    }
    if attempt.request.is_push() && !case.omits(Omission::EarlyReadConfirmed) {
        note_push(&mut next);
    }
    end(&next, attempt, Outcome::Answered(answer))
}

/// A push that was forwarded is over, whatever became of it. Who looks the tag up early has seen it, and gives that up.
fn note_push(world: &mut World) {
    let watching = world.attempts.iter_mut().filter(|it| matches!(it.stage, Stage::Early(_)));
    watching.for_each(|it| it.stage = Stage::Idle);
}

fn end(world: &World, attempt: &Attempt, outcome: Outcome) -> World {
    let mut next = world.with(attempt.number, |it| it.end(outcome));
    next.unlock(attempt.number);
    next
}

/// The registry carries out what it has at any time, and answers well, badly or not at all.
fn of_registry(world: &World, attempt: &Attempt, case: &Case, steps: &mut Steps) {
    let number = attempt.number;
    if attempt.sent == Sent::Pending {
        steps.push((Step::CarryOut(number), carry_out(world, attempt, case)));
    }
    if attempt.stage != Stage::Forwarded {
        return;
    }
    let clear = if attempt.sent == Sent::Pending { Answer::Refused } else { Answer::Done };
    for answer in [clear, Answer::Unclear] {
        let mut next = world.with(number, |it| it.stage = Stage::Answered(answer));
        match answer {
            Answer::Refused => next = next.with(number, |it| it.sent = Sent::Nothing),
            Answer::Done if attempt.is_protected && attempt.request.is_push() => overtake(&mut next, number),
            Answer::Done | Answer::Unclear => {}
        }
        steps.push((Step::Answer(number, answer), next));
    }
}

/// A push is acknowledged: no delete that was forwarded before it was carried out may remove it later.
fn overtake(world: &mut World, push: u8) {
    let passed = |it: &&mut Attempt| it.sent == Sent::Pending && it.passed_by & bit(push) != 0;
    world.attempts.iter_mut().filter(passed).for_each(|it| it.is_overtaken = true);
}

fn carry_out(world: &World, attempt: &Attempt, case: &Case) -> World {
    let mut next = world.with(attempt.number, |it| it.sent = Sent::CarriedOut);
    let is_override = matches!(attempt.request, Request::Override(_));
    match attempt.request {
        Request::Push(digest) | Request::Override(digest) => {
            next.history.pushed(digest, attempt.is_protected, is_override);
            next.tag = Some(digest);
            let waiting = next.attempts.iter_mut().filter(|it| it.sent == Sent::Pending && !it.request.is_push());
            waiting.for_each(|it| it.passed_by |= bit(attempt.number));
        }
        Request::DeleteTag if world.tag.is_some() => remove(&mut next, attempt, case),
        Request::DeleteManifest(digest) if world.tag == Some(digest) => remove(&mut next, attempt, case),
        Request::DeleteTag | Request::DeleteManifest(_) => {}
    }
    next
}

fn remove(world: &mut World, attempt: &Attempt, case: &Case) {
    world.tag = None;
    world.history.deleted(case.deletion, attempt.is_overtaken);
}

/// What happens around the gateways.
fn of_trouble(world: &World, case: &Case, steps: &mut Steps) {
    if !world.is_protected {
        steps.push((Step::Protect, World { is_protected: true, ..world.clone() }));
    }
    for gateway in [Gateway::One, Gateway::Two] {
        if world.kills > 0 && world.is_busy(gateway) {
            steps.push((Step::Kill(gateway), kill(world, gateway, case)));
        }
    }
    if let Some(number) = world.lock.filter(|_| world.lost_locks > 0) {
        let next = World { lock: None, lost_locks: world.lost_locks.saturating_sub(1), ..world.clone() };
        steps.push((Step::LoseLock(number), next));
    }
    for row in world.ledger.rows.iter().filter(|row| row.may_become_old(case)) {
        steps.push((Step::PassLimit(row.number), pass_limit(world, row.number, case)));
    }
}

fn kill(world: &World, gateway: Gateway, case: &Case) -> World {
    let mut next = World { kills: world.kills.saturating_sub(1), ..world.clone() };
    for attempt in world.attempts.iter().filter(|it| it.is_live() && it.gateway == gateway) {
        next = end(&next, attempt, Outcome::Killed);
    }
    next.ledger.abandon(gateway);
    if case.omits(Omission::ClaimSurvivesRestart) {
        next.ledger.rows.retain(|row| !row.is_left);
    }
    next
}

/// By assumption, nothing is carried out later than this.
fn pass_limit(world: &World, number: u8, case: &Case) -> World {
    let is_over = !case.omits(Omission::LimitFromTheEnd);
    let mut next = world.with(number, |it| {
        if it.sent == Sent::Pending && is_over {
            it.sent = Sent::Nothing;
        }
    });
    if let Some(row) = next.ledger.row(number) {
        row.is_old = true;
    }
    next
}
