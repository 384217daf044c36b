//! What an account has, in words.

use crate::Points;
use crate::lots::{Held, LotKind, UsedFor, Uses};

/// What an account has, or one funder's part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    /// May be spent now.
    pub active: Points,
    /// May be spent later.
    pub pending: Points,
    /// Spent, sent and withdrawn, each with what of it no lot covers.
    pub used: Uses,
    /// Expired, and not taken back since.
    pub expired: Points,
    /// Taken back with the goods.
    pub returned: Points,
    /// Used, and covered by no lot.
    pub negative: Points,
    /// What was earned.
    pub earned: Points,
    /// What adjustments gave.
    pub granted: Points,
    /// What came from other members.
    pub received: Points,
}

impl Balance {
    /// What may be spent now; below zero if points are owed.
    pub fn available(&self) -> Points {
        self.active - self.negative
    }

    /// All that ever came in.
    pub fn came_in(&self) -> Points {
        self.earned + self.granted + self.received
    }

    /// Whether what came in is what became of it, to the last point.
    pub fn adds_up(&self) -> bool {
        let here = self.active + self.pending + self.expired + self.returned;
        self.came_in() == here + self.used.total() - self.negative
    }

    /// Counts a lot, but for what is left of it.
    pub(super) fn count_past(&mut self, held: &Held) {
        match held.lot.kind {
            LotKind::Earned => self.earned += held.lot.amount,
            LotKind::Granted => self.granted += held.lot.amount,
            LotKind::Transferred { .. } => self.received += held.lot.amount,
        }
        for purpose in UsedFor::ALL {
            self.used.count(purpose, held.used.of(purpose));
        }
        self.expired += held.expired;
        self.returned += held.returned;
    }

    /// Counts points that are owed.
    pub(super) fn count_owed(&mut self, purpose: UsedFor, points: Points) {
        self.used.count(purpose, points);
        self.negative += points;
    }

    /// Counts another balance in.
    pub(super) fn count_all(&mut self, other: &Self) {
        self.active += other.active;
        self.pending += other.pending;
        for purpose in UsedFor::ALL {
            self.used.count(purpose, other.used.of(purpose));
        }
        self.expired += other.expired;
        self.returned += other.returned;
        self.negative += other.negative;
        self.earned += other.earned;
        self.granted += other.granted;
        self.received += other.received;
    }
}
