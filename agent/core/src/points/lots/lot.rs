//! A lot as it came in, and what has become of it.

use crate::{FunderId, MemberId, Points, TerminalId, Timestamp};
use serde::{Deserialize, Serialize};

/// A journal record, by its place. Ordered by terminal, epoch and position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRef {
    /// Whose journal; HQ keeps one too.
    pub terminal: TerminalId,
    /// Which life of that journal.
    pub epoch: u32,
    /// Position in the epoch.
    pub seq: u64,
}

/// Which lot: the record that made it, and its place in that record. Ordered by both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotId {
    /// The record: a sale, an adjustment, a transfer.
    pub source: RecordRef,
    /// Which lot of that record, from 0.
    pub index: u32,
}

/// How the points of a lot came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LotKind {
    /// Earned, by a purchase or whatever else earns by a rule.
    Earned,
    /// Given by an adjustment.
    Granted,
    /// Received from another member.
    Transferred {
        /// The sender's lot that it was part of.
        from: LotId,
    },
}

/// Points that came in together. Where [`crate::Lot`] is what a sale's record says of them, this is
/// what an account keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// Which.
    pub id: LotId,
    /// Whose: who earned it, also in a master account.
    pub member: MemberId,
    /// Who pays for it.
    pub funder: FunderId,
    /// How many points, 1 to [`crate::POINTS_LIMIT`].
    pub amount: Points,
    /// From when on it may be spent.
    pub pending_until: Timestamp,
    /// From when on it may be spent no more; none if it never expires.
    pub expires_at: Option<Timestamp>,
    /// The worth it was earned on, in minor units; returns count against it. 0: nothing that can go back.
    pub basis: i64,
    /// How it came in.
    pub kind: LotKind,
}

impl Lot {
    /// Whether it has expired at a time.
    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }

    /// Whether it may be spent at a time.
    pub fn is_active(&self, at: Timestamp) -> bool {
        self.pending_until <= at && !self.is_expired(at)
    }

    /// Its place in the order of spending: earliest expiry first, never last, then by id.
    pub fn turn(&self) -> (Timestamp, LotId) {
        (self.expires_at.unwrap_or(Timestamp(i64::MAX)), self.id)
    }
}

/// What points were used for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsedFor {
    /// Spent.
    Spent,
    /// Sent to another member.
    Sent,
    /// Taken by an adjustment.
    Withdrawn,
}

impl UsedFor {
    /// Every one, in the order in which a return takes what nobody remembers the use of.
    pub const ALL: [Self; 3] = [Self::Spent, Self::Sent, Self::Withdrawn];
}

/// How many points were used, by what for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// Spent.
    pub spent: Points,
    /// Sent to another member.
    pub sent: Points,
    /// Taken by an adjustment.
    pub withdrawn: Points,
}

impl Uses {
    /// All of them.
    pub fn total(self) -> Points {
        self.spent + self.sent + self.withdrawn
    }

    /// Those for one purpose.
    pub const fn of(self, purpose: UsedFor) -> Points {
        match purpose {
            UsedFor::Spent => self.spent,
            UsedFor::Sent => self.sent,
            UsedFor::Withdrawn => self.withdrawn,
        }
    }

    /// Counts points for one purpose; a negative number takes them off again.
    pub fn count(&mut self, purpose: UsedFor, points: Points) {
        match purpose {
            UsedFor::Spent => self.spent += points,
            UsedFor::Sent => self.sent += points,
            UsedFor::Withdrawn => self.withdrawn += points,
        }
    }
}

/// A lot in an account. `lot.amount = left + used + expired + returned`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// As it came in.
    pub lot: Lot,
    /// Neither used nor gone: active, or pending.
    pub left: Points,
    /// Used and covered by this lot.
    pub used: Uses,
    /// Expired, and not taken back since.
    pub expired: Points,
    /// Taken back with the goods.
    pub returned: Points,
    /// How much of its basis has gone back, in minor units.
    pub returned_worth: i64,
    /// When it came in, was last changed by a command, or expired: the latest. To cover what is owed is
    /// no command, so that it does not matter when it was booked.
    pub touched: Timestamp,
}

impl Held {
    /// A lot that just came in.
    pub fn new(lot: Lot, at: Timestamp) -> Self {
        Self {
            left: lot.amount,
            lot,
            used: Uses::default(),
            expired: Points(0),
            returned: Points(0),
            returned_worth: 0,
            touched: at,
        }
    }

    /// How many points have to be back in all once so much of its worth has gone back: pro rata,
    /// rounded down.
    pub fn due_back(&self, worth: i64) -> Points {
        let part =
            i128::from(self.lot.amount.0) * i128::from(worth.clamp(0, self.lot.basis.max(0)));
        let back = part.checked_div(i128::from(self.lot.basis)).unwrap_or(0);
        Points(i64::try_from(back).unwrap_or(self.lot.amount.0))
    }

    /// Whether its numbers are in range and add up.
    pub fn adds_up(&self) -> bool {
        let uses = UsedFor::ALL.map(|purpose| self.used.of(purpose));
        let parts = [
            uses[0],
            uses[1],
            uses[2],
            self.left,
            self.expired,
            self.returned,
        ];
        let sum: i128 = parts.iter().map(|part| i128::from(part.0)).sum();
        parts.iter().all(|part| part.0 >= 0)
            && sum == i128::from(self.lot.amount.0)
            && (0..=self.lot.basis).contains(&self.returned_worth)
    }
}
