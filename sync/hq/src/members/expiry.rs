//! Points that expired, as the ledger books them.
//!
//! **The rule.** [`super::account`] works out what of each lot has expired, from all facts known by now in the
//! order in which they happened. The ledger has booked so many points of that lot as expired; the difference is
//! what is to be booked, from the member to the funder's account of what expired or, where too much was booked, back
//! ([`unbooked`]). A booking is never changed, and what it was worked out from is not kept: it is worked out anew.
//!
//! So it does not matter how often a run comes, or how far one came that was killed: what is booked is no
//! difference any more. And it does not matter how late a fact comes. Three cases:
//! - a till that was in the dark gave points that have expired since: they come in, and expire at the next run;
//! - something older than the expiry used the points, and arrives after it was booked: they did not expire, and come
//!   back to be used; what the member lost meanwhile was never theirs to spend, for they had spent it;
//! - the goods go back after the expiry was booked: the void takes the points out of the account again, and what
//!   had expired of them costs the member nothing; so the expiry is taken back, in the same transaction.
//!
//! A lot has a last day and no time zone: the day is over when it is over everywhere ([`end_of`]). A run for a
//! day of before books only lots that had ended by then; it takes back whatever was booked too much.
//!
//! **What it costs.** An account is looked at when something was booked in it since, or when time changes
//! something in it ([`next_change`]); the others are passed over. A run is cut into batches of at most
//! [`BATCH_ACCOUNTS`] accounts, each a transaction of its own.

use super::{MemberAccount, MemberStore};
use crate::store::StoreError;
use jiff::civil::Date;
use serde::Serialize;
use tillside_core::lots::{Ledger, LotId};
use tillside_core::{FunderId, Points, Timestamp};

use super::account::WESTERNMOST;
pub use super::account::end_of;

/// The most accounts that one transaction of a run looks at.
pub const BATCH_ACCOUNTS: usize = 100;
/// The most accounts that a run names which it could not work out; the others are counted.
pub const NAMED_FAILURES: usize = 20;

/// Points of a lot whose expiry is to be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbooked {
    /// Which lot.
    pub lot: LotId,
    /// Who pays for it.
    pub funder: FunderId,
    /// How many expired; below zero if so many were booked too much.
    pub points: Points,
}

/// What is to be booked of a member's account as expired: of lots that ended by `ended`, and what was booked
/// too much of any. None if the ledger booked a lot that is not in the account.
pub fn unbooked(account: &MemberAccount, ended: Timestamp) -> Option<Vec<Unbooked>> {
    let mut known = 0;
    let mut all = Vec::new();
    for held in account.lots.lots() {
        let booked = account.expired.get(&held.lot.id).copied();
        known += usize::from(booked.is_some());
        let points = held.expired - booked.unwrap_or_default();
        if points.0 < 0 || (points.0 > 0 && held.lot.is_expired(ended)) {
            all.push(Unbooked {
                lot: held.lot.id,
                funder: held.lot.funder.clone(),
                points,
            });
        }
    }
    (known == account.expired.len()).then_some(all)
}

/// When time alone changes the account next: a lot becomes active or expires. None if never.
pub fn next_change(lots: &Ledger, now: Timestamp) -> Option<Timestamp> {
    let left = lots.lots().filter(|held| held.left.0 > 0);
    let moments = left.flat_map(|held| [Some(held.lot.pending_until), held.lot.expires_at]);
    moments.flatten().filter(|moment| *moment > now).min()
}

/// The newest day that is over everywhere. None before the calendar begins.
pub fn last_ended(now: Timestamp) -> Option<Date> {
    let west = jiff::tz::TimeZone::fixed(WESTERNMOST);
    let moment = jiff::Timestamp::from_millisecond(now.0).ok()?;
    moment.to_zoned(west).date().yesterday().ok()
}

/// What a member holds, in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Holding {
    /// May be spent now.
    pub active: Points,
    /// May be spent later.
    pub pending: Points,
    /// Spent, sent or taken by an adjustment.
    pub spent: Points,
    /// Expired.
    pub expired: Points,
    /// Used, and covered by nothing.
    pub negative: Points,
}

impl Holding {
    /// What an account holds at a time.
    pub fn of(lots: &Ledger, at: Timestamp) -> Self {
        let has = lots.balance(at);
        Self {
            active: has.active,
            pending: has.pending,
            spent: has.used.total(),
            expired: has.expired,
            negative: has.negative,
        }
    }

    /// What may be spent now; below zero if points are owed.
    pub fn available(&self) -> Points {
        self.active - self.negative
    }
}

/// What a run is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Lots that ended by then.
    pub ended: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// Whether it is booked, or only said.
    pub book: bool,
    /// How many accounts one transaction looks at; more than [`BATCH_ACCOUNTS`] are not taken.
    pub most: usize,
}

impl Asked {
    /// To book all that has expired.
    pub const fn all(now: Timestamp) -> Self {
        Self {
            ended: now,
            now,
            book: true,
            most: BATCH_ACCOUNTS,
        }
    }

    /// How many accounts one transaction looks at.
    pub fn batch(&self) -> usize {
        self.most.clamp(1, BATCH_ACCOUNTS)
    }

    /// The moment at which accounts are looked at: the present or, where it is only said, a time ahead.
    pub fn seen_at(&self) -> Timestamp {
        match self.book {
            true => self.now,
            false => self.now.max(self.ended),
        }
    }
}

/// What a run, or one batch of it, did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expired {
    /// Accounts that were looked at.
    pub accounts: u64,
    /// Lots that expired, in whole or in part.
    pub lots: u64,
    /// Their points.
    pub points: i64,
    /// Points that were booked as expired and had not.
    pub taken_back: i64,
    /// Members who could not be worked out, and why; at most [`NAMED_FAILURES`].
    pub failures: Vec<(String, String)>,
    /// How many those are.
    pub failed: u64,
}

impl Expired {
    /// Counts what was booked in one account.
    pub fn count(&mut self, booked: &[Unbooked]) {
        self.accounts += 1;
        for part in booked {
            match part.points.0 {
                0.. => {
                    self.lots += 1;
                    self.points = self.points.saturating_add(part.points.0);
                }
                back => self.taken_back = self.taken_back.saturating_sub(back),
            }
        }
    }

    /// Notes an account that could not be worked out.
    pub fn fail(&mut self, member: String, why: String) {
        self.accounts += 1;
        self.failed += 1;
        if self.failures.len() < NAMED_FAILURES {
            self.failures.push((member, why));
        }
    }

    fn add(&mut self, other: Self) {
        self.accounts += other.accounts;
        self.lots += other.lots;
        self.points = self.points.saturating_add(other.points);
        self.taken_back = self.taken_back.saturating_add(other.taken_back);
        self.failed += other.failed;
        let room = NAMED_FAILURES.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
    }
}

/// Books what has expired, batch by batch; `told` hears after each what was done so far.
pub async fn expire(
    store: &(impl MemberStore + ?Sized),
    asked: Asked,
    mut told: impl FnMut(&Expired),
) -> Result<Expired, StoreError> {
    let (mut done, mut after) = (Expired::default(), 0);
    loop {
        let (batch, last) = store.expire_batch(after, asked).await?;
        done.add(batch);
        match last {
            Some(last) => after = last,
            None => return Ok(done),
        }
        told(&done);
    }
}
