//! The ledger: open writes, what they admit, and what settles them.

use crate::attempt::{Attempt, Gateway};
use crate::case::{Case, Deletion, Digest, Omission, Request};
use crate::seen::{Seen, bit};

/// What a write makes of the tag: an image, or nothing.
pub type Effect = Option<Digest>;

/// An open write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// The number of its request.
    pub number: u8,
    /// What was asked for.
    pub request: Request,
    /// Whose it is.
    pub gateway: Gateway,
    /// Whether a rule protected the tag.
    pub is_protected: bool,
    /// What the tag was when it was forwarded, once that is known.
    pub before: Option<Effect>,
    /// The other writes with the same effect that were open while it was, one bit for each.
    pub rivals: u8,
    /// Whether its gateway has stopped waiting, or was killed.
    pub is_left: bool,
    /// Whether its gateway was killed.
    pub is_orphan: bool,
    /// Whether the late-write limit has passed since then.
    pub is_old: bool,
}

impl Row {
    /// A write that is claimed now.
    pub fn new(attempt: &Attempt) -> Self {
        let Attempt { number, request, gateway, is_protected, .. } = *attempt;
        let (before, rivals) = (None, 0);
        Self { number, request, gateway, is_protected, before, rivals, is_left: false, is_orphan: false, is_old: false }
    }

    /// Its gateway has stopped waiting. Which one that was no longer matters.
    pub fn leave(&mut self) {
        (self.is_left, self.gateway) = (true, Gateway::One);
    }

    /// Whether the limit can pass next.
    pub fn may_become_old(&self, case: &Case) -> bool {
        let counts = self.is_left || case.omits(Omission::LimitFromTheEnd);
        counts && !self.is_old && !(case.omits(Omission::Limit) && self.is_orphan)
    }

    /// What it makes of the tag.
    pub fn effect(&self) -> Effect {
        effect(self.request)
    }

    /// Whether another request may be claimed while this write is open.
    fn admits(&self, other: Request, is_protected: bool, case: &Case) -> bool {
        if !is_protected {
            return true;
        }
        match (self.request, other) {
            (_, Request::Override(_)) if case.omits(Omission::OverrideWaits) => true,
            (_, Request::DeleteTag) if self.request.is_push() => case.omits(Omission::DeleteWaits),
            (Request::Push(open) | Request::Override(open), Request::Push(new) | Request::Override(new)) => open == new,
            // Whether that push stands in the way is for the policy to say.
            (Request::Push(_) | Request::Override(_), Request::DeleteManifest(_)) => true,
            (Request::DeleteTag, Request::DeleteTag) => false,
            (Request::DeleteTag, Request::DeleteManifest(_)) => false,
            (Request::DeleteTag, _) => case.omits(Omission::PushSeesDeletes),
            (Request::DeleteManifest(open), Request::Push(new) | Request::Override(new)) => {
                open != new || case.omits(Omission::PushSeesManifestDeletes)
            }
            (Request::DeleteManifest(_), _) => true,
            (Request::Push(_) | Request::Override(_), Request::DeleteTag) => false,
        }
    }

    /// Whether a read that shows this state settles it. The reader's own claim does not count as a rival: it was not
    /// forwarded before the read.
    fn is_settled_by(&self, found: Effect, seen: Seen, reader: u8, case: &Case) -> bool {
        if self.is_old && seen.old & bit(self.number) != 0 {
            return true;
        }
        let shows = self.effect() == found && seen.forwarded & bit(self.number) != 0;
        let came_from_it = self.before.is_some_and(|before| before != found) || case.omits(Omission::StateBefore);
        let is_alone = self.rivals & !bit(reader) == 0 || case.omits(Omission::Rivals);
        shows && (came_from_it && is_alone || case.omits(Omission::CarefulReads))
    }
}

/// What the gateways remember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Writes that were forwarded or are about to be, and whose outcome is not known.
    pub rows: Vec<Row>,
    /// What the tag was bound to last, whether or not it still is.
    pub bound: Option<Digest>,
}

