//! A card's history as its counter tells it, and what that says of movements that nobody has settled.
//!
//! Each committed transaction takes the card's counter (TMC) up by one and becomes its last, in one
//! piece with the balance. So whoever saw the card, authenticated, saw a point of its history: which
//! movement took the counter there, and what the card held then. A movement that began at counter `n`
//! can only be the one that took it to `n + 1`: as soon as anybody knows which that was, it is settled.
//!
//! A sighting at `n` itself says **nothing** here, although the very till that began the movement may
//! take it for "not done": HQ cannot tell whether it was before the attempt or after it. Clocks decide
//! nothing (invariant 9).

use tillside_core::{CardLogEntry, CardSeen, PurseIntended, PurseTx, Recovery, recover};

/// What is known of a card at one count of its counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Point {
    /// The counter.
    pub tmc: u32,
    /// The movement that took it there.
    pub txid: Option<PurseTx>,
    /// What the card held then, minor units.
    pub balance: Option<i64>,
}

/// Two tellings of one point that cannot both be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clash {
    /// Another movement at this count: two cards share one number, or a counter was played back.
    Txid {
        /// The count.
        tmc: u32,
        /// The movement known before.
        known: PurseTx,
        /// The other.
        told: PurseTx,
    },
    /// The same movement, or none, and another balance.
    Balance {
        /// The count.
        tmc: u32,
        /// The balance known before.
        known: i64,
        /// The other.
        told: i64,
    },
}

impl Point {
    /// This point and another telling of it, as one; or how they clash.
    pub fn joined(self, told: Point) -> Result<Point, Clash> {
        let tmc = self.tmc;
        if let (Some(known), Some(told)) = (self.txid, told.txid)
            && known != told
        {
            return Err(Clash::Txid { tmc, known, told });
        }
        if let (Some(known), Some(told)) = (self.balance, told.balance)
            && known != told
        {
            return Err(Clash::Balance { tmc, known, told });
        }
        Ok(Point {
            tmc,
            txid: self.txid.or(told.txid),
            balance: self.balance.or(told.balance),
        })
    }
}

/// What every card's history begins with: no money that nobody issued.
pub const BEGINNING: Point = Point {
    tmc: 0,
    txid: None,
    balance: Some(0),
};

/// The points that a sighting tells of: the card's present one, and those its log reaches back to.
pub fn points(seen: &CardSeen, log: &[CardLogEntry]) -> Vec<Point> {
    let mut points = vec![Point {
        tmc: seen.tmc,
        txid: seen.last,
        balance: Some(seen.balance),
    }];
    for entry in log {
        // A log keeps the counter's lowest 24 bits.
        let back = seen.tmc.wrapping_sub(entry.seq) & CardLogEntry::SEQ_MASK;
        if let Some(tmc) = seen.tmc.checked_sub(back) {
            points.push(Point {
                tmc,
                txid: Some(entry.txid),
                balance: Some(entry.after),
            });
        }
    }
    points
}

/// The count that a movement takes the card to, if it happens. None for an account.
pub fn next_tmc(intended: &PurseIntended) -> Option<u32> {
    intended.before.as_ref()?.tmc.checked_add(1)
}

/// What the point after a movement's beginning says about it, through the core's own [`recover`].
pub fn judge(intended: &PurseIntended, next: &Point) -> Recovery {
    let (Some(last), Some(tmc)) = (next.txid, next_tmc(intended)) else {
        return Recovery::StillUnknown;
    };
    if next.tmc != tmc {
        return Recovery::StillUnknown;
    }
    let balance = next.balance.or_else(|| intended.balance_after());
    let seen = CardSeen {
        balance: balance.unwrap_or_default(),
        tmc,
        last: Some(last),
    };
    recover(intended, &seen, &[])
}

/// The runs of counts from 1 to `newest` at which no movement is booked, as (first, last). `booked` is
/// ascending.
pub fn gaps(booked: &[u32], newest: u32) -> Vec<(u32, u32)> {
    let mut gaps = Vec::new();
    let mut next = 1;
    for &tmc in booked.iter().filter(|tmc| **tmc <= newest) {
        if tmc > next {
            gaps.push((next, tmc - 1));
        }
        next = next.max(tmc.saturating_add(1));
    }
    if next <= newest {
        gaps.push((next, newest));
    }
    gaps
}
