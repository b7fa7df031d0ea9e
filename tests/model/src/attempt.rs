//! One request on its way through a gateway.

use crate::case::{Digest, Request};
use crate::seen::Seen;

/// One of two gateways. Where one is alone, it is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gateway {
    /// The first.
    One,
    /// The other.
    Two,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// No gateway has seen it.
    Idle,
    /// Its gateway looks the tag up early: it has no locks yet.
    Early(Early),
    /// Its gateway has the locks.
    Locked,
    /// It found open writes that don't admit it: the rows that it saw.
    Blocked(Seen),
    /// It has read the registry to settle the rows that it saw.
    BlockedRead(Seen, Option<Digest>),
    /// Its claim is in the ledger.
    Claimed,
    /// It has read what the tag is.
    Read(Option<Digest>),
    /// It was forwarded to the registry. The gateway waits for the answer.
    Forwarded,
    /// The gateway has the answer.
    Answered(Answer),
    /// It is over.
    Ended(Outcome),
}

/// How far an early look-up is. One that can't count is given up, and the request is as if no gateway had seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Early {
    /// It watches the pushes of its gateway.
    Watching,
    /// It found no open write and no binding in the ledger.
    Unknown,
    /// It read that the tag is absent.
    Absent,
}

/// What the registry answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A 2xx: it was carried out.
    Done,
    /// A refusal in a registry's own envelope: it is not carried out, now or later.
    Refused,
    /// Anything else, or nothing.
    Unclear,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The registry answered.
    Answered(Answer),
    /// The policy denied it.
    Denied,
    /// An open write did not admit it.
    Unavailable,
    /// Its gateway was killed.
    Killed,
}

/// What the registry has of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// Nothing, or nothing any more: it will not be carried out.
    Nothing,
    /// The request, which it may carry out at any time.
    Pending,
    /// It was carried out.
    CarriedOut,
}

/// One request on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Its number among the requests. Its row in the ledger has the same.
    pub number: u8,
    /// What it asks for.
    pub request: Request,
    /// Which gateway has it.
    pub gateway: Gateway,
    /// How far it is.
    pub stage: Stage,
    /// What the registry has of it.
    pub sent: Sent,
    /// Whether a rule protected the tag when it was decided.
    pub is_protected: bool,
    /// A delete of a manifest only: the open pushes of it when it was claimed, one bit for each.
    pub pushes_seen: u8,
    /// A delete only: the pushes that were carried out since it was forwarded, one bit for each.
    pub passed_by: u8,
    /// A delete only: whether one of them was acknowledged.
    pub is_overtaken: bool,
    /// Whether it read that the tag is absent before it had its locks.
    pub is_read_early: bool,
    /// What it read before its claim: the rows that it saw, and then the tag. Where two gateways share a ledger, that order is
    /// the wrong one on purpose.
    pub read_ahead: Option<(Seen, Option<Digest>)>,
}

impl Attempt {
    /// A request that no gateway has seen.
    pub fn new(number: u8, request: Request) -> Self {
        Self {
            number,
            request,
            gateway: Gateway::One,
            stage: Stage::Idle,
            sent: Sent::Nothing,
            is_protected: false,
            pushes_seen: 0,
            passed_by: 0,
            is_overtaken: false,
            is_read_early: false,
            read_ahead: None,
        }
    }

    /// Ends it. What no longer matters is forgotten, so that equal worlds are one world.
    pub fn end(&mut self, outcome: Outcome) {
        (self.stage, self.gateway) = (Stage::Ended(outcome), Gateway::One);
        (self.is_read_early, self.read_ahead, self.pushes_seen) = (false, None, 0);
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.stage {
            Stage::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Whether a gateway is at it.
    pub fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Ended(_))
    }

    /// Whether its gateway has the locks for it.
    pub fn has_locks(&self) -> bool {
        self.is_live() && !matches!(self.stage, Stage::Early(_))
    }
}