impl Ledger {
    /// Whether some open write does not admit a request.
    pub fn refuses(&self, request: Request, is_protected: bool, case: &Case) -> bool {
        self.rows.iter().any(|row| !row.admits(request, is_protected, case))
    }

    /// Adds a write.
    pub fn claim(&mut self, mut row: Row) {
        let effect = row.effect();
        for other in self.rows.iter_mut().filter(|other| other.effect() == effect) {
            other.rivals |= bit(row.number);
            row.rivals |= bit(other.number);
        }
        self.rows.push(row);
    }

    /// Whether there is no open write of the tag and no binding.
    pub fn knows_nothing(&self) -> bool {
        self.rows.is_empty() && self.bound.is_none()
    }

    /// What a read from now on may settle.
    pub fn seen(&self) -> Seen {
        let bits = |is_in: fn(&Row) -> bool| {
            self.rows.iter().filter(|row| is_in(row)).fold(0, |all, row| all | bit(row.number))
        };
        Seen { forwarded: bits(|row| row.before.is_some()), old: bits(|row| row.is_old) }
    }

    /// The open writes, one bit for each.
    pub fn open(&self) -> u8 {
        self.rows.iter().fold(0, |open, row| open | bit(row.number))
    }

    /// The open pushes of the manifest that a request deletes, one bit for each.
    pub fn pushes_under(&self, request: Request) -> u8 {
        let Request::DeleteManifest(digest) = request else { return 0 };
        let pushes = self.rows.iter().filter(|row| row.effect() == Some(digest));
        pushes.fold(0, |pushes, row| pushes | bit(row.number))
    }

    /// The open write of a request.
    pub fn row(&mut self, number: u8) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.number == number)
    }

    /// Forgets the write of a request, which was not carried out and will not be.
    pub fn forget(&mut self, number: u8) {
        self.rows.retain(|row| row.number != number);
    }

    /// Settles a write that was carried out.
    pub fn finish(&mut self, row: &Row, case: &Case) {
        self.forget(row.number);
        self.remember(row, case);
    }

    /// The gateway was killed: nobody waits for its writes now.
    pub fn abandon(&mut self, gateway: Gateway) {
        for row in self.rows.iter_mut().filter(|row| !row.is_left && row.gateway == gateway) {
            row.is_orphan = true;
            row.leave();
        }
    }

    /// Settles what a read settles, among the writes that were seen before it.
    pub fn settle(&mut self, found: Effect, seen: Seen, reader: u8, case: &Case) {
        let seen = if case.omits(Omission::ReadAfterWrite) { Seen::ALL } else { seen };
        let settled = |row: &Row| row.number != reader && row.is_settled_by(found, seen, reader, case);
        let (over, open): (Vec<Row>, Vec<Row>) = std::mem::take(&mut self.rows).into_iter().partition(settled);
        self.rows = open;
        for row in over.iter().filter(|row| row.effect() == found) {
            self.remember(row, case);
        }
    }

    /// Remembers what the tag is bound to now, or was. A name that may be used again is not remembered.
    fn remember(&mut self, row: &Row, case: &Case) {
        let is_forgotten = case.deletion == Deletion::Allow || !row.is_protected;
        match (row.request, row.before.flatten()) {
            (Request::Push(digest) | Request::Override(digest), _) => self.bound = Some(digest),
            (Request::DeleteTag, _) if is_forgotten => self.bound = None,
            (Request::DeleteTag, Some(digest)) => self.bound = Some(digest),
            (Request::DeleteManifest(digest), _) if is_forgotten => self.bound = self.bound.filter(|it| *it != digest),
            (Request::DeleteManifest(digest), Some(now)) if now == digest => self.bound = Some(digest),
            (Request::DeleteTag | Request::DeleteManifest(_), _) => {}
        }
    }
}

/// What a request makes of the tag.
fn effect(request: Request) -> Effect {
    match request {
        Request::Push(digest) | Request::Override(digest) => Some(digest),
        Request::DeleteTag | Request::DeleteManifest(_) => None,
    }
}
